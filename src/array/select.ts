import { isList } from '../demand.js';
import { NormtapeError } from '../error.js';
import * as kernels from '../kernels/index.js';
import {
  type NdArray,
  type Shape,
  demandCount,
  demandShapeOf,
  empty,
  filled,
  full,
  positiveAxes,
  sameShape,
  sizeOf,
} from './array.js';
import { flat, put } from './contiguous.js';
import { storeOf, strided } from './view.js';

/** What to take of one axis: one index, which drops the axis, or [start, stop, step]; negative numbers count from the end. */
export type Range = number | readonly [start?: number | undefined, stop?: number | undefined, step?: number];

/** A view of the ranges, one an axis from the first; axes without one are taken whole. Throws for an index outside. */
export function sliceView(a: NdArray, ranges: readonly Range[]): NdArray {
  if (ranges.length > a.shape.length) {
    const expected = `at most ${a.shape.length} ranges`;
    throw new NormtapeError({ where: 'slice', expected, received: ranges });
  }
  const [shape, stride]: [number[], number[]] = [[], []];
  let { offset } = a;
  a.stride.forEach((stepped, axis) => {
    const n = a.shape[axis]!;
    const range = ranges[axis] ?? [];
    if (typeof range === 'number') {
      offset += stepped * index(range, n, `axis ${axis}`);
      return;
    }
    if (!isList(range)) {
      const expected = 'ranges that are whole numbers or lists [start, stop, step]';
      throw new NormtapeError({ where: 'slice', expected, received: range });
    }
    const [start, stop, step] = bounds(range as Exclude<Range, number>, n);
    const count = Math.max(0, Math.ceil((stop - start) / step));
    if (count) offset += stepped * start;
    shape.push(count);
    stride.push(stepped * step);
  });
  return strided(a, shape, stride, offset);
}

/** The ranges that take this of one axis, and the others whole. */
export function onAxis(axis: number, rank: number, range: Range): Range[] {
  const [at] = positiveAxes(axis, rank);
  return [...Array<Range>(at!).fill([]), range];
}

function bounds([start = 0, stop, step = 1]: Exclude<Range, number>, n: number): [number, number, number] {
  const numbers = [start, stop ?? n, step];
  if (!numbers.every(Number.isInteger) || step < 1) {
    const expected = 'whole numbers [start, stop, step] with a step above 0';
    throw new NormtapeError({ where: 'slice', expected, received: [start, stop, step] });
  }
  const inside = (i: number) => Math.min(n, Math.max(0, i < 0 ? i + n : i));
  return [inside(start), inside(stop ?? n), step];
}

/** The index, counted from the start; throws if it lies outside. */
function index(i: number, n: number, where: string): number {
  const positive = i < 0 ? i + n : i;
  if (Number.isInteger(i) && positive >= 0 && positive < n) return positive;
  throw new NormtapeError({ where, expected: `a whole number from ${-n} to ${n - 1}`, received: i });
}

/** Zeros of the shape, with `a` where `view` looks. */
export function placed(a: NdArray, shape: Shape, view: (zeros: NdArray) => NdArray): NdArray {
  const zeros = full(shape, 0, a.dtype);
  const place = view(zeros);
  demandShapeOf('placed.view', place, a.shape);
  if (storeOf(place) !== storeOf(zeros)) {
    throw new NormtapeError({
      where: 'placed',
      expected: 'a function that returns a view of its argument',
      received: 'another array',
    });
  }
  put(a, place);
  return zeros;
}

/** Arrays of one shape but for this axis, one after the other along it. */
export function concat(arrays: readonly NdArray[], axis: number): NdArray {
  const [head] = arrays;
  const rank = head?.shape.length ?? 0;
  const [at, ...others] = positiveAxes(axis, rank, 'concat.axis');
  const rest = (a: NdArray) => a.shape.filter((_, i) => i !== at);
  const fits = (a: NdArray) => a.shape.length === rank && sameShape(rest(a), rest(head!));
  if (!head || at === undefined || others.length > 0 || !arrays.every(fits)) {
    const expected = `at least one array, all of one shape but for axis ${axis}`;
    throw new NormtapeError({ where: 'concat', expected, received: arrays.map(({ shape }) => shape) });
  }
  const total = arrays.reduce((size, { shape }) => size + shape[at]!, 0);
  const joined = full(
    head.shape.map((n, i) => (i === at ? total : n)),
    0,
    head.dtype,
  );
  let from = 0;
  for (const a of arrays) {
    const to = from + a.shape[at]!;
    put(a, sliceView(joined, [...Array<Range>(at).fill([]), [from, to]]));
    from = to;
  }
  return joined;
}

/** Whole numbers that pick along an axis, and their shape. */
export interface Picks {
  readonly data: Int32Array;
  readonly shape: Shape;
}

/** The elements at the picks along the axis, which is replaced by the shape of the picks. Throws for a pick outside. */
export function gather(a: NdArray, { data, shape }: Picks, axis: number): NdArray {
  const [before, n, after] = around(a.shape, axis);
  const picks = indices(data, shape, n);
  const out = empty([...before, ...shape, ...after], a.dtype);
  kernels.gather(flat(a), out.store.numbers, picks, sizeOf(before), n, sizeOf(after));
  return out;
}

/** The transpose of `gather`: elements that were picked twice are summed, in float64. */
export function scatterAdd(a: NdArray, { data, shape: picked }: Picks, axis: number, shape: Shape): NdArray {
  const [before, n, after] = around(shape, axis);
  demandShapeOf('scatterAdd', a, [...before, ...picked, ...after]);
  const sums = new Float64Array(sizeOf(shape));
  const picks = indices(data, picked, n);
  kernels.scatterAdd(flat(a), sums, picks, sizeOf(before), n, sizeOf(after));
  return filled(sums, shape, a.dtype);
}

/** The picks, counted from the start; throws unless there is one for each place of their shape. */
function indices(data: Int32Array, shape: Shape, n: number): Int32Array {
  if (!(data instanceof Int32Array)) {
    throw new NormtapeError({ where: 'gather', expected: 'picks in an Int32Array', received: data });
  }
  demandCount('gather', data.length, shape);
  return data.map((i) => index(i, n, 'gather'));
}

function around(shape: Shape, axis: number): [Shape, number, Shape] {
  const [at] = positiveAxes(axis, shape.length, 'gather');
  return [shape.slice(0, at), shape[at!]!, shape.slice(at! + 1)];
}
