import {
  type Axes,
  type NdArray,
  distance,
  flat,
  mean,
  onAxis,
  positiveAxes,
  sizeOf,
  sliceView,
  square,
  sum,
  sub,
  along,
} from '../../array/index.js';
import type { Invariant, Trial } from '../law.js';
import { withinOutput } from '../parts/outputs.js';
import { type WithAxes, type WithEpsilon, count, u, wide } from './bounds.js';
import { type Core, euclid, groupsOf, inner, laid, relative, total, worst } from './groups.js';
import { roundedUnit } from './symmetry.js';
import { eachGroup } from './unit.js';

// Laws of the norms of a weight: what they say about the weights that lead to one output.

/** The part of a weight, or of its effective weight, that leads to the last output. */
function lastOutput(a: NdArray, axis: Axes): NdArray {
  const outputs = positiveAxes(axis, a.shape.length);
  return outputs.reduce((part, at) => sliceView(part, onAxis(at, part.shape.length, [-1])), a);
}

export const outputsApart: Invariant<WithAxes> = {
  claim: 'The weights of an output are normalized as if there were no other outputs.',
  deviation: ({ x, options: { axis }, run }) =>
    distance(lastOutput(run(x)[0], axis), run(lastOutput(x, axis))[0]),
  // Outputs that lie side by side may be summed in another order than one alone.
  bound: roundedUnit,
};

/** The laws of an effective weight g x̂ with x̂ = c / max(‖c‖, ε), where c is the weight, or the weight less its mean. */
export function outputLaws(core: Core<WithAxes & WithEpsilon>) {
  const groups = groupsOf(core);
  const c = core.centered ? 'c' : 'x';
  return {
    outputsApart,

    lengthIsGain: eachGroup(
      groups,
      `The effective weights of an output have the length |g|, and that times ‖${c}‖ / ε if ‖${c}‖ is below ε.`,
      ({ y, gain, power, error, size }, u, { options: { epsilon } }) => {
        const length = Math.abs(gain[0]!);
        return relative(
          euclid(y) - length * Math.min(1, Math.sqrt(power) / epsilon),
          length * (size + 12 + (Math.sqrt(size) * error) / u),
        );
      },
    ),

    stepsLengthen: eachGroup(
      (trial: Trial<WithAxes & WithEpsilon>) => groups(trial).filter(({ live }) => live),
      `A step against the gradient never shortens the weights of an output: ‖${c} − dx‖ ≥ ‖${c}‖, unless ‖${c}‖ is below ε.`,
      ({ c: weights, dx, slack, size }, u) => {
        const gained = inner(dx, dx) - 2 * inner(weights, dx);
        return relative(Math.min(0, gained), (2 * total(weights) * slack) / u + size * inner(dx, dx));
      },
    ),
  } satisfies Record<string, Invariant<WithAxes & WithEpsilon>>;
}

/** The law that a layer which starts from a weight has this effective weight. */
export const startsAsWeight = <O extends WithAxes & WithEpsilon>(
  start: (x: NdArray, options: O) => Readonly<Record<string, NdArray>>,
): Invariant<O> => ({
  claim:
    'A layer that starts from a weight gives this weight, unless the weights of an output are shorter than ε.',
  deviation: ({ x, options, linearize }) => {
    const { axis, epsilon } = options;
    const within = withinOutput(x.shape, axis);
    const y = linearize(x, { weights: start(x, options) }).outputs[0];
    const isLong = flat(sum(square(wide(x)), within)).every((square) => Math.sqrt(square) > 2 * epsilon);
    if (!isLong) return 0;
    const [given, made] = [flat(x), flat(y)];
    return worst(Array.from(given, (value, i) => relative(made[i]! - value, Math.abs(value))));
  },
  bound: (trial) => (count(trial) + 12) * u(trial),
});

interface WithVariance extends WithAxes, WithEpsilon {
  readonly epsilonPlacement: 'inside' | 'outside';
  readonly unbiased: boolean;
  readonly fanInScale: boolean;
}

export const squaresOfOutput: Invariant<WithVariance> = {
  claim:
    'The squares of the effective weights of an output sum to m v / (v + ε) · g², where v = Σ c² / m is the variance of the weights, and m is n or, unbiased, n − 1; with ε outside of the root to m v / (√v + ε)² · g², and with `fanInScale` to 1 / n of that.',
  corollary: true,
  deviation: (trial) => {
    const { x, options, linearize } = trial;
    const { axis, epsilon, epsilonPlacement, unbiased, fanInScale } = options;
    const within = withinOutput(x.shape, axis);
    const n = sizeOf(along(x.shape, within));
    const m = unbiased ? Math.max(1, n - 1) : n;
    const once = sub(wide(x), mean(wide(x), within));
    const squares = flat(sum(square(sub(once, mean(once, within))), within));
    const gain = laid(trial, 'gain', axis);
    const gains = gain && flat(gain);
    const y = flat(sum(square(wide(linearize(x).outputs[0])), within));
    return worst(
      Array.from(y, (given, i) => {
        const v = squares[i]! / m;
        const share =
          epsilonPlacement === 'inside' ? v / (v + epsilon) : (Math.sqrt(v) / (Math.sqrt(v) + epsilon)) ** 2;
        const scale = ((gains?.[i] ?? 1) ** 2 * m) / (fanInScale ? n : 1);
        return relative(given - scale * share, scale);
      }),
    );
  },
  // A sum of n squares, each twice as far off as x̂ is.
  bound: (trial) => roundedUnit(trial) * 4,
};
