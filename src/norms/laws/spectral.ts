import { type NdArray, distance, flat, full } from '../../array/index.js';
import type { Invariant, Setting, Trial } from '../law.js';
import { type WithAxes, type WithEpsilon, count, u, wide } from './bounds.js';
import { inner, relative, total, worst } from './groups.js';

interface SpectralOptions extends WithAxes, WithEpsilon {
  readonly iterations: number;
}

type Law = Invariant<SpectralOptions>;
type State = Readonly<Record<string, NdArray>>;

const rounded = (trial: Trial<SpectralOptions>): number => (4 * count(trial) + 32) * u(trial);

const most = (a: NdArray): number => distance(a, full([], 0, a.dtype));

const numbers = (a: NdArray): Float64Array => flat(wide(a)) as Float64Array;

/** N = x / y, from the largest number of x; 0 if x is 0. */
function lengthOf(
  { linearize }: Trial<SpectralOptions>,
  x: NdArray,
  setting: Setting<SpectralOptions>,
): number {
  const [xs, ys] = [numbers(x), numbers(linearize(x, setting).outputs[0])];
  const largest = xs.reduce((best, value, i) => (Math.abs(value) > Math.abs(xs[best]!) ? i : best), 0);
  return xs[largest] === 0 ? 0 : xs[largest]! / ys[largest]!;
}

/** The laws of a weight over N = max(|uᵀ x v|, ε), given the function that finds its singular vectors u and v. */
export function spectralLaws(vectors: (x: NdArray, options: SpectralOptions) => State) {
  const exact = ({ options }: Trial<SpectralOptions>, x: NdArray): Setting<SpectralOptions> => ({
    state: vectors(x, options),
    training: false,
  });
  const stepped = (trial: Trial<SpectralOptions>, more = 0): Setting<SpectralOptions> => ({
    training: true,
    changes: { iterations: trial.options.iterations + more },
  });
  /** The gradient of x less what keeps it orthogonal to x, and how far rounding moves their product. */
  const pulled = (trial: Trial<SpectralOptions>) => {
    const { x, normal, linearize, state: before } = trial;
    const seed = normal(x.shape);
    const { outputs, state = before, pullback } = linearize(x);
    const [xs, y, g, dx] = [x, outputs[0], seed, pullback([seed]).x].map(numbers);
    const N = lengthOf(trial, x, {});
    const radial = xs!.reduce((sum, _, i) => sum + Math.abs(g![i]! * y![i]!), 0);
    const terms = (most(seed) + radial * most(state['u']!) * most(state['v']!)) / N;
    return {
      xs: xs!,
      dx: dx!,
      isLive: N > trial.options.epsilon * (1 + rounded(trial)),
      scale: total(xs!) * terms,
    };
  };

  return {
    belowLargest: {
      claim: 'In training N never exceeds the largest singular value of x, or ε.',
      deviation: (trial: Trial<SpectralOptions>) => {
        const { x } = trial;
        const largest = lengthOf(trial, x, exact(trial, x));
        return relative(Math.max(0, lengthOf(trial, x, stepped(trial)) - largest), largest);
      },
      bound: rounded,
    },

    risesWithSteps: {
      claim: 'More steps of power iteration never make N smaller.',
      deviation: (trial: Trial<SpectralOptions>) => {
        const [few, many] = [0, 3].map((more) => lengthOf(trial, trial.x, stepped(trial, more)));
        return relative(Math.max(0, few! - many!), few!);
      },
      bound: rounded,
    },

    convergedNorm: {
      claim:
        'With the singular vectors of x as u and v, the largest singular value of the effective weight is 1, or that of x over ε if it is below ε.',
      deviation: (trial: Trial<SpectralOptions>) => {
        const { x, options, linearize } = trial;
        const y = linearize(x, exact(trial, x)).outputs[0];
        const [before, after] = [lengthOf(trial, x, exact(trial, x)), lengthOf(trial, y, exact(trial, y))];
        return before > 2 * options.epsilon ? relative(after - 1, 1) : 0;
      },
      bound: rounded,
    },

    unitVectors: {
      claim: 'After a training call u and v have length 1, unless x is 0 or near it.',
      applies: (trial: Trial<SpectralOptions>) =>
        lengthOf(trial, trial.x, stepped(trial)) > 2 * trial.options.epsilon,
      deviation: ({ x, linearize }: Trial<SpectralOptions>) => {
        const { state } = linearize(x, { training: true });
        return worst(
          Object.values(state!).map((a) => Math.abs(Math.sqrt(inner(numbers(a), numbers(a))) - 1)),
        );
      },
      bound: rounded,
    },

    orthogonalGradient: {
      claim: '⟨x, dx⟩ = 0 for any u and v, unless N is ε: the size of x does not matter.',
      corollary: true,
      deviation: (trial: Trial<SpectralOptions>) => {
        const { xs, dx, isLive, scale } = pulled(trial);
        return isLive ? relative(inner(xs, dx), scale) : 0;
      },
      bound: rounded,
    },

    stepsLengthen: {
      claim: 'A step against the gradient never shortens the weight: ‖x − dx‖ ≥ ‖x‖, unless N is ε.',
      corollary: true,
      deviation: (trial: Trial<SpectralOptions>) => {
        const { xs, dx, isLive, scale } = pulled(trial);
        const gained = inner(dx, dx) - 2 * inner(xs, dx);
        return isLive ? relative(Math.min(0, gained), 2 * scale + inner(dx, dx)) : 0;
      },
      bound: rounded,
    },
  } satisfies Record<string, Law>;
}
