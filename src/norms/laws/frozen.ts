import { distance, flat, scale } from '../../array/index.js';
import type { Invariant } from '../law.js';
import { type WithEpsilon, exactly, u } from './bounds.js';
import { relative, worst } from './groups.js';
import { inferenceFormula } from './running.js';

/** The laws of constant statistics. */
export const frozenLaws = {
  inferenceFormula: inferenceFormula('constant'),

  alwaysInference: {
    claim: 'Training and inference give the same bits, and change no statistic.',
    deviation: ({ x, linearize }) => {
      const [one, other] = [true, false].map((training) => linearize(x, { training }));
      if (one!.state ?? other!.state) return Infinity;
      return Math.max(
        distance(one!.outputs[0], other!.outputs[0]),
        distance(one!.pullback().x, other!.pullback().x),
      );
    },
    bound: exactly,
  },

  nearlyIdentity: {
    claim: 'With its initial statistics, y = x / √(1 + ε).',
    corollary: true,
    deviation: ({ x, options, run }) => {
      const wanted = flat(scale(x, 1 / Math.sqrt(1 + options.epsilon)));
      const y = flat(run(x)[0]);
      return worst(Array.from(y, (own, i) => relative(own - wanted[i]!, Math.abs(wanted[i]!))));
    },
    bound: (trial) => 4 * u(trial),
  },
} satisfies Record<string, Invariant<WithEpsilon & { readonly axis: number }>>;
