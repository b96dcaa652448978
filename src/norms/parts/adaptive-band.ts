import {
  type Axes,
  type NdArray,
  type Shape,
  add,
  broadcastTo,
  cast,
  cumulativeSum,
  div,
  fromFlat,
  logOfShort,
  mean,
  mul,
  overShort,
  positiveAxes,
  reshape,
  scale,
  sizeOf,
  sumTo,
} from '../../array/index.js';
import type { Algebra } from '../algebra.js';
import type { Refusal } from '../norm.js';
import * as option from '../option.js';
import type { Learned } from './affine.js';
import { STEEPNESS, band } from './band.js';
import type { Unit } from './normalize.js';

/** The lengths that q is a mean of: those of the sample, of one row alone, or of all steps so far. */
export type SizeStatistic = 'sample' | 'row' | 'causal';

interface Place {
  readonly axis: Axes;
  readonly statistic: SizeStatistic;
}

const options = {
  statistic: option.choice(
    'sample',
    'What q is: the mean of N over the sample, N of the row itself (row), or the mean of N over the steps so far along axis 1 (causal).',
    ['sample', 'row', 'causal'],
  ),
  bandInitializer: option.initializer('zeros', 'Initializer of K.'),
  bandRegularizer: option.regularizer('none', 'Regularizer of K.'),
};

const kernel: Learned<typeof options> = {
  symbol: 'K',
  about: 'The weight K of ln q.',
  sizes: '1 by the number of positions along the axes',
  shape: (input, place) => [1, places(input, place)],
  initial: ({ bandInitializer }) => bandInitializer,
  regularizer: ({ bandRegularizer }) => bandRegularizer,
};

const bias: Learned<typeof options> = {
  symbol: 'c',
  about: 'The bias c of the position in the band.',
  sizes: 'the number of positions along the axes',
  shape: (input, place) => [places(input, place)],
  initial: () => 'zeros',
};

/** The position in the band that follows the size of the input: its options, and the weights these make. */
export const bandOfSize = { options, parameters: { kernel, bias } };

/** Refuses a batch that is normalized, and a causal mean without steps. */
export function acceptsSize(input: Shape, { axis, statistic }: Place): true | Refusal {
  if (input.length < 2) return { expected: 'an input of rank 2 or more, with the batch first' };
  const axes = positiveAxes(axis, input.length);
  if (axes.includes(0)) return { option: 'axis', expected: 'axes other than the batch, axis 0' };
  return statistic === 'causal' && axes.includes(1)
    ? { option: 'statistic', expected: 'sample or row, if axis 1, the steps, is normalized' }
    : true;
}

/** z = ln(q) K + c, laid along the axes; q is taken of lengths that keep the axes at size 1. */
export function placeInBand<T>(
  math: Algebra<T>,
  length: T,
  { kernel, bias }: { readonly kernel?: T | undefined; readonly bias?: T | undefined },
  x: Shape,
  place: Place,
): T {
  const layout = layoutOf(x, place);
  const size = math.name('q', sizeIn(math, length, place.statistic));
  const scaled = math.mul(math.log(size), math.reshape(kernel!, layout));
  return math.name('z', math.add(scaled, math.reshape(bias!, layout)));
}

function sizeIn<T>(math: Algebra<T>, length: T, statistic: SizeStatistic): T {
  const rest = math
    .shape(length)
    .map((_, axis) => axis)
    .slice(1);
  switch (statistic) {
    case 'sample':
      return math.mean(length, rest, 'the sample');
    case 'row':
      return length;
    case 'causal': {
      const steps = math.shape(length)[1]!;
      const each = Array.from({ length: steps }, (_, t) =>
        math.slice(length, 1, 0, t + 1, 'the steps so far'),
      );
      return math.concat(
        each.map((soFar) => math.mean(soFar, rest, 'the steps so far')),
        1,
      );
    }
  }
}

/** y = s x̂ with the scale s of the band at z = ln(q) K + c, and the gradients of x, K and c. */
export function bandedBySize(
  unit: Unit,
  { kernel, bias }: { readonly kernel: NdArray; readonly bias: NdArray },
  { axis, statistic, maxBandWidth }: Place & { readonly maxBandWidth: number },
) {
  const { shape, dtype } = unit.value;
  const layout = layoutOf(shape, { axis, statistic });
  const size = SIZES[statistic](unit.short);
  const logarithm = cast(logOfShort(size.value), dtype);
  const wide = reshape(kernel, layout);
  const s = band(add(mul(logarithm, wide), reshape(bias, layout)), maxBandWidth, STEEPNESS);
  return {
    value: mul(unit.value, s.value),
    pullback(g: NdArray) {
      const ofZ = s.pullback(sumTo(mul(g, unit.value), s.value.shape));
      const ofLogarithm = sumTo(mul(ofZ, wide), logarithm.shape);
      // d ln q = dq / q.
      const ofLength = size.pullback(overShort(cast(ofLogarithm, 'float64'), size.value));
      return {
        x: unit.pullback(mul(g, s.value), broadcastTo(ofLength, unit.short.shape)),
        kernel: reshape(sumTo(mul(logarithm, ofZ), layout), kernel.shape),
        bias: reshape(sumTo(ofZ, layout), bias.shape),
      };
    },
  };
}

/** The mean q of the lengths N that each statistic takes, and the gradient of N from that of q. */
const SIZES: Readonly<
  Record<SizeStatistic, (lengths: NdArray) => { value: NdArray; pullback: (g: NdArray) => NdArray }>
> = {
  sample(lengths) {
    const rest = axesFrom(1, lengths);
    const count = sizeOf(lengths.shape) / lengths.shape[0]!;
    return { value: mean(lengths, rest), pullback: (g) => scale(g, 1 / count) };
  },
  row: (lengths) => ({ value: lengths, pullback: (g) => g }),
  causal(lengths) {
    const each = mean(lengths, axesFrom(2, lengths));
    const count = sizeOf(lengths.shape) / sizeOf(each.shape);
    const steps = Float64Array.from({ length: lengths.shape[1]! }, (_, t) => t + 1);
    const soFar = fromFlat(
      steps,
      lengths.shape.map((n, axis) => (axis === 1 ? n : 1)),
    );
    const running = cumulativeSum(each, 1, { reverse: false, exclusive: false });
    return {
      value: div(running, soFar),
      pullback: (g) => scale(cumulativeSum(div(g, soFar), 1, { reverse: true, exclusive: false }), 1 / count),
    };
  },
};

const axesFrom = (first: number, { shape }: NdArray): readonly number[] =>
  shape.map((_, axis) => axis).slice(first);

/** The shape of K and c in the rank of x: the axes, or one number if a sample has but one length. */
function layoutOf(input: Shape, { axis, statistic }: Place): Shape {
  const axes = positiveAxes(axis, input.length);
  const whole = statistic === 'sample' && input.length > 2 && axes.length === input.length - 1;
  return input.map((n, i) => (axes.includes(i) && !whole ? n : 1));
}

const places = (input: Shape, place: Place): number => sizeOf(layoutOf(input, place));
