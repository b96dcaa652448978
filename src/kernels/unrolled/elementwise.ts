import type { Steps } from '../elementwise.js';
import type { Numbers } from '../numbers.js';
import { type Unrolled, unrolledFor } from './set.js';

/** Rows below this length are not worth a call each. */
const LEAST = 8;

type Operation = 'add' | 'sub' | 'mul' | 'div';

const LEFT = { add: 'numberAdd', sub: 'numberSub', mul: 'numberMul', div: 'numberDiv' } as const;
const RIGHT = { add: 'addNumber', sub: 'subNumber', mul: 'mulNumber', div: 'divNumber' } as const;

/** One of four operations; false, and nothing done, for others, and unless each operand goes on by one number or repeats one. */
export function binary(
  name: Operation | 'maximum' | 'minimum',
  rows: number,
  columns: number,
  x: Numbers,
  xs: Steps,
  y: Numbers,
  ys: Steps,
  out: Numbers,
  from: number,
): boolean {
  if (columns < LEAST || name === 'maximum' || name === 'minimum') return false;
  const loops = unrolledFor(out, x, y);
  if (!loops) return false;
  if (xs.column === 1 && ys.column === 1) {
    each(rows, columns, xs, ys, from, (p, q, o) => loops[name](columns, x, p, y, q, out, o));
  } else if (xs.column === 1 && ys.column === 0) {
    each(rows, columns, xs, ys, from, (p, q, o) => loops[RIGHT[name]](columns, x, p, y[q]!, out, o));
  } else if (xs.column === 0 && ys.column === 1) {
    each(rows, columns, xs, ys, from, (p, q, o) => loops[LEFT[name]](columns, x[p]!, y, q, out, o));
  } else return false;
  return true;
}

/** Visits the places where each row begins. */
function each(
  rows: number,
  columns: number,
  xs: Steps,
  ys: Steps,
  from: number,
  visit: (p: number, q: number, o: number) => void,
): void {
  for (let i = 0; i < rows; i++) visit(xs.at + i * xs.row, ys.at + i * ys.row, from + i * columns);
}

/** factor · x. */
export function scale(x: Numbers, out: Numbers, factor: number): boolean {
  const loops: Unrolled | undefined = unrolledFor(x, out);
  loops?.scale(x, out, factor);
  return loops !== undefined;
}

/** x². */
export function square(x: Numbers, out: Numbers): boolean {
  const loops: Unrolled | undefined = unrolledFor(x, out);
  loops?.square(x, out);
  return loops !== undefined;
}
