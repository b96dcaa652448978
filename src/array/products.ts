import * as kernels from '../kernels/index.js';
import { add, mul } from './arithmetic.js';
import { type NdArray, type Shape, demandShapeOf, emptyLike, sizeOf } from './array.js';
import { broadcastTo } from './broadcast.js';
import { contiguous, flat } from './contiguous.js';

/**
 * a ⊙ s + b ⊙ t for a and b of one shape and factors of the same rank that stretch to it, all of one dtype; without b,
 * a ⊙ s + t. In one pass; factors that do not stretch along the same
 * neighbouring axes, or along all before them too, are written out first.
 */
export function sumOfProducts(a: NdArray, s: NdArray, b: NdArray | undefined, t: NdArray): NdArray {
  const { shape } = a;
  if (b) demandShapeOf('sumOfProducts.b', b, shape);
  const [from, to] = stretched(shape, s.shape);
  const [outer, n, inner] = [shape.slice(0, from), shape.slice(from, to), shape.slice(to)].map(sizeOf);
  const [first, second] = [s, t].map((factor) => stepOf(shape, factor.shape, from, to, inner!));
  if (![s, b ?? a, t].every(({ dtype }) => dtype === a.dtype)) return add(mul(a, s), b ? mul(b, t) : t);
  // By the same loop, which may round once where two ops round twice.
  if (first === undefined || second === undefined || (inner === 1 && to > 0))
    return sumOfProducts(a, spread(s, shape), b, spread(t, shape));
  const out = emptyLike(a);
  kernels.sumOfProducts(
    flat(a),
    { numbers: flat(s), step: first },
    b && flat(b),
    { numbers: flat(t), step: second },
    out.store.numbers,
    { outer: outer!, n: n!, inner: inner! },
  );
  return out;
}

/** A factor with a number for every element. */
const spread = (factor: NdArray, shape: Shape): NdArray => contiguous(broadcastTo(factor, shape));

/**
 * From which axis to which a factor stretches. From behind, so that a part of an array, whose first axis has size 1, is
 * computed by the same loop as the whole, to the same bits.
 */
function stretched(shape: Shape, factor: Shape): readonly [number, number] {
  let to = shape.length;
  while (to > 0 && factor[to - 1] === shape[to - 1]) to--;
  let from = to;
  while (from > 0 && factor[from - 1] === 1) from--;
  return [from, to];
}

/** The distance between a factor's numbers for one block and the next; undefined if it does not lie in such blocks. */
function stepOf(shape: Shape, factor: Shape, from: number, to: number, inner: number): number | undefined {
  const like = (axis: number): boolean => factor[axis] === shape[axis];
  const lies = shape.every((_, axis) => axis < from || (axis < to ? factor[axis] === 1 : like(axis)));
  if (!lies || factor.length !== shape.length) return undefined;
  const before = shape.map((_, axis) => axis).slice(0, from);
  if (before.every(like)) return inner;
  return before.every((axis) => factor[axis] === 1) ? 0 : undefined;
}
