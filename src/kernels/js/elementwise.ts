import type { Binary, Kernels } from '../kernels.js';

// The loops below differ in one operation. V8 compiles each to a plain loop; one shared loop that takes the operation
// as an argument is several times slower.

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

export const map: Kernels['map'] = (x, out, f) => {
  for (let i = 0; i < out.length; i++) out[i] = f(x[i]!);
};

export const map3: Kernels['map3'] = (x, y, z, out, f) => {
  for (let i = 0; i < out.length; i++) out[i] = f(x[i]!, y[i]!, z[i]!);
};

export const clamp: Kernels['clamp'] = (x, out, from, to) => {
  for (let i = 0; i < out.length; i++) out[i] = Math.min(Math.max(x[i]!, from), to);
};

export const scale: Kernels['scale'] = (x, out, factor) => {
  for (let i = 0; i < out.length; i++) out[i] = factor * x[i]!;
};

export const linear: Kernels['linear'] = (x, out, factor, offset) => {
  for (let i = 0; i < out.length; i++) out[i] = factor * x[i]! + offset;
};

export const mix: Kernels['mix'] = (x, y, out, share) => {
  const rest = 1 - share;
  for (let i = 0; i < out.length; i++) out[i] = share * x[i]! + rest * y[i]!;
};

export const square: Kernels['square'] = (x, out) => {
  for (let i = 0; i < out.length; i++) out[i] = x[i]! * x[i]!;
};

/** The least length of a row for which a call costs less than a loop. */
const LEAST_ROW = 16;

export const copy: Kernels['copy'] = (rows, columns, x, xs, out, os) => {
  // Rows without gaps are copied as such.
  const isWhole = xs.column === 1 && os.column === 1 && columns >= LEAST_ROW;
  if (isWhole && (x instanceof Float32Array || x instanceof Float64Array)) {
    for (let i = 0, p = xs.at, o = os.at; i < rows; i++, p += xs.row, o += os.row)
      out.set(x.subarray(p, p + columns), o);
    return;
  }
  for (let i = 0; i < rows; i++) {
    let p = xs.at + i * xs.row;
    let o = os.at + i * os.row;
    for (let j = 0; j < columns; j++, p += xs.column, o += os.column) out[o] = x[p]!;
  }
};
