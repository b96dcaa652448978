import type { Numbers } from './numbers.js';

/** Where a kernel finds an operand of two nested loops: its first element, and the steps to the next row and column. */
export interface Steps {
  readonly at: number;
  readonly row: number;
  readonly column: number;
}

export type Binary = (
  rows: number,
  columns: number,
  x: Numbers,
  xs: Steps,
  y: Numbers,
  ys: Steps,
  out: Numbers,
  from: number,
) => void;

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
export function map(x: Numbers, out: Numbers, f: (x: number) => number): void {
  for (let i = 0; i < out.length; i++) out[i] = f(x[i]!);
}

/** Any function of three numbers, over data without gaps. */
export function map3(
  x: Numbers,
  y: Numbers,
  z: Numbers,
  out: Numbers,
  f: (x: number, y: number, z: number) => number,
): void {
  for (let i = 0; i < out.length; i++) out[i] = f(x[i]!, y[i]!, z[i]!);
}

/** x between two bounds, over data without gaps; NaN stays. */
export function clamp(x: Numbers, out: Numbers, from: number, to: number): void {
  for (let i = 0; i < out.length; i++) out[i] = Math.min(Math.max(x[i]!, from), to);
}

/** factor · x, over data without gaps. */
export function scale(x: Numbers, out: Numbers, factor: number): void {
  for (let i = 0; i < out.length; i++) out[i] = factor * x[i]!;
}

/** factor · x + offset, over data without gaps. */
export function linear(x: Numbers, out: Numbers, factor: number, offset: number): void {
  for (let i = 0; i < out.length; i++) out[i] = factor * x[i]! + offset;
}

/** share · x + (1 − share) · y, over data without gaps. */
export function mix(x: Numbers, y: Numbers, out: Numbers, share: number): void {
  const rest = 1 - share;
  for (let i = 0; i < out.length; i++) out[i] = share * x[i]! + rest * y[i]!;
}

/** x², over data without gaps. */
export function square(x: Numbers, out: Numbers): void {
  for (let i = 0; i < out.length; i++) out[i] = x[i]! * x[i]!;
}

/** Copies from one strided place to another. */
export function copy(
  rows: number,
  columns: number,
  x: Readonly<ArrayLike<number>>,
  xs: Steps,
  out: Numbers,
  os: Steps,
): void {
  for (let i = 0; i < rows; i++) {
    let p = xs.at + i * xs.row;
    let o = os.at + i * os.row;
    for (let j = 0; j < columns; j++, p += xs.column, o += os.column) out[o] = x[p]!;
  }
}
