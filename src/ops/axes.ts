import { isList } from '../demand.js';
import * as array from '../array/index.js';
import { type Axes, type Range, type Shape, positiveAxes, sliceView } from '../array/index.js';
import { type Operand, SMOOTH, alike, lift, withDomain } from '../autograd/primitive.js';
import { type Tensor, record } from '../autograd/tape.js';
import { NormtapeError } from '../error.js';

/**
 * The tensor without axes of size 1: the listed ones, or all of them.
 *
 * @throws {NormtapeError} If a named axis is of another size.
 */
export const squeeze = withDomain(SMOOTH, (x: Operand, axes?: Axes): Tensor =>
  lift(
    'squeeze',
    [x],
    (input) => {
      const { shape } = input;
      const dropped = positiveAxes(axes ?? onesOf(shape), shape.length, 'squeeze');
      if (dropped.some((axis) => shape[axis] !== 1)) {
        throw new NormtapeError({
          where: 'squeeze',
          expected: `size 1 along axes ${dropped}`,
          received: shape,
        });
      }
      return {
        value: array.reshape(input, array.without(shape, dropped)),
        pullback: (g) => [array.reshape(g, shape)],
      };
    },
    {},
  ),
);

const onesOf = (shape: Shape): number[] => shape.flatMap((n, axis) => (n === 1 ? [axis] : []));

/**
 * The tensor with axes of size 1 inserted at these positions of the result; negative positions count from its end.
 *
 * @throws {NormtapeError} If a position lies outside of the result, or is named twice.
 */
export const unsqueeze = withDomain(SMOOTH, (x: Operand, axes: Axes): Tensor =>
  lift(
    'unsqueeze',
    [x],
    (input) => {
      const rank = input.shape.length + (isList(axes) ? axes.length : 1);
      const added = positiveAxes(axes, rank, 'unsqueeze');
      const rest = [...input.shape];
      const shape = Array.from({ length: rank }, (_, axis) => (added.includes(axis) ? 1 : rest.shift()!));
      return { value: array.reshape(input, shape), pullback: (g) => [array.reshape(g, input.shape)] };
    },
    {},
  ),
);

/**
 * The parts of a tensor along an axis, as views: into a number of equal parts, or into parts of the given sizes. The
 * inverse of `concat`.
 *
 * @throws {NormtapeError} If the axis does not divide evenly, or the sizes do not add up to it.
 */
export const split = withDomain(
  SMOOTH,
  (x: Operand, parts: number | readonly number[], axis = 0): readonly Tensor[] =>
    record(
      'split',
      alike('split', [x]),
      (input) => {
        const { shape } = input!;
        const [at] = positiveAxes(axis, shape.length, 'split');
        const sizes = sizesOf(parts, shape[at!]!);
        let from = 0;
        const values = sizes.map((size) => {
          const range: Range = [from, (from += size)];
          return sliceView(input!, [...Array<Range>(at!).fill([]), range]);
        });
        return { values, pullback: (gradients) => [array.concat(gradients, at!)] };
      },
      { axis },
    ),
);

const total = (sizes: readonly number[]): number => sizes.reduce((sum, size) => sum + size, 0);

/** The sizes of the parts of an axis of n. */
function sizesOf(parts: number | readonly number[], n: number): readonly number[] {
  const isCount = typeof parts === 'number';
  if (isCount && Number.isInteger(parts) && parts > 0 && n % parts === 0) return Array(parts).fill(n / parts);
  const whole = (size: number): boolean => Number.isInteger(size) && size >= 0;
  if (isList(parts) && parts.length > 0 && parts.every(whole) && total(parts) === n) return parts;
  const expected = isCount
    ? `a number of parts that divides ${n}`
    : `a list of whole sizes that add up to ${n}`;
  throw new NormtapeError({ where: 'split', expected, received: parts });
}

/**
 * The tensor with the order of its elements reversed along the axes, or along all axes. The gradient is reversed too.
 *
 * @throws {NormtapeError} If there is no such axis.
 */
export const flip = withDomain(SMOOTH, (x: Operand, axes?: Axes): Tensor =>
  lift('flip', [x], (input) => {
    const turned = axes ?? input.shape.map((_, axis) => axis);
    return { value: array.flip(input, turned), pullback: (g) => [array.flip(g, turned)] };
  }),
);
