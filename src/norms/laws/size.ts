import {
  type Axes,
  type NdArray,
  distance,
  flat,
  full,
  map,
  mean,
  positiveAxes,
  reshape,
  square,
  sum,
  variance,
  zip,
} from '../../array/index.js';
import type { Invariant, Trial } from '../law.js';
import { type Split, splitShape, withinGroup } from '../parts/split.js';
import { type WithAxes, type WithEpsilon, type WithPlacement, count, u, wide } from './bounds.js';

// Laws of size: what the mean, the mean square or the length of the output is, with ε in it and exact.

/** A sum of n squares, and a few operations after it. */
const ofSquares = (trial: Trial<WithAxes>): number => (count(trial, trial.options.axis) + 12) * u(trial);

/** The mean of the squares of x, or of x − x̄. */
type Squares = (x: NdArray, axes: Axes) => NdArray;

const power: Squares = (x, axes) => mean(square(wide(x)), axes);

const spread: Squares = (x, axes) => variance(wide(x), axes).value;

/** ρ² = m / (m + ε). */
const share = (m: NdArray, epsilon: number): NdArray => map(m, (a) => a / (a + epsilon));

const fromZero = (x: NdArray): number => distance(x, full([], 0, x.dtype));

export const unitMeanSquare: Invariant<WithAxes & WithEpsilon> = {
  claim: 'The mean square of the output is m / (m + ε), where m is that of the input.',
  corollary: true,
  deviation: ({ x, options: { axis, epsilon }, run }) =>
    distance(power(run(x)[0], axis), share(power(x, axis), epsilon)),
  bound: ofSquares,
};

export const placedMeanSquare: Invariant<WithAxes & WithPlacement> = {
  claim:
    'With its initial weights, the root mean square of the output is r / √(r² + ε) for an ε inside the root, where r is that of the input; outside of it r / (r + ε); above a floor 1, and below it r / ε.',
  corollary: true,
  deviation: ({ x, options: { axis, epsilon, epsilonPlacement }, run }) =>
    distance(
      map(power(run(x)[0], axis), Math.sqrt),
      map(
        power(x, axis),
        (m) =>
          ({
            inside: Math.sqrt(m / (m + epsilon)),
            outside: Math.sqrt(m) / (Math.sqrt(m) + epsilon),
            floor: Math.min(1, Math.sqrt(m) / epsilon),
          })[epsilonPlacement],
      ),
    ),
  bound: ofSquares,
};

export const unitMeanSquareOfGroups: Invariant<Split & WithEpsilon> = {
  claim:
    'With its initial weights, the mean square of a group of the output is m / (m + ε), where m is that of the input.',
  corollary: true,
  deviation: ({ x, options: { axis, groups, epsilon }, run }) => {
    const shape = splitShape(x.shape, { axis, groups });
    const at = withinGroup(x.shape, axis);
    const [before, after] = [x, run(x)[0]].map((a) => power(reshape(a, shape), at));
    return distance(after!, share(before!, epsilon));
  },
  bound: ofSquares,
};

export const zeroMeanPerFeature: Invariant<WithAxes> = {
  claim: 'With its initial weights, the mean of each feature of the output is 0 in training.',
  corollary: true,
  deviation: ({ x, options: { axis }, run }) => {
    const features = positiveAxes(axis, x.shape.length);
    const others = x.shape.map((_, i) => i).filter((i) => !features.includes(i));
    return fromZero(mean(wide(run(x)[0]), others));
  },
  bound: (trial) => (2 * count(trial) + 8) * u(trial),
};

interface WithBand {
  readonly maxBandWidth: number;
}

const bandLawOf = (symbol: string, squares: Squares): Invariant<WithAxes & WithEpsilon & WithBand> => ({
  claim: `For ε up to 1 the mean square of the output is s² ${symbol} / (${symbol} + ε), whatever b is: below 1, and above (1 − α)² if ε is negligible.`,
  corollary: true,
  applies: ({ options: { epsilon } }) => epsilon <= 1,
  deviation: ({ x, options: { axis, epsilon, maxBandWidth }, run }) =>
    Math.max(
      ...[-1, 0, 0.25, 5].map((b) => {
        const s = 1 - maxBandWidth + maxBandWidth / (1 + Math.exp(-5 * b));
        const claimed = map(share(squares(x, axis), epsilon), (rho) => s * s * rho);
        return distance(power(run(x, {}, { band_param: b })[0], axis), claimed);
      }),
    ),
  bound: ofSquares,
});

export const bandLaw = bandLawOf('m', power);
export const centeredBandLaw = bandLawOf('v', spread);

const bandLimitsOf = (symbol: string, squares: Squares): Invariant<WithAxes & WithEpsilon & WithBand> => ({
  claim: `For ε up to 1 and any weights, the mean square of the output lies between (1 − α)² ρ² and ρ², where ρ² = ${symbol} / (${symbol} + ε).`,
  corollary: true,
  applies: ({ options: { epsilon } }) => epsilon <= 1,
  deviation: ({ x, options: { axis, epsilon, maxBandWidth }, run }) => {
    const rho = share(squares(x, axis), epsilon);
    const least = map(rho, (most) => (1 - maxBandWidth) ** 2 * most);
    return Math.max(
      ...[
        { kernel: 0, bias: 0 },
        { kernel: 2, bias: -1 },
        { kernel: -1, bias: 0.5 },
      ].map((weights) => outside(power(run(x, {}, weights)[0], axis), least, rho)),
    );
  },
  bound: ofSquares,
});

export const bandLimits = bandLimitsOf('m', power);
export const centeredBandLimits = bandLimitsOf('v', spread);

const bandStartOf = (symbol: string, squares: Squares): Invariant<WithAxes & WithEpsilon & WithBand> => ({
  claim: `With its initial weights, the mean square of the output is (1 − α/2)² ${symbol} / (${symbol} + ε), for ε up to 1.`,
  corollary: true,
  applies: ({ options: { epsilon } }) => epsilon <= 1,
  deviation: ({ x, options: { axis, epsilon, maxBandWidth }, run }) =>
    distance(
      power(run(x)[0], axis),
      map(share(squares(x, axis), epsilon), (rho) => (1 - maxBandWidth / 2) ** 2 * rho),
    ),
  bound: ofSquares,
});

export const bandStart = bandStartOf('m', power);
export const centeredBandStart = bandStartOf('v', spread);

/** ‖x‖ over max(‖x‖, √ε): 1 above the floor. */
const floored = (x: NdArray, axes: Axes, epsilon: number): NdArray =>
  map(sum(square(wide(x)), axes), (q) => Math.min(1, Math.sqrt(q / epsilon)));

const lengthOf = (x: NdArray, axes: Axes): NdArray => map(sum(square(wide(x)), axes), Math.sqrt);

export const lengthBand: Invariant<WithAxes & WithEpsilon & WithBand> = {
  claim:
    'For any weights, the length of the output lies between 1 − α and 1; below the floor, between these times ‖x‖ / √ε.',
  corollary: true,
  deviation: ({ x, options: { axis, epsilon, maxBandWidth }, run }) => {
    const most = floored(x, axis, epsilon);
    const least = map(most, (length) => (1 - maxBandWidth) * length);
    return Math.max(
      ...[
        { gamma: 1, beta: 0 },
        { gamma: 0, beta: 10 },
        { gamma: 3, beta: -2 },
      ].map((weights) => outside(lengthOf(run(x, {}, weights)[0], axis), least, most)),
    );
  },
  bound: ofSquares,
};

export const constantLength: Invariant<WithAxes & WithEpsilon & WithBand> = {
  claim:
    'On the last axis the length of the output is 1 − α + α (1 + tanh(4β)) / 2, whatever x and γ are; below the floor, that times ‖x‖ / √ε.',
  corollary: true,
  applies: ({ x, options: { axis } }) => positiveAxes(axis, x.shape.length)[0] === x.shape.length - 1,
  deviation: ({ x, options: { axis, epsilon, maxBandWidth }, run }) =>
    Math.max(
      ...[0, 0.25, -0.125].map((beta) => {
        const s = 1 - maxBandWidth + (maxBandWidth * (1 + Math.tanh(4 * beta))) / 2;
        const y = run(x, {}, { gamma: 3, beta })[0];
        return distance(
          lengthOf(y, axis),
          map(floored(x, axis, epsilon), (length) => s * length),
        );
      }),
    ),
  bound: ofSquares,
};

export const flooredLength: Invariant<WithAxes & WithEpsilon & { readonly temperature: number }> = {
  claim: 'The length of the output is 1 / T, and for ‖x‖ below √ε that times ‖x‖ / √ε.',
  corollary: true,
  deviation: ({ x, options: { axis, epsilon, temperature }, run }) =>
    distance(
      map(lengthOf(run(x)[0], axis), (length) => length * temperature),
      floored(x, axis, epsilon),
    ),
  bound: ofSquares,
};

export const leastLengthLaw: Invariant<WithAxes & WithEpsilon> = {
  claim: 'With gain 1 the length of the output is 1, and for ‖x‖ below ε it is ‖x‖ / ε.',
  corollary: true,
  deviation: ({ x, options: { axis, epsilon }, run }) =>
    distance(
      lengthOf(run(x, {}, { scale: 1 })[0], axis),
      map(lengthOf(x, axis), (length) => Math.min(1, length / epsilon)),
    ),
  bound: ofSquares,
};

export const unitSumOfSquares: Invariant<WithAxes & WithEpsilon> = {
  claim: 'The sum of the squares of the output is Q / (Q + ε), where Q is that of the input: below 1.',
  corollary: true,
  deviation: ({ x, options: { axis, epsilon }, run }) =>
    distance(sum(square(wide(run(x)[0])), axis), share(sum(square(wide(x)), axis), epsilon)),
  bound: ofSquares,
};

/** The largest distance of a value from its limits. */
const outside = (values: NdArray, least: NdArray, most: NdArray): number =>
  Math.max(0, ...flat(zip(least, values, (a, b) => a - b)), ...flat(zip(values, most, (a, b) => a - b)));
