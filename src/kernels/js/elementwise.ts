import type { Binary, Kernels } from '../kernels.js';

// The loops below differ in one operation. They stay apart because a shared loop that is handed its operation
// cannot be compiled to a plain one, and is several times slower.

export const add: Binary = (rows, columns, x, xs, y, ys, out, from) => {
  let o = from;
  for (let i = 0; i < rows; i++) {
    let p = xs.at + i * xs.row;
    let q = ys.at + i * ys.row;
    for (let j = 0; j < columns; j++, p += xs.column, q += ys.column) out[o++] = x[p]! + y[q]!;
  }
};

export const sub: Binary = (rows, columns, x, xs, y, ys, out, from) => {
  let o = from;
  for (let i = 0; i < rows; i++) {
    let p = xs.at + i * xs.row;
    let q = ys.at + i * ys.row;
    for (let j = 0; j < columns; j++, p += xs.column, q += ys.column) out[o++] = x[p]! - y[q]!;
  }
};

export const mul: Binary = (rows, columns, x, xs, y, ys, out, from) => {
  let o = from;
  for (let i = 0; i < rows; i++) {
    let p = xs.at + i * xs.row;
    let q = ys.at + i * ys.row;
    for (let j = 0; j < columns; j++, p += xs.column, q += ys.column) out[o++] = x[p]! * y[q]!;
  }
};

export const div: Binary = (rows, columns, x, xs, y, ys, out, from) => {
  let o = from;
  for (let i = 0; i < rows; i++) {
    let p = xs.at + i * xs.row;
    let q = ys.at + i * ys.row;
    for (let j = 0; j < columns; j++, p += xs.column, q += ys.column) out[o++] = x[p]! / y[q]!;
  }
};

export const maximum: Binary = (rows, columns, x, xs, y, ys, out, from) => {
  let o = from;
  for (let i = 0; i < rows; i++) {
    let p = xs.at + i * xs.row;
    let q = ys.at + i * ys.row;
    for (let j = 0; j < columns; j++, p += xs.column, q += ys.column) out[o++] = Math.max(x[p]!, y[q]!);
  }
};

export const minimum: Binary = (rows, columns, x, xs, y, ys, out, from) => {
  let o = from;
  for (let i = 0; i < rows; i++) {
    let p = xs.at + i * xs.row;
    let q = ys.at + i * ys.row;
    for (let j = 0; j < columns; j++, p += xs.column, q += ys.column) out[o++] = Math.min(x[p]!, y[q]!);
  }
};

/** Any operation of two numbers. */
export const zip =
  (f: (x: number, y: number) => number): Binary =>
  (rows, columns, x, xs, y, ys, out, from) => {
    let o = from;
    for (let i = 0; i < rows; i++) {
      let p = xs.at + i * xs.row;
      let q = ys.at + i * ys.row;
      for (let j = 0; j < columns; j++, p += xs.column, q += ys.column) out[o++] = f(x[p]!, y[q]!);
    }
  };

/** Any function of one number, over data without gaps. */
export const map: Kernels['map'] = (x, out, f) => {
  for (let i = 0; i < out.length; i++) out[i] = f(x[i]!);
};

/** Any function of three numbers, over data without gaps. */
export const map3: Kernels['map3'] = (x, y, z, out, f) => {
  for (let i = 0; i < out.length; i++) out[i] = f(x[i]!, y[i]!, z[i]!);
};

/** x between two bounds, over data without gaps; NaN stays. */
export const clamp: Kernels['clamp'] = (x, out, from, to) => {
  for (let i = 0; i < out.length; i++) out[i] = Math.min(Math.max(x[i]!, from), to);
};

/** factor · x, over data without gaps. */
export const scale: Kernels['scale'] = (x, out, factor) => {
  for (let i = 0; i < out.length; i++) out[i] = factor * x[i]!;
};

/** factor · x + offset, over data without gaps. */
export const linear: Kernels['linear'] = (x, out, factor, offset) => {
  for (let i = 0; i < out.length; i++) out[i] = factor * x[i]! + offset;
};

/** share · x + (1 − share) · y, over data without gaps. */
export const mix: Kernels['mix'] = (x, y, out, share) => {
  const rest = 1 - share;
  for (let i = 0; i < out.length; i++) out[i] = share * x[i]! + rest * y[i]!;
};

/** x², over data without gaps. */
export const square: Kernels['square'] = (x, out) => {
  for (let i = 0; i < out.length; i++) out[i] = x[i]! * x[i]!;
};

/** Copies from one strided place to another. */
export const copy: Kernels['copy'] = (rows, columns, x, xs, out, os) => {
  for (let i = 0; i < rows; i++) {
    let p = xs.at + i * xs.row;
    let o = os.at + i * os.row;
    for (let j = 0; j < columns; j++, p += xs.column, o += os.column) out[o] = x[p]!;
  }
};
