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
import { type WithAxes, type WithEpsilon, type WithPlacement, count, exactly, least, u } from './bounds.js';

// Laws of symmetry: what a norm does to x says what it does to x changed in some way.

export const keepsShape: Invariant<unknown> = {
  claim: 'The output has the shape of the input.',
  deviation: ({ x, run }) => (sameShape(run(x)[0].shape, x.shape) ? 0 : Infinity),
  bound: exactly,
};

/** The power of the size of x that ε has the size of: 2 unless it is compared with a length, or added to one. */
type Power<O> = (options: O) => 1 | 2;

function powerOf({ epsilonPlacement }: WithPlacement): 1 | 2 {
  return epsilonPlacement === 'inside' ? 2 : 1;
}

const words = (power: 1 | 2 | undefined): string =>
  power === 1
    ? 'x and ε by a'
    : `x by a and ε by a²${power === 2 ? '' : ', or by a if ε is not inside the root,'}`;

/** The law of scaling for an ε of this power; `known` if that is always the same. */
const scalingWith = <O extends WithEpsilon>(power: Power<O>, known?: 1 | 2): Invariant<O> => ({
  claim: `Scaling ${words(known)} leaves the output unchanged, so as ε → 0 the size of x is lost.`,
  // By powers of two, which round nothing; the larger one takes squares past the largest number.
  deviation: ({ x, options, run }) =>
    Math.max(
      ...[0.5, x.dtype === 'float32' ? 2 ** 63 : 2 ** 511].map((a) =>
        distance(
          run(scale(x, a), { epsilon: a ** power(options) * options.epsilon } as Partial<O>)[0],
          run(x)[0],
        ),
      ),
    ),
  bound: exactly,
});

export const scalingLaw = scalingWith<WithEpsilon>(() => 2, 2);

/** The same for an ε that is compared with a length, or added to it. */
export const lengthScalingLaw = scalingWith<WithEpsilon>(() => 1, 1);

/** The same for an option that says where ε is. */
export const placedScalingLaw = scalingWith<WithPlacement>(powerOf);

/** No |x̂| exceeds √n, and each is off by a few roundings and the rest of a mean. */
export function roundedUnit(trial: { readonly x: NdArray }): number {
  return (4 * count(trial) + 32) * Math.sqrt(count(trial)) * u(trial);
}

/** A law for a norm whose axes never reach the batch. */
export const samplesAlwaysApart: Invariant<unknown> = {
  claim: 'A sample is normalized as if it were alone in its batch.',
  deviation({ x, inputs, run, linearize }) {
    const own = Object.fromEntries(Object.entries(inputs).map(([name, a]) => [name, first(a)]));
    const alone = linearize(first(x), { fresh: true, inputs: own }).outputs;
    return Math.max(...run(x).map((y, k) => distance(first(y), alone[k]!)));
  },
  bound: exactly,
};

/** The same for a norm whose axes may be any. */
export const samplesApart: Invariant<unknown> = {
  ...samplesAlwaysApart,
  applies({ x, options }) {
    // A norm without an option axis normalizes the last.
    const { axis = -1 } = options as Partial<WithAxes>;
    return !positiveAxes(axis, x.shape.length).includes(0);
  },
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

const gradientScalingWith = <O extends WithEpsilon>(power: Power<O>, known?: 1 | 2): Invariant<O> => ({
  claim: `Scaling ${words(known)} divides the gradient of x by a.`,
  // By powers of two, which round nothing.
  deviation: ({ x, options, linearize }) => {
    const { outputs, pullback } = linearize(x, { training: true, mask: undefined });
    const dx = pullback().x;
    return Math.max(
      ...[0.25, 8].map((a) => {
        const changes = { epsilon: a ** power(options) * options.epsilon } as Partial<O>;
        const far = linearize(scale(x, a), { changes, training: true, mask: undefined });
        return Math.max(distance(far.outputs[0], outputs[0]), distance(scale(far.pullback().x, a), dx));
      }),
    );
  },
  // But for what is subnormal on one side.
  bound: (trial) => 64 * least(trial),
});

export const scaledGradient = gradientScalingWith<WithEpsilon>(() => 2, 2);

export const lengthScaledGradient = gradientScalingWith<WithEpsilon>(() => 1, 1);

export const placedScaledGradient = gradientScalingWith<WithPlacement>(powerOf);

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
