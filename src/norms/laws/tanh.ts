import { type NdArray, broadcastTo, distance, flat, full, map } from '../../array/index.js';
import type { Invariant, Trial } from '../law.js';
import { type WithAxes, count, exactly, least, u, wide } from './bounds.js';
import { laid, relative, worst } from './groups.js';

/** The numbers of a trial of y = w f(α x) + b for a curve f, side by side. */
export function squashed(trial: Trial<WithAxes>) {
  const { x, options, weights, linearize, normal } = trial;
  const seed = normal(x.shape);
  const { outputs, pullback } = linearize(x);
  const pulled = pullback([seed]);
  const spread = (a: NdArray) => flat(wide(broadcastTo(a, x.shape)));
  return {
    alpha: flat(weights['alpha']!)[0]!,
    ofAlpha: flat(pulled.weights['alpha']!)[0]!,
    x: spread(x),
    y: spread(outputs[0]),
    dx: spread(pulled.x),
    dy: spread(seed),
    w: spread(laid(trial, 'weight', options.axis)!),
    b: spread(laid(trial, 'bias', options.axis)!),
  };
}

/** The laws of y = w tanh(α x) + b; `learnedLaws` has those of w and b. */
export const tanhLaws = {
  tanhFormula: {
    claim: 'y = w tanh(α x) + b, element by element, and dx = α (1 − tanh²(α x)) w dy.',
    deviation: (trial) => {
      const { alpha, x, y, dx, dy, w, b } = squashed(trial);
      return worst(
        [...x].flatMap((value, i) => {
          const t = Math.tanh(alpha * value);
          // α x is rounded first: that moves tanh by at most one rounding, since z (1 − tanh²z) < 1/2.
          const forward = 4 * Math.abs(w[i]!) + 4 * Math.abs(b[i]!);
          const pushed = Math.abs(alpha * w[i]! * dy[i]!);
          return [
            relative(y[i]! - (w[i]! * t + b[i]!), forward),
            // 1 − t² loses digits where t is near 1, but no more than a few roundings of 1.
            relative(dx[i]! - alpha * (1 - t * t) * w[i]! * dy[i]!, 12 * pushed),
          ];
        }),
      );
    },
    bound: u,
  },

  withinGain: {
    claim: 'Without b no |y| exceeds its |w|.',
    deviation: (trial) => {
      const { w } = squashed(trial);
      const y = flat(trial.linearize(trial.x, { weights: { bias: 0 } }).outputs[0]);
      return worst([...y].map((value, i) => Math.max(0, Math.abs(value) - Math.abs(w[i]!))));
    },
    bound: exactly,
  },

  slopeGradient: {
    claim: 'α dα = ⟨x, dx⟩.',
    corollary: true,
    deviation: (trial) => {
      const { alpha, ofAlpha, x, dx } = squashed(trial);
      const products = [...x].map((value, i) => value * dx[i]!);
      const [sum, all] = [products.reduce((a, b) => a + b, 0), products.reduce((a, b) => a + Math.abs(b), 0)];
      // Gradients may be subnormal: then each is off by a share of the smallest normal number.
      const lost = (Math.abs(alpha) + [...x].reduce((a, b) => a + Math.abs(b), 0)) * least(trial);
      return relative(alpha * ofAlpha - sum, (count(trial) + 8) * all + lost);
    },
    bound: u,
  },

  rising: {
    claim: 'With its initial weights, y increases with x.',
    deviation: (trial) => {
      const [x, y] = [flat(trial.x), flat(trial.run(trial.x)[0])];
      const order = [...x.keys()].sort((i, j) => x[i]! - x[j]!);
      return worst(order.slice(1).map((j, at) => Math.max(0, y[order[at]!]! - y[j]!)));
    },
    // Two neighbouring values of tanh may each be off by one rounding.
    bound: (trial) => 4 * u(trial),
  },

  saturated: {
    claim: 'If |α x| exceeds 19.1, or 9.1 in float32, y is ±w + b and dx is exactly 0.',
    deviation: (trial) => {
      const far = map(trial.x, (value) => (value < 0 ? -19.125 : 19.125));
      return distance(
        trial.linearize(far, { weights: { alpha: 1 } }).pullback().x,
        full([], 0, trial.x.dtype),
      );
    },
    bound: exactly,
  },

  flatSlope: {
    claim: 'With α = 0 it gives b, no gradient reaches x, and dα = ⟨x, w dy⟩.',
    deviation: (trial) => {
      const { x, w, b, dy } = squashed(trial);
      const { outputs, pullback } = trial.linearize(trial.x, { weights: { alpha: 0 } });
      const pulled = pullback([trial.normal(trial.x.shape)]);
      if (flat(outputs[0]).some((y, i) => y !== b[i]) || flat(pulled.x).some((d) => d !== 0)) return Infinity;
      const products = [...x].map((value, i) => value * w[i]! * dy[i]!);
      const [sum, all] = [products.reduce((a, c) => a + c, 0), products.reduce((a, c) => a + Math.abs(c), 0)];
      return relative(flat(pulled.weights['alpha']!)[0]! - sum, (count(trial) + 8) * all);
    },
    bound: u,
  },
} satisfies Record<string, Invariant<WithAxes>>;
