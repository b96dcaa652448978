import { type NdArray, cast, flat, linear, map, scale } from '../../array/index.js';
import type { Algebra } from '../algebra.js';
import { blended } from '../formula.js';
import * as option from '../option.js';
import type { Owned } from '../owned.js';
import { blend, momentum, runningMoments } from './running.js';

const { default: fallback, about, min, max, explore, symbol } = momentum;

const options = {
  momentum: option.numberOrNull(
    fallback,
    `${about.slice(0, -1)}; null for the plain mean of all steps so far.`,
    { min: min!, max: max!, explore, symbol: symbol! },
  ),
  runningVariance: option.choice(
    'biased',
    'Whether the running variance averages the variance of batches, or n / (n − 1) times it, as PyTorch does.',
    ['biased', 'unbiased'],
  ),
  zeroDebias: option.flag(
    false,
    'Whether both running statistics start at 0, and are divided by 1 − mˢ at inference, after s steps.',
  ),
};

/** The options of running averages. */
export type Averaging = option.Values<typeof options>;

type Own = Owned<option.Values<typeof options & typeof runningMoments.options> & { readonly axis: number }>;

const { moving_mean: mean, moving_variance: variance } = runningMoments.state;

/** A statistic that starts at 0 if that is divided out again. */
const debiased = (own: typeof mean | typeof variance, moment: 'mean' | 'variance'): Own => ({
  ...(own as Own),
  initial: (given, input) => (given.zeroDebias ? 'zeros' : (own as Own).initial(given, input)),
  used(given, { moving_mean, moving_variance, steps }) {
    const state = { moving_mean: moving_mean!, moving_variance: moving_variance!, steps };
    return settled(state, given)[moment];
  },
});

/** True, or the initializer that `zeroDebias` leaves no place for. */
export function startsAsStated({
  zeroDebias,
  ...stated
}: option.Values<typeof runningMoments.options> & Averaging) {
  const other = Object.entries(runningMoments.options).find(
    ([name, { default: usual }]) => stated[name as keyof typeof runningMoments.options] !== usual,
  );
  if (!zeroDebias || !other) return true;
  return {
    option: other[0],
    expected: `${JSON.stringify(other[1].default)}, its default, with zeroDebias, by which running statistics start at 0`,
  };
}

const steps: Own = {
  about: 'The number of steps of training.',
  symbol: 's',
  sizes: 'one number',
  shape: () => [],
  initial: () => 'zeros',
  when: ({ momentum, zeroDebias }) => momentum === null || zeroDebias,
};

/** The running mean and variance of every feature, the options of their average, and the count of steps that some need. */
export const averages = {
  options,
  state: {
    moving_mean: debiased(mean, 'mean'),
    moving_variance: debiased(variance, 'variance'),
    steps,
  },
};

interface Moments<T = NdArray> {
  readonly moving_mean: T;
  readonly moving_variance: T;
  /** Left out by options that do not need it. */
  readonly steps?: T | undefined;
}

const count = ({ steps }: Moments): number => (steps ? flat(steps)[0]! : 0);

/** n / (n − 1), or 1 if n is 1 or less, by which a variance of n numbers becomes unbiased. */
const unbiasing = (n: number, runningVariance: Averaging['runningVariance']): number =>
  runningVariance === 'unbiased' ? n / Math.max(n - 1, 1) : 1;

/** The statistics of a batch. */
interface Batch {
  center(): NdArray;
  variance(): NdArray;
  /** Part of the variance, which may be finite if all of it is not. */
  varianceShare(part: number): NdArray;
}

/** The running statistics after a step on a batch, of which n numbers of a feature count. */
export function averaged(before: Moments, batch: Batch, n: number, given: Averaging): Moments {
  const s = count(before);
  const kept = given.momentum ?? s / (s + 1);
  const factor = unbiasing(n, given.runningVariance);
  return {
    moving_mean: blend(before.moving_mean, batch.center(), kept),
    moving_variance: blend(before.moving_variance, scaled(batch.variance(), factor), kept, (part) =>
      batch.varianceShare(part * factor),
    ),
    ...(before.steps && { steps: linear(before.steps, 1, 1) }),
  };
}

const scaled = (a: NdArray, factor: number): NdArray => (factor === 1 ? a : scale(a, factor));

/** The same in a formula, where n may depend on a mask. */
export function averagedIn<T>(
  math: Algebra<T>,
  before: Moments<T>,
  { mean, variance }: { readonly mean: T; readonly variance: T },
  n: T | number,
  { momentum, runningVariance }: Averaging,
): Moments<T> {
  const { moving_mean, moving_variance, steps } = before;
  const factor =
    typeof n === 'number' ? unbiasing(n, 'unbiased') : math.div(n, math.maximum(math.sub(n, 1), 1));
  const now = runningVariance === 'unbiased' ? math.mul(variance, factor) : variance;
  const kept = momentum ?? math.div(steps!, math.add(steps!, 1));
  return {
    moving_mean: blended(math, moving_mean, mean, kept),
    moving_variance: blended(math, moving_variance, now, kept),
    ...(steps !== undefined && { steps: math.add(steps, 1) }),
  };
}

/**
 * The mean and variance that inference uses: with `zeroDebias` the running ones over 1 − mˢ, the share of their start that
 * has been replaced in s steps, in float64. Before the first step, the mean is 0 and the variance 1.
 */
export function settled(state: Moments, { momentum, zeroDebias }: Averaging) {
  const { moving_mean, moving_variance } = state;
  if (!zeroDebias) return { mean: moving_mean, variance: moving_variance };
  const s = count(state);
  const replaced = momentum ? -Math.expm1(s * Math.log(momentum)) : 1;
  // Of a step and more there is something; nothing is ever taken in with a momentum of 1.
  const some = momentum === 1 ? 0 : Math.min(s, 1);
  const share = some === 0 ? 1 : replaced + (1 - some);
  const wide = (a: NdArray) => cast(a, 'float64');
  return {
    mean: map(wide(moving_mean), (value) => (some === 0 ? 0 : (some * value) / share)),
    variance: map(wide(moving_variance), (value) => (some === 0 ? 1 : (some * value) / share + (1 - some))),
  };
}

/** The same in a formula. */
export function settledIn<T>(math: Algebra<T>, state: Moments<T>, { momentum, zeroDebias }: Averaging) {
  const { moving_mean, moving_variance, steps } = state;
  if (!zeroDebias) return { mean: moving_mean, variance: moving_variance };
  const some = momentum === 1 ? math.mul(steps!, 0) : math.minimum(steps!, 1);
  const none = math.sub(1, some);
  const left = momentum ? math.exp(math.mul(steps!, Math.log(momentum))) : 0;
  const factor = math.div(some, math.add(math.sub(1, left), none));
  return {
    mean: math.mul(factor, moving_mean),
    variance: math.add(math.mul(factor, moving_variance), none),
  };
}
