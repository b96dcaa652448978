import * as array from '../array/index.js';
import {
  type NdArray,
  type Source,
  broadcastShape,
  broadcastTo,
  cast,
  fromSource,
  sumTo,
  zip,
} from '../array/index.js';
import { SMOOTH, type Operand, lift, primitive, within } from '../autograd/primitive.js';
import { Tensor } from '../autograd/tape.js';
import { NormtapeError } from '../error.js';
import { resolveBeside } from '../option/index.js';

/** The larger of a and b, broadcast; a NaN wins. Where they tie, each receives half of the gradient. */
export const maximum = primitive(
  'maximum',
  (a: NdArray, b: NdArray) => ({
    value: array.maximum(a, b),
    pullback: (g) => split(g, a, b, 1),
  }),
  { ...SMOOTH, ties: true },
);

/** The smaller of a and b, broadcast; a NaN wins. Where they tie, each receives half of the gradient. */
export const minimum = primitive(
  'minimum',
  (a: NdArray, b: NdArray) => ({
    value: array.minimum(a, b),
    pullback: (g) => split(g, a, b, -1),
  }),
  { ...SMOOTH, ties: true },
);

/** The gradient to the winner; `sign` says whether the larger or the smaller one wins. */
function split(g: NdArray, a: NdArray, b: NdArray, sign: number): NdArray[] {
  const share = zip(a, b, (x, y) => (x === y ? 0.5 : sign * x > sign * y ? 1 : 0));
  const rest = array.map(share, (s) => 1 - s);
  return [sumTo(array.mul(g, share), a.shape), sumTo(array.mul(g, rest), b.shape)];
}

/** What `clip` keeps a number within. */
interface Bounds {
  /** The least value; left out, there is none. */
  readonly min?: number;
  /** The greatest value; left out, there is none. */
  readonly max?: number;
}

/** x kept between min and max, either of them left out; beyond the bounds the gradient is 0, on them it passes. */
export const clip = within({ ...SMOOTH, corners: [-1, 1] }, (x: Operand, bounds: Bounds = {}): Tensor => {
  const { min = -Infinity, max = Infinity } = resolveBeside('clip', {}, bounds, ['min', 'max']);
  if (!(min <= max)) {
    throw new NormtapeError({
      where: 'clip',
      expected: 'a min that is not above max',
      received: [min, max],
    });
  }
  return lift('clip', [x], (input) => ({
    value: array.clamp(input, min, max),
    pullback: (g) => [zip(g, input, (gradient, value) => (value < min || value > max ? 0 : gradient))],
  }));
});

/** A condition as data: anything but 0 and false holds. */
export type Condition = Tensor | Source | NestedBoolean;
type NestedBoolean = boolean | readonly NestedBoolean[];

/** a where the condition holds, b elsewhere, all three broadcast; only the one that was taken receives the gradient. */
export const where = within(SMOOTH, (condition: Condition, a: Operand, b: Operand): Tensor => {
  const given = holding(condition);
  return lift('where', [a, b], (x, y) => {
    const shape = broadcastShape(given.shape, broadcastShape(x.shape, y.shape));
    const holds = broadcastTo(cast(given, x.dtype), shape);
    const taken = (g: NdArray, wanted: boolean) =>
      zip(g, holds, (gradient, h) => ((h !== 0) === wanted ? gradient : 0));
    return {
      value: array.add(taken(broadcastTo(x, shape), true), taken(broadcastTo(y, shape), false)),
      pullback: (g) => [sumTo(taken(g, true), x.shape), sumTo(taken(g, false), y.shape)],
    };
  });
});

/** The condition as an array. */
export const holding = (condition: Condition): NdArray =>
  condition instanceof Tensor ? condition.value : fromSource(asNumbers(condition));

const asNumbers = (condition: Source | NestedBoolean): Source =>
  typeof condition === 'boolean'
    ? Number(condition)
    : Array.isArray(condition)
      ? (condition.map(asNumbers) as Source)
      : (condition as Source);
