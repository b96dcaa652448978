import type { Binary, Kernels } from '../kernels.js';

// Comparisons, and choices by a mask. As in elementwise.ts, each has its own loop, which V8 compiles for its operation.

export const less: Binary = (rows, columns, x, xs, y, ys, out, from) => {
  let o = from;
  for (let i = 0; i < rows; i++) {
    let p = xs.at + i * xs.row;
    let q = ys.at + i * ys.row;
    for (let j = 0; j < columns; j++, p += xs.column, q += ys.column) out[o++] = x[p]! < y[q]! ? 1 : 0;
  }
};

export const lessEqual: Binary = (rows, columns, x, xs, y, ys, out, from) => {
  let o = from;
  for (let i = 0; i < rows; i++) {
    let p = xs.at + i * xs.row;
    let q = ys.at + i * ys.row;
    for (let j = 0; j < columns; j++, p += xs.column, q += ys.column) out[o++] = x[p]! <= y[q]! ? 1 : 0;
  }
};

export const equal: Binary = (rows, columns, x, xs, y, ys, out, from) => {
  let o = from;
  for (let i = 0; i < rows; i++) {
    let p = xs.at + i * xs.row;
    let q = ys.at + i * ys.row;
    for (let j = 0; j < columns; j++, p += xs.column, q += ys.column) out[o++] = x[p]! === y[q]! ? 1 : 0;
  }
};

export const notEqual: Binary = (rows, columns, x, xs, y, ys, out, from) => {
  let o = from;
  for (let i = 0; i < rows; i++) {
    let p = xs.at + i * xs.row;
    let q = ys.at + i * ys.row;
    for (let j = 0; j < columns; j++, p += xs.column, q += ys.column) out[o++] = x[p]! === y[q]! ? 0 : 1;
  }
};

export const masked: Binary = (rows, columns, x, xs, y, ys, out, from) => {
  let o = from;
  for (let i = 0; i < rows; i++) {
    let p = xs.at + i * xs.row;
    let q = ys.at + i * ys.row;
    for (let j = 0; j < columns; j++, p += xs.column, q += ys.column)
      out[o++] = y[q] === 0 ? 0 : x[p]! * y[q]!;
  }
};

export const kept: Binary = (rows, columns, x, xs, y, ys, out, from) => {
  let o = from;
  for (let i = 0; i < rows; i++) {
    let p = xs.at + i * xs.row;
    let q = ys.at + i * ys.row;
    for (let j = 0; j < columns; j++, p += xs.column, q += ys.column) out[o++] = y[q] === 0 ? 0 : x[p]!;
  }
};

export const dropped: Binary = (rows, columns, x, xs, y, ys, out, from) => {
  let o = from;
  for (let i = 0; i < rows; i++) {
    let p = xs.at + i * xs.row;
    let q = ys.at + i * ys.row;
    for (let j = 0; j < columns; j++, p += xs.column, q += ys.column) out[o++] = y[q] === 0 ? x[p]! : 0;
  }
};

export const choose: Kernels['choose'] = (condition, x, y, out) => {
  for (let i = 0; i < out.length; i++) out[i] = condition[i] === 0 ? y[i]! : x[i]!;
};
