import { type NdArray, distance, erf, flat, full, map, scale } from '../../array/index.js';
import type { Invariant, Trial } from '../law.js';
import { type WithAxes, count, exactly, least, u } from './bounds.js';
import { relative, worst } from './groups.js';
import { squashed, tanhLaws } from './tanh.js';

/** The slope of erf. */
const bell = (z: number): number => (2 / Math.sqrt(Math.PI)) * Math.exp(-z * z);

/** The numbers of a trial of y = w erf(α x + s) + b, side by side, with z = α x + s and how far rounding moves it. */
function numbers(trial: Trial<WithAxes>) {
  const one = squashed(trial);
  const s = flat(trial.weights['shift']!)[0]!;
  const z = [...one.x].map((x) => one.alpha * x + s);
  const moved = [...one.x].map((x) => 2 * Math.abs(one.alpha * x) + Math.abs(s));
  return { ...one, s, z, moved };
}

const zeros = ({ shape, dtype }: NdArray): NdArray => full(shape, 0, dtype);

/** The laws of y = w erf(α x + s) + b; `learnedLaws` has those of w and b. */
export const erfLaws = {
  erfFormula: {
    claim: 'y = w erf(α x + s) + b, element by element, and dx = α w dy exp(−(α x + s)²) 2/√π.',
    deviation: (trial) => {
      const { alpha, z, moved, y, dx, dy, w, b } = numbers(trial);
      return worst(
        z.flatMap((at, i) => {
          const forward = Math.abs(w[i]!) * (8 + 2 * moved[i]!) + 4 * Math.abs(b[i]!);
          const pushed = alpha * w[i]! * dy[i]!;
          // The exponent z² is rounded, and moves with z: of that e makes a factor of exp(±d).
          const d = at * at + 4 * Math.abs(at) * moved[i]! + 12;
          return [
            relative(y[i]! - (w[i]! * erf(at) + b[i]!), forward),
            relative(
              dx[i]! - pushed * bell(at),
              Math.abs(pushed) * bell(at) * d + 4 * (1 + Math.abs(alpha)) * least(trial),
            ),
          ];
        }),
      );
    },
    bound: u,
  },

  withinGain: tanhLaws.withinGain,

  lipschitz: {
    claim: 'No |dx| exceeds 2/√π · |α w dy|.',
    corollary: true,
    deviation: (trial) => {
      const { alpha, w, dy, dx } = numbers(trial);
      return worst(
        [...dx].map((value, i) => {
          const most = bell(0) * Math.abs(alpha * w[i]! * dy[i]!);
          return relative(Math.max(0, Math.abs(value) - most), 8 * most);
        }),
      );
    },
    bound: u,
  },

  pointSymmetry: {
    claim: 'Without b, negating x and s negates y: y is odd around x = −s / α.',
    deviation: (trial) => {
      const { x, weights, linearize } = trial;
      const y = linearize(x, { weights: { bias: 0 } }).outputs[0];
      const opposite = linearize(scale(x, -1), { weights: { bias: 0, shift: scale(weights['shift']!, -1) } });
      return distance(opposite.outputs[0], scale(y, -1));
    },
    bound: exactly,
  },

  slopeGradient: tanhLaws.slopeGradient,

  offsetGradient: {
    claim: 'α ds = Σ dx.',
    corollary: true,
    deviation: (trial) => {
      const { x, linearize } = trial;
      const { x: dx, weights } = linearize(x).pullback();
      const { alpha } = numbers(trial);
      const [sum, all] = [flat(dx), flat(map(dx, Math.abs))].map((a) => [...a].reduce((s, v) => s + v, 0));
      const lost = (Math.abs(alpha) + count(trial)) * least(trial);
      return relative(alpha * flat(weights['shift']!)[0]! - sum!, (count(trial) + 8) * all! + lost);
    },
    bound: u,
  },

  rising: tanhLaws.rising,

  saturated: {
    claim: 'If |α x + s| exceeds 28, or 11 in float32, dx is exactly 0.',
    deviation: ({ x, linearize }) => {
      const beyond = x.dtype === 'float32' ? 11.25 : 28.25;
      const far = map(x, (value) => (value < 0 ? -beyond : beyond));
      return distance(linearize(far, { weights: { alpha: 1, shift: 0 } }).pullback().x, zeros(x));
    },
    bound: exactly,
  },

  flatSlope: {
    claim: 'With α = 0 it gives w erf(s) + b, no gradient reaches x, and dα = ⟨x, w dy⟩ exp(−s²) 2/√π.',
    deviation: (trial) => {
      const { x, s, w, b, dy } = numbers(trial);
      const { outputs, pullback } = trial.linearize(trial.x, { weights: { alpha: 0 } });
      const pulled = pullback([trial.normal(trial.x.shape)]);
      if (flat(pulled.x).some((d) => d !== 0)) return Infinity;
      const levels = [...flat(outputs[0])].map((y, i) =>
        relative(y - (w[i]! * erf(s) + b[i]!), 12 * Math.abs(w[i]!) + 4 * Math.abs(b[i]!)),
      );
      const products = [...x].map((value, i) => value * w[i]! * dy[i]! * bell(s));
      const [sum, all] = [products.reduce((a, c) => a + c, 0), products.reduce((a, c) => a + Math.abs(c), 0)];
      const slope = relative(flat(pulled.weights['alpha']!)[0]! - sum, (count(trial) + 16 + s * s) * all);
      return Math.max(worst(levels), slope);
    },
    bound: u,
  },
} satisfies Record<string, Invariant<WithAxes>>;
