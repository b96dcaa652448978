import { type NdArray, distance, flat, map, scale, sliceView } from '../../array/index.js';
import type { Invariant, Trial } from '../law.js';
import { type WithKernel, kernelOf, rowsOf } from '../parts/polar.js';
import { type WithEpsilon, exactly, least, u, wide } from './bounds.js';
import { euclid, inner, relative, rows, worst } from './groups.js';

interface PolarOptions extends WithKernel, WithEpsilon {}

type PolarTrial = Trial<PolarOptions>;

/** A kernel as rows in float64, one for the weights of each output. */
const outputsOf = ({ x, options }: PolarTrial, kernel: NdArray): readonly Float64Array[] =>
  rows(rowsOf(wide(kernel), kernelOf(x.shape, options)), 1);

/** The roundings of a row: n of its length, and some for each level of angles. */
const rounded = ({ x }: PolarTrial): number => {
  const d = x.shape[1]! + 1;
  return (d + 16 * Math.log2(d) + 16) * u({ x });
};

/** The laws of a kernel ρ s / (‖s‖ + ε), where s are the first coordinates of directions that are given by angles. */
export const polarLaws = <O extends PolarOptions>(
  encode: (kernel: NdArray, options: O) => { readonly x: NdArray; readonly radius: NdArray },
) =>
  ({
    encodesKernel: {
      claim:
        'The angles and lengths that are computed from a kernel give this kernel again, less a share of ε.',
      deviation: (trial) => {
        const { x, options, linearize } = trial;
        const kernel = linearize(x).outputs[0];
        const { x: angles, radius } = encode(kernel, options as O);
        const again = outputsOf(trial, linearize(angles, { weights: { radius } }).outputs[0]);
        return worst(
          outputsOf(trial, kernel).map((row, i) => {
            const difference = row.map((value, j) => value - again[i]![j]!);
            return relative(euclid(difference), euclid(row));
          }),
        );
      },
      bound: (trial) => 4 * rounded(trial) + 2 * trial.options.epsilon,
    },

    lengthIsRadius: {
      claim:
        'The weights of an output have the length |ρ| (N − ε) / N: |ρ|, unless the coordinates that are taken are next to 0.',
      corollary: true,
      deviation: (trial) => {
        const { x, options, weights, witness, linearize } = trial;
        const [radius, N] = [flat(wide(weights['radius']!)), flat(witness(x).of('N'))];
        return worst(
          outputsOf(trial, linearize(x).outputs[0]).map((row, i) => {
            const claimed = (Math.abs(radius[i]!) * (N[i]! - options.epsilon)) / N[i]!;
            return relative(euclid(row) - claimed, claimed);
          }),
        );
      },
      bound: rounded,
    },

    radiusGradient: {
      claim: 'ρ dρ = ⟨y, dy⟩ for the weights y of every output.',
      corollary: true,
      deviation: (trial) => {
        const { x, weights, linearize, normal } = trial;
        const { outputs, pullback } = linearize(x);
        const seed = normal(outputs[0].shape);
        const [radius, ofRadius] = [weights['radius']!, pullback([seed]).weights['radius']!].map((a) =>
          flat(wide(a)),
        );
        const [ys, dys] = [outputs[0], seed].map((a) => outputsOf(trial, a));
        return worst(
          ys!.map((y, i) =>
            relative(radius![i]! * ofRadius![i]! - inner(y, dys![i]!), euclid(y) * euclid(dys![i]!)),
          ),
        );
      },
      bound: rounded,
    },

    doubledRadius: {
      claim:
        'Lengths twice as large give a kernel twice as large, bit for bit, except for subnormal numbers.',
      deviation: ({ x, weights, linearize }) => {
        const doubled = linearize(x, { weights: { radius: scale(weights['radius']!, 2) } }).outputs[0];
        return distance(doubled, scale(linearize(x).outputs[0], 2));
      },
      bound: (trial) => 16 * least(trial),
    },

    mirroredLeaves: {
      claim: 'Angles of the leaves with the other sign turn the sign of every second weight, bit for bit.',
      deviation: (trial) => {
        const { x, linearize } = trial;
        const [units, count] = x.shape as [number, number];
        let i = 0;
        const mirrored = map(x, (angle) => (i++ % count < (count + 1) / 2 ? -angle : angle));
        const [before, after] = [x, mirrored].map((angles) => outputsOf(trial, linearize(angles).outputs[0]));
        const off = before!.flatMap((row, unit) =>
          Array.from(row, (value, j) => Math.abs((j % 2 ? -value : value) - after![unit]![j]!)),
        );
        return units > 0 ? worst(off) : 0;
      },
      bound: exactly,
    },

    outputsApart: {
      claim: 'The weights of an output depend on its own angles and length alone.',
      applies: ({ options }) => options.shape.length === 0,
      deviation: ({ x, weights, linearize }) => {
        const last = (a: NdArray): NdArray => sliceView(a, [[-1]]);
        const alone = linearize(last(x), { weights: { radius: last(weights['radius']!) } }).outputs[0];
        const all = linearize(x).outputs[0];
        return distance(alone, sliceView(all, [[], [-1]]));
      },
      bound: exactly,
    },
  }) satisfies Record<string, Invariant<PolarOptions>>;
