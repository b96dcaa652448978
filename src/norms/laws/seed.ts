import { distance, flat, full, scale, zip } from '../../array/index.js';
import type { Invariant } from '../law.js';
import { type WithEpsilon, count, exactly, u, wide } from './bounds.js';
import { laid, relative, worst } from './groups.js';
import { unitMeanSquare } from './size.js';
import { oddFunction, scalingLaw } from './symmetry.js';

type SeedOptions = WithEpsilon & { readonly axis: number };

/** The laws of y = (t α + γ) x̂ with t = tanh(Σ β x) and x̂ = x / √(mean(x²) + ε). */
export const seedLaws = {
  /** At the start, at β = 0: those of rms_norm. */
  scalingAtStart: { ...scalingLaw, claim: `With its initial weights: ${scalingLaw.claim}` },
  unitMeanSquare: { ...unitMeanSquare, claim: `With its initial weights: ${unitMeanSquare.claim}` },
  oddFunction,

  blindToAlpha: {
    claim: 'With β = 0, α changes no bit of the output, and gets no gradient.',
    deviation: ({ x, linearize }) => {
      const [one, other] = [0, 3].map((alpha) => linearize(x, { weights: { alpha, beta: 0 } }));
      const gradient = one!.pullback().weights['alpha']!;
      return Math.max(
        distance(one!.outputs[0], other!.outputs[0]),
        distance(gradient, full([], 0, gradient.dtype)),
      );
    },
    bound: exactly,
  },

  turnedSides: {
    claim: '−x gives −y for −β: t sees the side of x.',
    deviation: ({ x, weights, linearize }) => {
      const turned = linearize(scale(x, -1), { weights: { beta: scale(weights['beta']!, -1) } });
      return distance(turned.outputs[0], scale(linearize(x).outputs[0], -1));
    },
    bound: exactly,
  },

  boundedGain: {
    claim: 'No |y| exceeds (|α| + |γ|) √n, for the n features of a group.',
    corollary: true,
    deviation: (trial) => {
      const { x, options, linearize } = trial;
      const [alpha, gamma] = ['alpha', 'gamma'].map((name) => laid(trial, name, options.axis)!);
      const n = count(trial, options.axis);
      const sizes = zip(alpha!, gamma!, (a, c) => (Math.abs(a) + Math.abs(c)) * Math.sqrt(n));
      const over = zip(wide(linearize(x).outputs[0]), sizes, (y, most) =>
        relative(Math.max(0, Math.abs(y) - most), (n + 16) * most),
      );
      return worst(flat(over));
    },
    bound: u,
  },
} satisfies Record<string, Invariant<SeedOptions>>;
