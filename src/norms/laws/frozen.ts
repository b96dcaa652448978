import { broadcastTo, distance, flat, onto, reshape, scale } from '../../array/index.js';
import type { Invariant } from '../law.js';
import { type WithEpsilon, exactly, u, wide } from './bounds.js';
import { relative, worst } from './groups.js';

/** The laws of constant statistics. */
export const frozenLaws = {
  frozenFormula: {
    claim: 'y = γ (x − μ) / √(σ² + ε) + β, element by element, and dx = γ dy / √(σ² + ε).',
    deviation: ({ x, state, options, linearize, normal }) => {
      const shape = onto(x.shape, options.axis);
      const spread = (name: string) => flat(broadcastTo(reshape(wide(state[name]!), shape), x.shape));
      const [mu, variance, gamma, beta] = ['moving_mean', 'moving_variance', 'gamma', 'beta'].map(spread);
      const seed = normal(x.shape);
      const { outputs, pullback } = linearize(x);
      const [xs, ys, gs, dx] = [x, outputs[0], seed, pullback([seed]).x].map((a) => flat(wide(a)));
      return worst(
        Array.from(xs!).flatMap((value, i) => {
          const factor = gamma![i]! / Math.sqrt(variance![i]! + options.epsilon);
          const size = Math.abs(factor) * (Math.abs(value) + Math.abs(mu![i]!)) + Math.abs(beta![i]!);
          return [
            relative(ys![i]! - (factor * (value - mu![i]!) + beta![i]!), 8 * size),
            relative(dx![i]! - factor * gs![i]!, 8 * Math.abs(factor * gs![i]!)),
          ];
        }),
      );
    },
    bound: u,
  },

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
