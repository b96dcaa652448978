import * as array from '../array/index.js';
import {
  type NdArray,
  type Shape,
  type Source,
  asFlag,
  broadcastShape,
  broadcastTo,
  cast,
  demandMask,
  sumTo,
  zip,
  zip3,
} from '../array/index.js';
import { SMOOTH, type Operand, lift, primitive, withDomain } from '../autograd/primitive.js';
import { readArray } from '../autograd/state.js';
import { Tensor, arrayOf } from '../autograd/tape.js';
import { NormtapeError } from '../error.js';
import { resolveBeside } from '../option/index.js';

/** The larger of a and b, broadcast; a NaN wins. If they tie, each receives half of the gradient. */
export const maximum = primitive(
  'maximum',
  (a: NdArray, b: NdArray) => ({
    value: array.maximum(a, b),
    pullback: (g, needed) => split(g, a, b, 1, needed),
  }),
  { ...SMOOTH, ties: true },
);

/** The smaller of a and b, broadcast; a NaN wins. If they tie, each receives half of the gradient. */
export const minimum = primitive(
  'minimum',
  (a: NdArray, b: NdArray) => ({
    value: array.minimum(a, b),
    pullback: (g, needed) => split(g, a, b, -1, needed),
  }),
  { ...SMOOTH, ties: true },
);

/** The gradient to the winner; `sign` says whether the larger or the smaller one wins. The loser receives 0. */
function split(
  g: NdArray,
  a: NdArray,
  b: NdArray,
  sign: number,
  [ofA, ofB]: readonly boolean[],
): (NdArray | undefined)[] {
  const toFirst = (gradient: number, x: number, y: number): number => {
    if (x === y || (x !== x && y !== y)) return gradient / 2;
    return x !== x || sign * x > sign * y ? gradient : 0;
  };
  return [
    ofA ? sumTo(zip3(g, a, b, toFirst), a.shape) : undefined,
    ofB ? sumTo(zip3(g, b, a, toFirst), b.shape) : undefined,
  ];
}

/** The bounds of `clip`. */
interface Bounds {
  /** The lower bound. Default: none. */
  readonly min?: number;
  /** The upper bound. Default: none. */
  readonly max?: number;
}

/**
 * x limited to the range from min to max; either can be left out. Outside the bounds and at NaN the gradient is 0; at
 * a bound it passes.
 */
export const clip = withDomain({ ...SMOOTH, corners: [-1, 1] }, (x: Operand, bounds: Bounds = {}): Tensor => {
  const { min = -Infinity, max = Infinity } = resolveBeside('clip', {}, bounds, ['min', 'max']);
  if (typeof min !== 'number' || typeof max !== 'number' || !(min <= max)) {
    throw new NormtapeError({
      where: 'clip',
      expected: 'two numbers, min not above max',
      received: [min, max],
    });
  }
  return lift(
    'clip',
    [x],
    (input) => ({
      value: array.clamp(input, min, max),
      pullback: (g) => [zip(g, input, (gradient, value) => (value >= min && value <= max ? gradient : 0))],
    }),
    { min, max },
  );
});

/** A condition as data: booleans, or ones and zeros. */
export type Condition = Tensor | Source | NestedBoolean;
type NestedBoolean = boolean | readonly NestedBoolean[];

/**
 * a where the condition is true, b elsewhere, all three broadcast. Only the selected element is read and receives the
 * gradient. Throws unless the condition consists of booleans, or of ones and zeros.
 */
export const where = withDomain(SMOOTH, (condition: Condition, a: Operand, b: Operand): Tensor => {
  const given = holding('where.condition', condition);
  return lift(
    'where',
    [a, b],
    (x, y) => {
      const shape = broadcastShape(given.shape, broadcastShape(x.shape, y.shape));
      const holds = broadcastTo(cast(given, x.dtype), shape);
      return {
        value: array.choose(holds, x, y),
        pullback: (g, [ofX, ofY]) => [
          ofX ? sumTo(array.kept(g, holds), x.shape) : undefined,
          ofY ? sumTo(array.dropped(g, holds), y.shape) : undefined,
        ],
      };
    },
    { condition: condition instanceof Tensor ? condition : given },
  );
});

/**
 * The condition as an array; throws, in the name of `where`, one that holds anything but 0 and 1. `instead` says where an additive mask
 * would be taken, and `demand` sees its shape before it is read.
 */
export function holding(
  where: string,
  condition: Condition,
  instead?: string,
  demand?: (claimed: Shape) => void,
): NdArray {
  if (condition instanceof Tensor) demand?.(condition.shape);
  const array =
    condition instanceof Tensor
      ? arrayOf(condition)
      : readArray(where, condition as Source, undefined, { demand, item: asFlag });
  demandMask(where, array, instead);
  return array;
}
