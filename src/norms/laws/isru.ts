import { type NdArray, broadcastTo, distance, flat, full, scale } from '../../array/index.js';
import type { Invariant, Trial } from '../law.js';
import { type WithAxes, type WithEpsilon, count, exactly, least, u, wide } from './bounds.js';
import { laid, relative, worst } from './groups.js';

interface Isru extends WithAxes, WithEpsilon {
  readonly rescale: boolean;
  readonly betaInitValue: number | null;
}

/** The factor r of a trial: √n, or 1. */
const factorOf = (trial: Trial<Isru>): number =>
  trial.options.rescale ? Math.sqrt(count(trial, trial.options.axis)) : 1;

/** The numbers of a trial of y = w r x / √(B + x²) + b, side by side, with B = max(β, ε). */
function numbers(trial: Trial<Isru>) {
  const { x, options, weights, linearize, normal } = trial;
  const seed = normal(x.shape);
  const { outputs, pullback } = linearize(x);
  const pulled = pullback([seed]);
  const spread = (a: NdArray) => flat(wide(broadcastTo(a, x.shape)));
  const beta = flat(weights['beta']!)[0]!;
  return {
    floor: Math.max(beta, options.epsilon),
    root: factorOf(trial),
    x: spread(x),
    y: spread(outputs[0]),
    dx: spread(pulled.x),
    dy: spread(seed),
    w: spread(laid(trial, 'weight', options.axis)!),
    b: spread(laid(trial, 'bias', options.axis)!),
  };
}

/** The laws of y = w r x / √(B + x²) + b; `learnedLaws` has those of w and b. */
export const isruLaws = {
  isruFormula: {
    claim:
      'y = w r x / √(B + x²) + b, element by element, and dx = r w dy B / √(B + x²)³, with B = max(β, ε).',
    deviation: (trial) => {
      const { floor, root, x, y, dx, dy, w, b } = numbers(trial);
      return worst(
        [...x].flatMap((value, i) => {
          const d = Math.hypot(value, Math.sqrt(floor));
          const grown = (w[i]! * root * value) / d;
          const pushed = ((((root * w[i]! * dy[i]!) / d) * Math.sqrt(floor)) / d) * (Math.sqrt(floor) / d);
          return [
            relative(y[i]! - (grown + b[i]!), 12 * Math.abs(grown) + 4 * Math.abs(b[i]!) + 8 * least(trial)),
            relative(dx[i]! - pushed, 24 * Math.abs(pushed) + 64 * least(trial)),
          ];
        }),
      );
    },
    bound: u,
  },

  withinGain: {
    claim: 'Without a shift no |y| exceeds its |w| r.',
    deviation: (trial) => {
      const { w, root } = numbers(trial);
      const y = flat(trial.linearize(trial.x, { weights: { bias: 0 } }).outputs[0]);
      return worst(
        [...y].map((value, i) => {
          const most = Math.abs(w[i]!) * root;
          return relative(Math.max(0, Math.abs(value) - most), 4 * most);
        }),
      );
    },
    bound: u,
  },

  scaledTogether: {
    claim: 'Scaling x by a, and β and ε by a², changes no output.',
    // By powers of two, which round nothing.
    deviation: ({ x, options: { epsilon }, weights, linearize }) =>
      worst(
        [0.25, 8].map((a) => {
          const changes = { epsilon: a * a * epsilon };
          const far = linearize(scale(x, a), { changes, weights: { beta: scale(weights['beta']!, a * a) } });
          return distance(far.outputs[0], linearize(x).outputs[0]);
        }),
      ),
    bound: exactly,
  },

  homogeneous: {
    claim: "2 β dβ = −⟨x, dx⟩ for a β above ε (Euler's theorem).",
    corollary: true,
    deviation: (trial) => {
      const beta = 2 * Math.max(1, trial.options.epsilon);
      const { x: dx, weights } = trial.linearize(trial.x, { weights: { beta } }).pullback();
      const products = [...flat(wide(dx))].map((value, i) => value * flat(wide(trial.x))[i]!);
      const [sum, all] = [products.reduce((a, c) => a + c, 0), products.reduce((a, c) => a + Math.abs(c), 0)];
      const ofBeta = flat(weights['beta']!)[0]!;
      return relative(2 * beta * ofBeta + sum, (count(trial) + 32) * all + 64 * least(trial));
    },
    bound: u,
  },

  leastBeta: {
    claim: 'A β below ε counts as ε, and its gradient is 0.',
    deviation: ({ x, options: { epsilon }, linearize }) => {
      const [below, at] = [-1, epsilon].map((beta) => linearize(x, { weights: { beta } }));
      const ofBeta = flat(below!.pullback().weights['beta']!)[0]!;
      return ofBeta === 0 ? distance(below!.outputs[0], at!.outputs[0]) : Infinity;
    },
    // ε is rounded to the dtype of β; without that it is not.
    bound: (trial) =>
      8 * factorOf(trial) * worst([...flat(trial.weights['weight']!)].map(Math.abs)) * u(trial),
  },

  startingSlope: {
    claim:
      'If β starts at n, the slope at 0 is r / √n: 1, as rms_norm has it for numbers of root mean square 1.',
    applies: ({ options: { epsilon, betaInitValue } }) => epsilon <= 1 && betaInitValue === null,
    deviation: (trial) => {
      const { shape, dtype } = trial.x;
      const zeros = full(shape, 0, dtype);
      const { pullback } = trial.linearize(zeros, { fresh: true });
      const slope = factorOf(trial) / Math.sqrt(count(trial, trial.options.axis));
      return distance(pullback([full(shape, 1, dtype)]).x, full([], slope, dtype));
    },
    bound: (trial) => 12 * u(trial),
  },

  rising: {
    claim: 'With its initial weights, y increases with x.',
    deviation: (trial) => {
      const [x, y] = [flat(trial.x), flat(trial.run(trial.x)[0])];
      const order = [...x.keys()].sort((i, j) => x[i]! - x[j]!);
      return worst(order.slice(1).map((j, at) => Math.max(0, y[order[at]!]! - y[j]!)));
    },
    // Two neighbouring values may each be off by a few roundings.
    bound: (trial) => 8 * factorOf(trial) * u(trial),
  },
} satisfies Record<string, Invariant<Isru>>;
