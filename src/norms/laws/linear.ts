import { distance, flat, full, scale } from '../../array/index.js';
import type { Invariant } from '../law.js';
import { exactly, least, u } from './bounds.js';
import { relative, worst } from './groups.js';

// Laws of norms that are linear in x.

export const doubling: Invariant<unknown> = {
  claim: 'It is linear: a power of two times x gives that times y, except for subnormal numbers.',
  deviation: ({ x, linearize }) =>
    Math.max(
      ...[-2, 0.25, 8].map((a) =>
        distance(linearize(scale(x, a)).outputs[0], scale(linearize(x).outputs[0], a)),
      ),
    ),
  bound: (trial) => 16 * least(trial),
};

export const sameJacobian: Invariant<unknown> = {
  claim: 'The gradient of x does not depend on x.',
  deviation: ({ x, normal, linearize }) =>
    distance(linearize(x).pullback().x, linearize(normal(x.shape, 1)).pullback().x),
  bound: exactly,
};

/** The law that a weight filled with 1 leaves x alone, and with 0 leaves nothing. */
export const factorOf = (weight: string): Invariant<unknown> => ({
  claim: `With ${weight} = 1 the output is x, and with ${weight} = 0 it is 0.`,
  deviation: ({ x, linearize }) => {
    const [one, none] = [1, 0].map((value) => linearize(x, { weights: { [weight]: value } }).outputs[0]);
    return Math.max(distance(one!, x), distance(none!, full([], 0, x.dtype)));
  },
  bound: exactly,
});

/** The law that the initial value of the only weight is what an option states. */
export const startsAt = <K extends string>(name: K): Invariant<Readonly<Record<K, number>>> => ({
  claim: `With its initial weights, y is \`${name}\` times x.`,
  corollary: true,
  deviation: ({ x, run }) =>
    Math.max(
      ...[1e-5, 0.1, -3].map((value) => {
        const y = flat(run(x, { [name]: value } as never)[0]);
        const wanted = flat(scale(x, value));
        return worst(Array.from(y, (own, i) => relative(own - wanted[i]!, Math.abs(wanted[i]!))));
      }),
    ),
  // The weight is rounded, and so are both products.
  bound: (trial) => 4 * u(trial),
});

export const unchanged: Invariant<unknown> = {
  claim: 'The output is x, and the gradient of x is that of the output.',
  deviation: ({ x, normal, linearize }) => {
    const seed = normal(x.shape);
    const { outputs, pullback } = linearize(x);
    return Math.max(distance(outputs[0], x), distance(pullback([seed]).x, seed));
  },
  bound: exactly,
};
