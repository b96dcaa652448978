import {
  type NdArray,
  distance,
  full,
  onAxis,
  positiveAxes,
  sameShape,
  scale,
  sliceView,
  zip,
  flat,
} from '../../array/index.js';
import type { Invariant } from '../law.js';
import { type WithAxes, type WithEpsilon, count, exactly, least, u } from './bounds.js';

// Laws of symmetry: what a norm does to x says what it does to x changed in some way.

export const keepsShape: Invariant<unknown> = {
  claim: 'The output has the shape of the input.',
  deviation: ({ x, run }) => (sameShape(run(x)[0].shape, x.shape) ? 0 : Infinity),
  bound: exactly,
};

/** The law of scaling for an ε that has the size of x to this power. */
const scalingWith = (power: 1 | 2): Invariant<WithEpsilon> => ({
  claim: `Scaling ${power === 1 ? 'x and ε by a' : 'x by a and ε by a²'} leaves the output unchanged, so as ε → 0 the size of x is lost.`,
  // By powers of two, which round nothing; the larger one takes squares past the largest number.
  deviation: ({ x, options, run }) =>
    Math.max(
      ...[0.5, x.dtype === 'float32' ? 2 ** 63 : 2 ** 511].map((a) =>
        distance(run(scale(x, a), { epsilon: a ** power * options.epsilon })[0], run(x)[0]),
      ),
    ),
  bound: exactly,
});

export const scalingLaw = scalingWith(2);

/** The same for an ε that is compared with a length, or added to it. */
export const lengthScalingLaw = scalingWith(1);

/** No |x̂| exceeds √n, and each is off by a few roundings and the rest of a mean. */
export function roundedUnit(trial: { readonly x: NdArray }): number {
  return (4 * count(trial) + 32) * Math.sqrt(count(trial)) * u(trial);
}

export const samplesApart: Invariant<WithAxes> = {
  claim: 'A sample is normalized as if it were alone in its batch.',
  applies: ({ x, options: { axis } }) => !positiveAxes(axis, x.shape.length).includes(0),
  deviation: ({ x, run }) => distance(first(run(x)[0]), run(first(x))[0]),
  bound: exactly,
};

/** The same for a norm whose axes never reach the batch. */
export const samplesAlwaysApart: Invariant<unknown> = {
  claim: samplesApart.claim,
  deviation: ({ x, run }) => distance(first(run(x)[0]), run(first(x))[0]),
  bound: exactly,
};

/** The same for the groups of neighbouring features that a norm splits its axis into. */
export const groupsApart: Invariant<{ readonly axis: number; readonly groups: number }> = {
  claim: 'A group of features is normalized as if there were no others.',
  deviation({ x, options: { axis, groups }, run }) {
    const [at] = positiveAxes(axis, x.shape.length);
    const width = x.shape[at!]! / groups;
    const last = (a: NdArray): NdArray => sliceView(a, onAxis(axis, a.shape.length, [-width]));
    return distance(last(run(x)[0]), run(last(x), { groups: 1 })[0]);
  },
  // Groups that lie side by side may be summed in another order than one alone.
  bound: roundedUnit,
};

export const featuresApart: Invariant<WithAxes> = {
  claim: 'A feature is normalized as if there were no others.',
  deviation({ x, options: { axis }, run }) {
    const [at = 0] = positiveAxes(axis, x.shape.length);
    const last = (a: NdArray): NdArray => sliceView(a, onAxis(at, a.shape.length, [-1]));
    return distance(last(run(x)[0]), run(last(x))[0]);
  },
  // Features that lie side by side may be summed in another order than one alone.
  bound: roundedUnit,
};

export const oddFunction: Invariant<unknown> = {
  claim: 'With its initial weights, it maps −x to −y.',
  deviation: ({ x, run }) => distance(run(scale(x, -1))[0], scale(run(x)[0], -1)),
  bound: exactly,
};

export const evenGradient: Invariant<unknown> = {
  claim: 'The Jacobians at x and −x are equal.',
  deviation: ({ x, linearize }) => {
    const at = (input: NdArray) => linearize(input, { training: true, mask: undefined }).pullback().x;
    return distance(at(scale(x, -1)), at(x));
  },
  bound: exactly,
};

export const evenFunction: Invariant<unknown> = {
  claim: 'x and −x give the same output, and their gradients differ only in sign.',
  deviation: ({ x, linearize }) => {
    const [one, other] = [linearize(x), linearize(scale(x, -1))];
    const outputs = one.outputs.map((y, i) => distance(y, other.outputs[i]!));
    return Math.max(...outputs, distance(one.pullback().x, scale(other.pullback().x, -1)));
  },
  bound: exactly,
};

const gradientScalingWith = (power: 1 | 2): Invariant<WithEpsilon> => ({
  claim: `Scaling ${power === 1 ? 'x and ε by a' : 'x by a and ε by a²'} divides the gradient of x by a.`,
  // By powers of two, which round nothing.
  deviation: ({ x, options, linearize }) => {
    const { outputs, pullback } = linearize(x, { training: true, mask: undefined });
    const dx = pullback().x;
    return Math.max(
      ...[0.25, 8].map((a) => {
        const changes = { epsilon: a ** power * options.epsilon };
        const far = linearize(scale(x, a), { changes, training: true, mask: undefined });
        return Math.max(distance(far.outputs[0], outputs[0]), distance(scale(far.pullback().x, a), dx));
      }),
    );
  },
  // But for what is subnormal on one side.
  bound: (trial) => 64 * least(trial),
});

export const scaledGradient = gradientScalingWith(2);

export const lengthScaledGradient = gradientScalingWith(1);

export const withinOne: Invariant<unknown> = {
  claim: 'With its initial weights, every output is between −1 and 1.',
  deviation: ({ x, run }) => Math.max(0, distance(run(x)[0], full([], 0, x.dtype)) - 1),
  bound: exactly,
};

export const neverShrinks: Invariant<unknown> = {
  claim: 'With its initial weights, y has the sign of x, and |y| is not less than |x|.',
  deviation: ({ x, run }) =>
    Math.max(0, ...flat(zip(x, run(x)[0], (a, y) => Math.abs(a) - y * Math.sign(a)))),
  bound: exactly,
};

/** A law for a norm with such weights: with all of them at 0 it does nothing. */
export const identityAt = (...weights: readonly string[]): Invariant<unknown> => ({
  claim: `With ${weights.map((name) => `${name} = 0`).join(' and ')} the output is x.`,
  deviation: ({ x, run }) => distance(run(x, {}, Object.fromEntries(weights.map((name) => [name, 0])))[0], x),
  bound: exactly,
});

const first = (x: NdArray): NdArray => x.hi(1, ...x.shape.slice(1)) as NdArray;
