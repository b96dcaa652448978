import { type NdArray, distance, flat, map, positiveAxes, scale } from '../../array/index.js';
import type { Invariant, Trial } from '../law.js';
import { exactly, u, wide } from './bounds.js';
import { relative, rows, worst } from './groups.js';

interface Windowed {
  readonly axis: number;
  readonly size: number;
  readonly alpha: number;
  readonly beta: number;
  readonly k: number;
  readonly average: boolean;
}

/** The factor of a sum of squares. */
const factorOf = ({ alpha, size, average }: Windowed): number => (average ? alpha / size : alpha);

/** The numbers of every group, and of each its D, computed here. */
function divisors(x: NdArray, options: Windowed) {
  const { axis, size, k } = options;
  const [before, after] = [Math.floor(size / 2), Math.floor((size - 1) / 2)];
  return rows(wide(x), axis).map((row) => ({
    row,
    divisors: row.map((_, c) => {
      const window = row.slice(Math.max(0, c - before), c + after + 1);
      return k + factorOf(options) * window.reduce((sum, value) => sum + value * value, 0);
    }),
  }));
}

/** The x² of the largest |y|, for β above ½; infinite if a vanishes. */
const peakOf = (options: Windowed): number => options.k / (factorOf(options) * (2 * options.beta - 1));

/** How many roundings D^β is off: those of D, and those of its logarithm, which the power passes on. */
const roundings = (d: number, { beta, size }: Windowed): number =>
  8 + beta * (size + 8 + 4 * Math.abs(Math.log(d)));

/** Compares outputs with what is claimed of each number and its D; a claim is a bound if it may be kept by less. */
function measured(
  { x, options, run }: Trial<Windowed>,
  claimed: (value: number, d: number) => number,
  isBound = false,
): number {
  const ys = rows(wide(run(x)[0]), options.axis);
  return worst(
    divisors(x, options).flatMap(({ row, divisors: ds }, i) =>
      [...row].map((value, c) => {
        const wanted = claimed(value, ds[c]!);
        const off = isBound ? Math.max(0, Math.abs(ys[i]![c]!) - wanted) : ys[i]![c]! - wanted;
        return relative(off, roundings(ds[c]!, options) * Math.abs(wanted));
      }),
    ),
  );
}

/** The count of features, and the place of each number among them. */
function places({ x, options }: Pick<Trial<Windowed>, 'x' | 'options'>) {
  const [at] = positiveAxes(options.axis, x.shape.length);
  const n = x.shape[at!]!;
  const step = x.shape.slice(at! + 1).reduce((product, size) => product * size, 1);
  return { n, of: (i: number) => Math.floor(i / step) % n };
}

/** The laws of y = x / D^β, with D = k + a Σ x² over a window of neighbouring features. */
export const windowLaws = {
  windowFormula: {
    claim: 'y = x / D^β, element by element, where D = k + a Σ x² over the window.',
    deviation: (trial) => measured(trial, (value, d) => value / d ** trial.options.beta),
    bound: u,
  },

  windowAlone: {
    claim: 'A feature depends on those in its window alone.',
    applies: (trial) => places(trial).n > Math.floor(trial.options.size / 2),
    deviation: (trial) => {
      const { x, options, run } = trial;
      const { n, of } = places(trial);
      // The last feature reaches the windows of those up to ⌊(size − 1) / 2⌋ before it.
      const near = n - 1 - Math.floor((options.size - 1) / 2);
      let i = 0;
      const moved = map(x, (value) => (of(i++) === n - 1 ? 4 * value + 1 : value));
      const [one, other] = [flat(run(x)[0]), flat(run(moved)[0])];
      return worst([...one].map((y, at) => (of(at) < near ? Math.abs(y - other[at]!) : 0)));
    },
    bound: exactly,
  },

  gradientInWindow: {
    claim: 'A gradient of one feature reaches the features of its window alone.',
    applies: (trial) => places(trial).n > trial.options.size,
    deviation: (trial) => {
      const { x, options, linearize } = trial;
      const { n, of } = places(trial);
      const middle = Math.floor(n / 2);
      const from = middle - Math.floor(options.size / 2);
      const to = middle + Math.floor((options.size - 1) / 2);
      let i = 0;
      const seed = map(x, () => (of(i++) === middle ? 1 : 0));
      const dx = flat(linearize(x).pullback([seed]).x);
      return worst([...dx].map((g, at) => (of(at) < from || of(at) > to ? Math.abs(g) : 0)));
    },
    bound: exactly,
  },

  powerOfZero: {
    claim: 'With β = 0 the output is x.',
    deviation: ({ x, run }) => distance(run(x, { beta: 0 })[0], x),
    bound: exactly,
  },

  scaledWindow: {
    claim: 'Scaling x by c and k by c² scales y by c^(1 − 2β).',
    // By a power of two, which rounds nothing but D^β.
    deviation: (trial) => {
      const { x, options, run } = trial;
      const far = rows(wide(run(scale(x, 4), { k: 16 * options.k })[0]), options.axis);
      const near = rows(wide(run(x)[0]), options.axis);
      return worst(
        divisors(x, options).flatMap(({ divisors: ds }, i) =>
          [...near[i]!].map((y, c) => {
            const wanted = y * 4 ** (1 - 2 * options.beta);
            const slack = roundings(ds[c]!, options) + roundings(16 * ds[c]!, options);
            return relative(far[i]![c]! - wanted, slack * Math.abs(wanted));
          }),
        ),
      );
    },
    bound: u,
  },

  rootBounded: {
    claim: 'With β = ½ no |y| reaches 1 / √a.',
    corollary: true,
    applies: ({ options }) => factorOf(options) > 0,
    deviation: (trial) => {
      const halved = { ...trial, options: { ...trial.options, beta: 0.5 } };
      const most = 1 / Math.sqrt(factorOf(trial.options));
      return measured({ ...halved, run: (x) => trial.run(x, { beta: 0.5 }) }, () => most, true);
    },
    bound: u,
  },

  peakBounded: {
    claim: 'For β above ½ no |y| exceeds its value at x² = k / (a (2β − 1)), alone in its window.',
    corollary: true,
    applies: ({ options }) => options.beta > 0.5 && Number.isFinite(peakOf(options)),
    deviation: (trial) => {
      const { k, beta } = trial.options;
      const square = peakOf(trial.options);
      const most = Math.sqrt(square) / (k + factorOf(trial.options) * square) ** beta;
      return measured(trial, () => most, true);
    },
    bound: u,
  },

  signKept: {
    claim: 'y has the sign of x, and is 0 where x is.',
    deviation: ({ x, run }) => {
      const y = flat(run(x)[0]);
      return worst([...flat(x)].map((value, i) => (Math.sign(value) === Math.sign(y[i]!) ? 0 : 1)));
    },
    bound: exactly,
  },

  wideWindow: {
    claim: 'With a window of twice the features and more, all of a group share one D: y is a multiple of x.',
    deviation: (trial) => {
      const { options } = trial;
      const size = 2 * places(trial).n;
      const widened = {
        ...trial,
        options: { ...options, size },
        run: (x: NdArray) => trial.run(x, { size }),
      };
      return measured(widened, (value, d) => value / d ** options.beta);
    },
    bound: u,
  },
} satisfies Record<string, Invariant<Windowed>>;
