import { type NdArray, broadcastTo, distance, flat, fromFlat, full, map } from '../../array/index.js';
import type { Invariant, Trial } from '../law.js';
import { type WithEpsilon, count, exactly, u, wide } from './bounds.js';
import { laid, mean, relative, rows, worst } from './groups.js';

/** The response N = G / (μ + ε) of every number's channel in its sample, computed here. */
function responses(x: NdArray, epsilon: number): Float64Array {
  const [batch = 1, channels = 1] = [x.shape[0], x.shape.at(-1)];
  const space = x.shape.map((_, axis) => axis).slice(1, -1);
  const strengths = rows(x, space).map((row) => Math.sqrt(row.reduce((sum, a) => sum + a * a, 0) + epsilon));
  // On rank 2 every number is its own strength; else there is one for each channel of each sample.
  const perSample = Array.from({ length: batch }, (_, i) =>
    Float64Array.from(strengths.slice(i * channels, (i + 1) * channels)),
  );
  const shared = perSample.map((strength) => strength.map((g) => g / (mean(strength) + epsilon)));
  const layout = x.shape.map((n, axis) => (axis === 0 || axis === x.shape.length - 1 ? n : 1));
  const all = Float64Array.from(shared.flatMap((row) => [...row]));
  return flat(broadcastTo(fromFlat(all, layout), x.shape)) as Float64Array;
}

function numbers(trial: Trial<WithEpsilon>) {
  const { x, linearize, normal, options } = trial;
  const seed = normal(x.shape);
  const { outputs, pullback } = linearize(x);
  const spread = (a: NdArray | undefined) =>
    flat(wide(broadcastTo(a ?? full([], 0, 'float64'), x.shape))) as Float64Array;
  return {
    x: spread(x),
    y: spread(outputs[0]),
    dy: spread(seed),
    response: responses(x, options.epsilon),
    gamma: spread(laid(trial, 'gamma', -1)),
    beta: spread(laid(trial, 'beta', -1)),
    pulled: pullback([seed]),
  };
}

/** The laws of y = x + γ x N + β, where N is the strength of a channel relative to the others of its sample. */
export const responseLaws = {
  responseFormula: {
    claim: 'y = x + γ x N + β, element by element, with N = G / (μ + ε) as the formula says.',
    deviation: (trial) => {
      const { x, y, response, gamma, beta } = numbers(trial);
      const roundings = 3 * count(trial) + 24;
      return worst(
        [...x].map((a, i) => {
          const added = gamma[i]! * a * response[i]!;
          const scale = roundings * Math.abs(added) + 8 * (Math.abs(a) + Math.abs(beta[i]!));
          return relative(y[i]! - (a + added + beta[i]!), scale);
        }),
      );
    },
    bound: u,
  },

  responseGradients: {
    claim: '⟨γ, dγ⟩ + ⟨β, dβ⟩ = ⟨y − x, dy⟩.',
    corollary: true,
    deviation: (trial) => {
      const { x, y, dy, response, gamma, beta, pulled } = numbers(trial);
      const learned = ['gamma', 'beta'].reduce((sum, name) => {
        const given = trial.weights[name];
        const gradient = pulled.weights[name];
        if (!given || !gradient) return sum;
        return sum + [...flat(given)].reduce((total, value, i) => total + value * flat(gradient)[i]!, 0);
      }, 0);
      const claimed = [...x].reduce((sum, a, i) => sum + (y[i]! - a) * dy[i]!, 0);
      const scale = [...x].reduce((sum, a, i) => {
        const size = 2 * Math.abs(a) + 2 * Math.abs(gamma[i]! * a * response[i]!) + Math.abs(beta[i]!);
        return sum + size * Math.abs(dy[i]!);
      }, 0);
      return relative(learned - claimed, (4 * count(trial) + 24) * scale);
    },
    bound: u,
  },

  identityGradient: {
    claim: 'With γ = 0 the gradient of x is that of y, bit for bit.',
    deviation: ({ x, linearize, normal }) => {
      const seed = normal(x.shape);
      return distance(linearize(x, { weights: { gamma: 0 } }).pullback([seed]).x, seed);
    },
    bound: exactly,
  },

  zeroInput: {
    claim: 'An input of zeros gives β, and dx = dy (1 + γ √ε / (√ε + ε)).',
    deviation: (trial) => {
      const { x, linearize, options } = trial;
      const { dy, gamma, beta } = numbers(trial);
      const seed = trial.normal(x.shape);
      const { outputs, pullback } = linearize(map(x, () => 0));
      if (flat(outputs[0]).some((y, i) => y !== beta[i])) return Infinity;
      const root = Math.sqrt(options.epsilon);
      const dx = flat(pullback([seed]).x);
      return worst(
        [...dy].map((g, i) => {
          const added = (gamma[i]! * root) / (root + options.epsilon);
          const scale = (count(trial) + 24) * Math.abs(g) * (1 + Math.abs(added));
          return relative(dx[i]! - g * (1 + added), scale);
        }),
      );
    },
    bound: u,
  },
} satisfies Record<string, Invariant<WithEpsilon>>;
