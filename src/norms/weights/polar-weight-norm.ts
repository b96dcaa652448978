import { type NdArray, along, cast, sizeOf } from '../../array/index.js';
import type { Algebra } from '../algebra.js';
import { square } from '../formula.js';
import { polarLaws } from '../laws/index.js';
import { norm } from '../norm.js';
import * as option from '../option.js';
import { affine, unitize } from '../parts/index.js';
import {
  type KernelLayout,
  capacity,
  decoded,
  encoded,
  fromRows,
  kernelOf,
  levelsDown,
  padded,
  part,
  rowsOf,
} from '../parts/polar.js';

const encode = (weight: NdArray, { axis }: { readonly axis: readonly number[] }) => {
  const layout = kernelOf([0, 0], { shape: weight.shape, axis });
  const { angles, lengths } = encoded(rowsOf(cast(weight, 'float64'), layout));
  return { x: cast(angles, weight.dtype), radius: cast(lengths, weight.dtype) };
};

export const polarWeightNorm = norm({
  type: 'polar_weight_norm',
  title: 'PolarWeightNorm',
  about: 'Keeps the weights of each output as a learned length and the angles of their direction.',
  useCase: 'Layers whose weights should turn and stretch at separate rates.',
  reference: {
    authors: 'Nikolas Markou',
    title: 'dl_techniques: polar weight normalization',
    year: 2025,
    url: 'https://github.com/NikolasMarkou/dl_techniques',
  },
  notes: [
    'The stored weight is not a kernel but angles. normalizeWeights computes them and the lengths from the kernel that a layer has, so that at first the effective weight is the kernel itself.',
    'The d coordinates of a direction are the leaves of a tree of angles ψ, where d is the least power of two that holds the n weights of an output: a node of length r has children of lengths r cos ψ and r sin ψ. If n is below d, the first n coordinates are taken and brought to length 1 again.',
    'The levels of angles lie one after the other, that of the leaves first: d / 2, d / 4, …, 1.',
    'Angles are not unique: turns by 2π change nothing, and ψ + π at the leaves is the opposite direction. Below a node of length 0 angles get no gradient.',
    'An output with a single weight has one angle, which keeps its sign; the code of the reference loses it.',
    'A regularizer or a constraint of the kernel would act on angles, so normalizeWeights refuses a kernel that has one.',
  ],

  options: {
    shape: option.numbers(
      [],
      'The shape of the kernel; if it is empty, [d, units]. normalizeWeights sets it.',
      { min: 1, whole: true, explore: [1, 8] },
    ),
    axis: option.numbers([-1], 'The output axes of the kernel. normalizeWeights sets them.', {
      whole: true,
      explore: [-4, 3],
    }),
    epsilon: option.number(1e-12, 'Added to the length of the coordinates, to avoid division by zero.', {
      above: 0,
      explore: [1e-12, 1e-6],
      aliases: ['eps'],
      symbol: 'ε',
    }),
    radiusRegularizer: option.regularizer('none', 'Regularizer of the lengths.'),
    radiusConstraint: option.constraint('none', 'Constraint on the lengths.'),
  },

  parameters: {
    radius: {
      symbol: 'ρ',
      about: 'The length ρ of the weights of each output.',
      sizes: 'the number of outputs',
      shape: ([units]) => [units!],
      initial: () => 'ones',
      regularizer: ({ radiusRegularizer }) => radiusRegularizer,
      constraint: ({ radiusConstraint }) => radiusConstraint,
    },
  },

  outputs: [{ name: 'y', about: 'The kernel.' }],

  accepts(input, { shape, axis }) {
    const [units, count] = input;
    const expected = 'angles [units, d − 1], where d is a power of two, at least 2';
    if (input.length !== 2 || !Number.isInteger(Math.log2(count! + 1))) return { expected };
    const rank = shape.length || 2;
    const isFitting =
      axis.length > 0 &&
      axis.length < rank &&
      new Set(axis.map((at) => (at < 0 ? at + rank : at))).size === axis.length &&
      axis.every((at) => at >= -rank && at < rank);
    if (!isFitting) return { option: 'axis', expected: `distinct output axes of a kernel of rank ${rank}` };
    const { n, outputs, shape: kernel } = kernelOf(input, { shape, axis });
    if (sizeOf(along(kernel, outputs)) !== units || capacity(n) !== count! + 1) {
      const expected = `the shape of a kernel with angles ${JSON.stringify(input)} for its axes ${JSON.stringify(axis)}`;
      return { option: 'shape', expected };
    }
    return true;
  },

  formula(math, x, { radius }, { shape, axis, epsilon }) {
    const layout = kernelOf(math.shape(x), { shape, axis });
    const [units, count] = math.shape(x) as [number, number];
    const psi = math.name('ψ', x);
    const [root, ...others] = levelsDown(count + 1).map(({ from, to }) => ({
      size: to - from,
      of: (of: typeof x) => math.slice(of, 1, from, to, from === 0 ? 'leaves' : 'level above'),
    }));
    const top = math.name('θ', root!.of(psi));
    let point = children(math, math.cos(top), math.sin(top), [units, 1]);
    for (const { size, of } of others) {
      const theta = math.name('θ', of(psi));
      const length = math.name('r', point);
      const a = math.name('a', math.mul(length, math.cos(theta)));
      const b = math.name('b', math.mul(length, math.sin(theta)));
      point = children(math, a, b, [units, size]);
    }
    const first = math.name('s', layout.n <= count ? math.slice(point, 1, 0, layout.n, 'first n') : point);
    const length = math.name('N', math.add(math.sqrt(math.sum(square(math, first), 1)), epsilon));
    const unit = math.name('x̂', math.div(first, length));
    const rows = math.name('w', math.mul(math.reshape(radius!, [units, 1]), unit));
    return { outputs: [kernelFromRows(math, rows, layout)] };
  },

  encode,

  /**
   * The gradients of ρ, x̂, s and, level by level from the leaves, of the angles θ and the lengths r of their nodes, from
   * dw, which is dy as rows, one for each output. The a = r cos θ and b = r sin θ of a level are the r of the next, and
   * those of the leaves are s, from the first to the n-th.
   *
   *     dρ = Σ dw x̂                        w = ρ x̂
   *     dx̂ = ρ dw
   *     dN = −Σ dx̂ x̂ / N                   x̂ = s / N
   *     ds = dx̂ / N + x̂ dN N / (N − ε)     N = √(Σ s²) + ε
   *     dθ = r (db cos(θ) − da sin(θ))
   *     dr = da cos(θ) + db sin(θ)
   *     dx = dψ                            ψ are the θ of all levels
   */
  apply(x, { radius }, options) {
    const { epsilon } = options;
    const layout = kernelOf(x.shape, options);
    const d = x.shape[1]! + 1;
    const point = decoded(cast(x, 'float64'));
    const unit = unitize(part(point.value, 0, layout.n), 1, epsilon, 'lengthOutside');
    const grown = affine(unit.value, 0, cast(radius!, 'float64'));
    return {
      value: cast(fromRows(grown.value, layout), x.dtype),
      pullback(gradient) {
        const pulled = grown.pullback(rowsOf(cast(gradient, 'float64'), layout));
        const ofPoint = padded(unit.pullback(pulled.x), d);
        return { x: cast(point.pullback(ofPoint), x.dtype), radius: cast(pulled.gain!, x.dtype) };
      },
    };
  },

  example: {
    options: { shape: [3, 2] },
    x: [
      [0.5, -1, 0.25],
      [2, 0.75, -0.5],
    ],
    parameters: { radius: [2, -3] },
    y: [
      [1.7387, 1.15926],
      [0.94985, -2.53303],
      [0.27333, 1.11351],
    ],
  },

  invariants: polarLaws(encode),
});

/** The children of the nodes of a level, [units, 2 · size], by their lengths on either side. */
const children = <T>(math: Algebra<T>, even: T, odd: T, [units, size]: readonly [number, number]): T =>
  math.reshape(
    math.concat(
      [even, odd].map((side) => math.reshape(side, [units, size, 1])),
      2,
    ),
    [units, 2 * size],
  );

/** The kernel whose weights for each output are the rows, put together along one output axis after the other. */
function kernelFromRows<T>(math: Algebra<T>, rows: T, { shape, outputs }: KernelLayout): T {
  const counts = along(shape, outputs);
  const ofOutput = shape.map((size, axis) => (outputs.includes(axis) ? 1 : size));
  const join = (at: number, depth: number): T => {
    const axis = outputs[depth];
    if (axis === undefined) return math.reshape(math.slice(rows, 0, at, at + 1, 'output'), ofOutput);
    const stride = sizeOf(counts.slice(depth + 1));
    const parts = Array.from({ length: counts[depth]! }, (_, i) => join(at + i * stride, depth + 1));
    return math.concat(parts, axis);
  };
  return join(0, 0);
}
