import type { Binary, Kernels } from '../../kernels.js';
import type { Steps } from '../../operands.js';
import * as general from '../elementwise.js';
import { unrolledFor } from './set.js';

/** The least length of a row that is worth a call. */
const LEAST = 8;

const LEFT = { add: 'numberAdd', sub: 'numberSub', mul: 'numberMul', div: 'numberDiv' } as const;
const RIGHT = { add: 'addNumber', sub: 'subNumber', mul: 'mulNumber', div: 'divNumber' } as const;

/**
 * The general loop runs for short rows, and unless the columns of one operand are neighbours and those of the other
 * neighbours or broadcast.
 */
const binary =
  (name: keyof typeof LEFT, plain: Binary): Binary =>
  (rows, columns, x, xs, y, ys, out, at) => {
    const loops = columns < LEAST ? undefined : unrolledFor(out, x, y);
    if (loops && xs.column === 1 && ys.column === 1) {
      each(rows, columns, xs, ys, at, (p, q, o) => loops[name](columns, x, p, y, q, out, o));
    } else if (loops && xs.column === 1 && ys.column === 0) {
      each(rows, columns, xs, ys, at, (p, q, o) => loops[RIGHT[name]](columns, x, p, y[q]!, out, o));
    } else if (loops && xs.column === 0 && ys.column === 1) {
      each(rows, columns, xs, ys, at, (p, q, o) => loops[LEFT[name]](columns, x[p]!, y, q, out, o));
    } else plain(rows, columns, x, xs, y, ys, out, at);
  };

/** Calls `visit` with the place where each row begins. */
function each(
  rows: number,
  columns: number,
  xs: Steps,
  ys: Steps,
  at: number,
  visit: (p: number, q: number, o: number) => void,
): void {
  for (let i = 0; i < rows; i++) visit(xs.at + i * xs.row, ys.at + i * ys.row, at + i * columns);
}

export const add = /* @__PURE__ */ binary('add', general.add);
export const sub = /* @__PURE__ */ binary('sub', general.sub);
export const mul = /* @__PURE__ */ binary('mul', general.mul);
export const div = /* @__PURE__ */ binary('div', general.div);

export const scale: Kernels['scale'] = (x, out, factor) => {
  const loops = unrolledFor(x, out);
  if (loops) loops.scale(x, out, factor);
  else general.scale(x, out, factor);
};

export const square: Kernels['square'] = (x, out) => {
  const loops = unrolledFor(x, out);
  if (loops) loops.square(x, out);
  else general.square(x, out);
};
