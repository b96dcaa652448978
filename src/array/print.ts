import { type NdArray, type Shape, sizeOf } from './array.js';
import { flat } from './contiguous.js';

/** The method by which Node's console, and other tools that follow it, print an object. */
export const INSPECT = Symbol.for('nodejs.util.inspect.custom');

/** Up to so many numbers are printed whole; of more, the first and last few along each axis. */
const WHOLE = 1000;
const ENDS = 3;

/** Significant digits, as many as a float32 has; what has more is in `value`. */
const DIGITS = 7;

/**
 * The array as text: shape, dtype, and the numbers in rows under each other. Numbers are rounded to 7 digits, and the
 * middle of long axes is left out if there are more than 1000. It holds on to no memory.
 */
export function arrayText(a: NdArray): string {
  const head = arrayKind(a);
  const numbers = numbersText(a);
  return `${head}${numbers.includes('\n') ? '\n' : ' '}${numbers}`;
}

/** The shape and the dtype, such as [2, 3] float32. */
export const arrayKind = ({ shape, dtype }: Pick<NdArray, 'dtype'> & { readonly shape: Shape }): string =>
  `[${shape.join(', ')}] ${dtype}`;

function numbersText(a: NdArray): string {
  const data = flat(a);
  const short = data.length > WHOLE;
  const cells: string[] = [];
  visit(a.shape, short, (at) => cells.push(cell(data[at]!)));
  const width = Math.max(0, ...cells.map(({ length }) => length));
  const level = (shape: Shape, from: number, depth: number): string => {
    const [n, ...rest] = shape;
    if (n === undefined) return a.shape.length > 1 ? cell(data[from]!).padStart(width) : cell(data[from]!);
    const size = sizeOf(rest);
    const items = places(n, short).map((i) => (i < 0 ? '…' : level(rest, from + i * size, depth + 1)));
    const gap = rest.length > 0 ? `,${'\n'.repeat(rest.length)}${' '.repeat(depth + 1)}` : ', ';
    return `[${items.join(gap)}]`;
  };
  return level(a.shape, 0, 0);
}

/** The positions along an axis that are printed; −1 stands for those left out. */
function places(n: number, short: boolean): readonly number[] {
  const all = Array.from({ length: short ? Math.min(n, 2 * ENDS + 1) : n }, (_, i) => i);
  if (!short || n <= 2 * ENDS + 1) return all;
  return all.map((i) => (i < ENDS ? i : i === ENDS ? -1 : n - 2 * ENDS - 1 + i));
}

/** Calls back with the place of every number that is printed. */
function visit(shape: Shape, short: boolean, each: (at: number) => void, from = 0): void {
  const [n, ...rest] = shape;
  if (n === undefined) return each(from);
  const size = sizeOf(rest);
  for (const i of places(n, short)) if (i >= 0) visit(rest, short, each, from + i * size);
}

const cell = (value: number): string =>
  Object.is(value, -0) ? '-0' : String(Number(value.toPrecision(DIGITS)));
