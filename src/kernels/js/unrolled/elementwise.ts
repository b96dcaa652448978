import type { Binary, Kernels } from '../../kernels.js';
import type { Numbers } from '../../numbers.js';
import type { Steps } from '../../operands.js';
import * as general from '../elementwise.js';
import * as float32 from '../generated/float32.js';
import * as float64 from '../generated/float64.js';
import { type Loops, loopsFor } from './set.js';

/** The least length of a row that is worth a call. */
const LEAST = 8;

/** x ∘ y for rows of both, and of one beside a number. */
interface Rows {
  both(n: number, x: Numbers, p: number, y: Numbers, q: number, out: Numbers, o: number): void;
  right(n: number, x: Numbers, p: number, y: number, out: Numbers, o: number): void;
  left(n: number, x: number, y: Numbers, q: number, out: Numbers, o: number): void;
}

/**
 * The general loop runs for short rows, and unless the columns of one operand are neighbours and those of the other
 * neighbours or broadcast.
 */
const binary =
  (own: Loops<Rows>, plain: Binary): Binary =>
  (rows, columns, x, xs, y, ys, out, at) => {
    const loops = columns < LEAST ? undefined : loopsFor(own, out, x, y);
    if (loops && xs.column === 1 && ys.column === 1) {
      each(rows, columns, xs, ys, at, (p, q, o) => loops.both(columns, x, p, y, q, out, o));
    } else if (loops && xs.column === 1 && ys.column === 0) {
      each(rows, columns, xs, ys, at, (p, q, o) => loops.right(columns, x, p, y[q]!, out, o));
    } else if (loops && xs.column === 0 && ys.column === 1) {
      each(rows, columns, xs, ys, at, (p, q, o) => loops.left(columns, x[p]!, y, q, out, o));
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

export const add = binary(
  {
    float32: { both: float32.add, right: float32.addNumber, left: float32.numberAdd },
    float64: { both: float64.add, right: float64.addNumber, left: float64.numberAdd },
  },
  general.add,
);
export const sub = binary(
  {
    float32: { both: float32.sub, right: float32.subNumber, left: float32.numberSub },
    float64: { both: float64.sub, right: float64.subNumber, left: float64.numberSub },
  },
  general.sub,
);
export const mul = binary(
  {
    float32: { both: float32.mul, right: float32.mulNumber, left: float32.numberMul },
    float64: { both: float64.mul, right: float64.mulNumber, left: float64.numberMul },
  },
  general.mul,
);
export const div = binary(
  {
    float32: { both: float32.div, right: float32.divNumber, left: float32.numberDiv },
    float64: { both: float64.div, right: float64.divNumber, left: float64.numberDiv },
  },
  general.div,
);

const SCALE = {
  float32: { run: float32.scale },
  float64: { run: float64.scale },
};

export const scale: Kernels['scale'] = (x, out, factor) => {
  const loops = loopsFor(SCALE, x, out);
  if (loops) loops.run(x, out, factor);
  else general.scale(x, out, factor);
};

const SQUARE = {
  float32: { run: float32.square },
  float64: { run: float64.square },
};

export const square: Kernels['square'] = (x, out) => {
  const loops = loopsFor(SQUARE, x, out);
  if (loops) loops.run(x, out);
  else general.square(x, out);
};
