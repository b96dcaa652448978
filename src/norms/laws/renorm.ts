import { type NdArray, broadcastTo, full, map } from '../../array/index.js';
import type { Invariant, Trial } from '../law.js';
import { type WithAxes, type WithEpsilon, exactly, u, wide } from './bounds.js';
import { standardizedCore, standardizedLaws } from './centered.js';
import { type Group, apart, bits, groupsOf, laid, layoutOf, mean, relative, total, worst } from './groups.js';
import { lawsUnder } from './if.js';
import { maskLaws } from './masked.js';
import { deviationLaws } from './running.js';
import { scaledGradient, scalingLaw } from './symmetry.js';

type RenormOptions = WithAxes &
  WithEpsilon & {
    readonly momentum: number;
    readonly rMin: number | null;
    readonly rMax: number | null;
    readonly dMax: number | null;
  };

type RenormTrial = Trial<RenormOptions>;

const groups = groupsOf(standardizedCore);
const fresh = groupsOf(standardizedCore, { fresh: true });

const split = (trial: RenormTrial, a: NdArray): readonly Float64Array[] =>
  layoutOf(trial.witness(trial.x)).parted(broadcastTo(wide(a), trial.x.shape));

/** γ, β, μ and σ of each feature. */
function features(trial: RenormTrial) {
  const { x, weights, state, options } = trial;
  const of = (arrays: Readonly<Record<string, NdArray>>, name: string, otherwise: number) =>
    split(trial, laid({ x, weights: arrays }, name, options.axis) ?? full([], otherwise, 'float64'));
  const [gamma, beta] = [of(weights, 'gamma', 1), of(weights, 'beta', 0)];
  const [mu, deviation] = [of(state, 'moving_mean', 0), of(state, 'moving_stddev', 1)];
  return gamma.map((_, i) => ({
    gamma: gamma[i]![0]!,
    beta: beta[i]![0]!,
    mu: mu[i]![0]!,
    sigma: Math.max(deviation[i]![0]!, Math.sqrt(options.epsilon)),
  }));
}

/** How far the mean of a group may be off, which d has too. */
const ofMean = ({ size, x }: Group): number => ((size + 2) * total(x)) / size;

/** Under these nothing is corrected. */
const TIGHT = { rMax: 1, rMin: null, dMax: 0 };

// With r γ for a gain the laws of the Jacobian hold whatever r is; the others if nothing is corrected.
const {
  radialGradient,
  shorterGradient,
  positiveJacobian,
  symmetricJacobian,
  zeroSumGradient,
  sameOrder,
  unitFormula,
  boundedUnit,
  zeroRows,
  zeroMean,
  unitVariance,
  shiftInvariant,
  integerShift,
  constantRows,
  blindToConstants,
} = standardizedLaws;
const { trainThenInfer, ...always } = deviationLaws;
const { maskedUnit } = maskLaws();

/** The laws of y = γ (r x̂ + d) + β, whose r and d bring x̂ near to what the running statistics make of x. */
export const renormLaws = {
  withoutLimits: {
    claim:
      'Without limits on r and d, the output in training is that of inference with the statistics before the call.',
    deviation: (trial) => {
      const { x, linearize } = trial;
      const changes = { rMin: null, rMax: null, dMax: null };
      const [trained, inferred] = [true, false].map((training) =>
        split(trial, linearize(x, { training, mask: undefined, changes }).outputs[0]),
      );
      const known = features(trial);
      return worst(
        groups(trial).map((group, i) => {
          const { gamma, beta, mu, sigma } = known[i]!;
          const off = (group.error / u(trial)) * group.length + ofMean(group);
          return worst(
            group.x.map((value, j) => {
              const size = Math.abs(value) + Math.abs(mu) + total(group.x) / group.size;
              const scale = (Math.abs(gamma) * (off + 12 * size)) / sigma + 12 * Math.abs(beta);
              return relative(trained![i]![j]! - inferred![i]![j]!, scale);
            }),
          );
        }),
      );
    },
    bound: u,
  } satisfies Invariant<RenormOptions>,

  withinLimits: {
    claim:
      'With its initial weights and statistics, the mean of each feature of the output is d, and its variance r² v / (v + ε), with r and d within their limits.',
    deviation: (trial) => {
      const { rMin, rMax, dMax, epsilon } = trial.options;
      const least = rMin ?? (rMax === null ? 0 : 1 / rMax);
      return worst(
        fresh(trial).map((group) => {
          const { y, x, length, power, error, size } = group;
          const r = Math.max(Math.min(length, rMax ?? Infinity), least);
          const d = Math.sign(mean(x)) * Math.min(Math.abs(mean(x)), dMax ?? Infinity);
          const center = mean(y);
          const variance = mean(y.map((value) => (value - center) ** 2));
          const off = r * (error / u(trial) + size + 12) + ofMean(group) + (size + 12) * Math.abs(d);
          return Math.max(
            relative(center - d, off),
            relative(variance - (r * r * power) / (power + epsilon), (4 * r + off * u(trial)) * off),
          );
        }),
      );
    },
    bound: u,
  } satisfies Invariant<RenormOptions>,

  alone: {
    claim: 'If a feature has one number in the batch, y = γ d + β, and the gradient of x is 0.',
    applies: (trial) => groups(trial)[0]!.size === 1,
    deviation: (trial) => {
      const known = features(trial);
      return worst(
        groups(trial).map(({ y, shift, dx, x }, i) => {
          const { gamma, beta, mu, sigma } = known[i]!;
          const terms = (Math.abs(gamma) * (Math.abs(x[0]!) + Math.abs(mu))) / sigma + Math.abs(beta);
          return dx[0] === 0 ? relative(y[0]! - shift[0]!, 8 * terms) : Infinity;
        }),
      );
    },
    bound: u,
  } satisfies Invariant<RenormOptions>,

  emptyMask: {
    claim:
      'If no position counts, the output is β exactly, the gradient of x is 0, and the running statistics stay.',
    applies: ({ mask }) => mask !== undefined,
    deviation: (trial) => {
      const { x, mask, state, options, linearize } = trial;
      const run = linearize(x, { mask: map(mask!, () => 0), training: true });
      const beta = laid({ x, weights: run.weights }, 'beta', options.axis) ?? full([], 0, 'float64');
      return Math.max(
        apart(bits({ y: run.outputs[0] }), bits({ beta: broadcastTo(beta, x.shape) })),
        apart(bits(run.state ?? state), bits(state)),
        ...[...bits({ dx: run.pullback().x })].map(Math.abs),
      );
    },
    bound: exactly,
  } satisfies Invariant<RenormOptions>,

  sameOrder,
  ...lawsUnder<RenormOptions, string>(
    'If d_max is 0',
    { dMax: 0 },
    {
      radialGradient,
      shorterGradient,
      positiveJacobian,
      symmetricJacobian,
      zeroSumGradient,
    },
  ),
  ...lawsUnder<RenormOptions, string>('If r_max is 1 and d_max is 0', TIGHT, {
    unitFormula,
    boundedUnit,
    zeroRows,
    zeroMean,
    unitVariance,
    shiftInvariant,
    integerShift,
    constantRows,
    blindToConstants,
    scalingAsBatchNorm: scalingLaw,
    gradientAsBatchNorm: scaledGradient,
    trainThenInfer,
    maskedUnit,
  }),
  ...always,
};
