import * as kernels from '../kernels/index.js';
import { add, mul } from './arithmetic.js';
import { type NdArray, type Shape, demandShapeOf, emptyLike, sizeOf } from './array.js';
import { flat } from './contiguous.js';

/**
 * a ⊙ s + b ⊙ t for a and b of one shape and factors of the same rank that stretch to it, all of one dtype; without b,
 * a ⊙ s + t. In one pass where each factor stretches along the same neighbouring axes, or along all before them too.
 */
export function sumOfProducts(a: NdArray, s: NdArray, b: NdArray | undefined, t: NdArray): NdArray {
  const { shape } = a;
  if (b) demandShapeOf('sumOfProducts.b', b, shape);
  const [from, to] = stretched(shape, s.shape);
  const [outer, n, inner] = [shape.slice(0, from), shape.slice(from, to), shape.slice(to)].map(sizeOf);
  const [first, second] = [s, t].map((factor) => stepOf(shape, factor.shape, from, to, inner!));
  const isOneDtype = [s, b ?? a, t].every(({ dtype }) => dtype === a.dtype);
  if (first === undefined || second === undefined || inner === 1 || !isOneDtype)
    return add(mul(a, s), b ? mul(b, t) : t);
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

/** From which axis to which a factor stretches; at least the last axis is left behind them. */
function stretched(shape: Shape, factor: Shape): readonly [number, number] {
  let from = 0;
  while (from < shape.length - 1 && factor[from] === shape[from]) from++;
  let to = from;
  while (to < shape.length && factor[to] === 1) to++;
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
