import { NormtapeError } from '../error.js';
import type { NdArray, Shape } from './array.js';
import { strided } from './view.js';

/** A view with its axes in this order; left out: the last two swapped. */
export function transpose(a: NdArray, order?: Shape): NdArray {
  const { shape, stride } = a;
  const rank = shape.length;
  if (order && !isOrder(order, rank)) {
    throw new NormtapeError({
      where: 'transpose',
      expected: `the ${rank} axes in some order`,
      received: order,
    });
  }
  const axes = order ?? shape.map((_, axis) => (axis < rank - 2 ? axis : 2 * rank - 3 - axis));
  return strided(
    a,
    axes.map((axis) => shape[axis]!),
    axes.map((axis) => stride[axis]!),
    a.offset,
  );
}

/** Whether each axis is named once. */
const isOrder = (order: Shape, rank: number): boolean =>
  order.length === rank &&
  order.every((axis, i) => Number.isInteger(axis) && axis >= 0 && axis < rank && order.indexOf(axis) === i);
