import {
  type Axes,
  type NdArray,
  type Shape,
  type Weights,
  add,
  along,
  cast,
  filled,
  finite,
  flat,
  map,
  mendedShort,
  mendedWide,
  mix,
  mul,
  onto,
  positiveAxes,
  reshape,
  scale,
  sub,
  sumOfProducts,
  sumTo,
} from '../../array/index.js';
import type { FeatureAffine } from '../norm.js';
import * as option from '../option.js';
import type { Owned } from '../owned.js';
import { affine, contract } from './affine.js';

/** The option that says how fast running statistics move. */
export const momentum = option.number(0.99, 'The share of a running statistic that each step keeps.', {
  min: 0,
  max: 1,
  explore: [0.5, 0.999],
  symbol: 'm',
});

const momentOptions = {
  movingMeanInitializer: option.initializer('zeros', 'Initializer of the running mean.'),
  movingVarianceInitializer: option.initializer('ones', 'Initializer of the running variance.'),
};

type Running<D extends option.Options> = Owned<option.Values<D> & { readonly axis: number }>;

/** A running statistic of every feature. */
export const perFeature = {
  sizes: 'the number of features',
  shape: (input: Shape, { axis }: { readonly axis: number }): Shape => along(input, axis),
};

const moving_mean: Running<Pick<typeof momentOptions, 'movingMeanInitializer'>> = {
  about: 'The running mean.',
  role: 'mean',
  ...perFeature,
  initial: ({ movingMeanInitializer }) => movingMeanInitializer,
};

const moving_variance: Running<Pick<typeof momentOptions, 'movingVarianceInitializer'>> = {
  about: 'The running variance.',
  role: 'variance',
  ...perFeature,
  initial: ({ movingVarianceInitializer }) => movingVarianceInitializer,
};

/** The running mean and variance of every feature: the options of their start, and the statistics. */
export const runningMoments = { options: momentOptions, state: { moving_mean, moving_variance } };

/**
 * momentum · running + (1 − momentum) · now; a momentum of 1 or 0 ignores the other, even if it is infinite. A variance
 * may overflow although `share`, the part of it that is added, does not: that part is then rounded with the sum.
 */
export function blend(
  running: NdArray,
  now: NdArray,
  momentum: number,
  share?: (part: number) => NdArray,
): NdArray {
  const alike = (a: NdArray) => reshape(a, running.shape);
  if (momentum === 1) return running;
  if (momentum === 0) return alike(now);
  const mixed = mix(running, alike(now), momentum);
  if (!share) return mixed;
  return mendedWide(mixed, (to) => add(scale(to(running), momentum), alike(share(1 - momentum))));
}

type Take = (a: NdArray) => NdArray;

/** Constant statistics of every feature: μ, which is 0 if it is left out, and N. */
export interface Constants {
  readonly mean?: NdArray | undefined;
  readonly length: NdArray;
}

/** y = γ (x − μ) / N + β along one axis, with constant statistics, as an affine map whose gain is in float64. */
export function affineBy({ mean, length }: Constants, { gain, shift, along: axis }: Weights): FeatureAffine {
  const r = map(cast(length, 'float64'), (root) => 1 / root);
  return { axis: axis as Axes, center: mean, gain: gain ? mul(r, cast(gain, 'float64')) : r, shift };
}

/** What a norm with a running mean and variance, a γ and a β is at inference. */
export const affineOfMoments = (
  { gamma, beta }: { readonly gamma?: NdArray | undefined; readonly beta?: NdArray | undefined },
  { axis, epsilon }: { readonly axis: number; readonly epsilon: number },
  { moving_mean, moving_variance }: Readonly<Record<'moving_mean' | 'moving_variance', NdArray>>,
): FeatureAffine =>
  affineBy(
    { mean: moving_mean, length: rootOf(moving_variance, epsilon) },
    { gain: gamma, shift: beta, along: axis },
  );

/**
 * `blend` with each row of `now` in turn; rows that do not count are passed over. The share of the last is added by
 * `share`, which gives the part of every row.
 */
export function blendInTurn(
  running: NdArray,
  now: NdArray,
  momentum: number,
  counts: (row: number) => boolean,
  share?: (part: number) => NdArray,
): NdArray {
  if (momentum === 1) return running;
  const added = share && !finite(now) ? flat(share(1 - momentum)) : undefined;
  // In the dtype of the statistic, which rounds every step.
  const [rows, values] = [flat(now), flat(running).slice()];
  const n = values.length;
  for (let row = 0, from = 0; from < rows.length; row++, from += n) {
    if (!counts(row)) continue;
    if (momentum === 0) values.set(rows.subarray(from, from + n));
    else
      for (let i = 0; i < n; i++) {
        const kept = momentum * values[i]!;
        const whole = kept + (1 - momentum) * rows[from + i]!;
        values[i] = !added || Number.isFinite(whole) ? whole : kept + added[from + i]!;
      }
  }
  return filled(values, running.shape, running.dtype);
}

/** N = √(v + ε) in float64. */
export const rootOf = (variance: NdArray, epsilon: number): NdArray =>
  map(cast(variance, 'float64'), (v) => Math.sqrt(v + epsilon));

/**
 * y = γ (x − μ) / N + β, with constant statistics along one axis: dx = γ dy / N. If x̂ = (x − μ) / N, which has no
 * bound, overflows and the result does not, x − μ is computed in short units. The weights lie along axes of their own,
 * which are that of the statistics if `axis` is left out.
 */
export function standardizeBy(
  x: NdArray,
  { mean, length }: Constants,
  { gain, shift, along }: Weights,
  axis = along,
) {
  const shape = onto(x.shape, along);
  const wide = (a: NdArray) => cast(a, 'float64');
  const channels = (a: NdArray) => reshape(wide(a), onto(x.shape, axis));
  const own = (a: NdArray) => reshape(wide(a), shape);
  const mu = mean && channels(mean);
  const inShort = (short: (a: NdArray) => NdArray) => (mu ? sub(short(x), short(mu)) : short(x));
  const r = map(channels(length), (root) => 1 / root);
  const factor = gain ? mul(r, own(gain)) : r;
  // Where samples have weights of their own, those of one must not choose how another is computed.
  const isShared = !positiveAxes(along, x.shape.length).includes(0);
  if (isShared && isModerate(factor)) return byFactor();
  const learned = affine(mul(mu ? sub(x, cast(mu, x.dtype)) : x, cast(r, x.dtype)), along, gain, shift);
  return {
    value: mendedShort(learned.value, grown),
    pullback(g: NdArray) {
      const { x: ofUnit, gain: ofGain, shift: ofShift } = learned.pullback(g);
      return {
        x: cast(mul(wide(ofUnit), r), x.dtype),
        gain: ofGain && mendedShort(ofGain, ofGainOf(g)),
        shift: ofShift,
      };
    },
  };

  /** γ (x − μ) / N + β. */
  function grown(short: Take): NdArray {
    const scaled = mul(inShort(short), factor);
    return shift ? add(scaled, short(own(shift))) : scaled;
  }

  /** The gradient of γ, Σ dy (x − μ) / N. */
  function ofGainOf(g: NdArray) {
    return (short: Take, to: Take) => reshape(contract(mul(to(g), r), inShort(short), shape), gain!.shape);
  }

  /** With γ / N as one factor: no number but that of the result is rounded to 0 or ∞. */
  function byFactor() {
    const to = (a: NdArray) => cast(a, x.dtype);
    const [centered, k] = [mu ? sub(x, to(mu)) : x, to(factor)];
    const plain = shift ? sumOfProducts(centered, k, undefined, to(own(shift))) : mul(centered, k);
    return {
      value: mendedShort(plain, grown),
      pullback: (g: NdArray) => ({
        x: cast(mul(g, k), x.dtype),
        gain: gain && mendedShort(reshape(contract(g, mul(centered, to(r)), shape), gain.shape), ofGainOf(g)),
        shift: shift && cast(reshape(sumTo(g, shape), shift.shape), x.dtype),
      }),
    };
  }
}

/** Whether γ / N can be one factor of float32, without being rounded to 0 or ∞ where γ and N alone are not. */
export const isModerate = (factor: NdArray): boolean =>
  flat(factor).every((k) => k === 0 || (Math.abs(k) > 2 ** -60 && Math.abs(k) < 2 ** 60));
