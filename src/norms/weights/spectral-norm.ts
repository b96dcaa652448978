import {
  type Axes,
  type NdArray,
  along,
  cast,
  div,
  dot,
  flat,
  full,
  magnitude,
  matmul,
  mul,
  onto,
  positiveAxes,
  reshape,
  scale,
  sizeOf,
  sub,
  transpose,
} from '../../array/index.js';
import type { Algebra } from '../algebra.js';
import { square } from '../formula.js';
import {
  evenGradient,
  keepsShape,
  lengthScaledGradient,
  lengthScalingLaw,
  oddFunction,
  spectralLaws,
} from '../laws/index.js';
import { norm } from '../norm.js';
import * as option from '../option.js';
import { acceptsWeight, withinOutput } from '../parts/outputs.js';
import { type SingularPair, largestPair } from '../parts/singular.js';

interface WithAxis {
  readonly axis: Axes;
}

/** A weight as a matrix [weights of an output, outputs] in float64, divided by a power of two that brings it near 1. */
function matrixOf(x: NdArray, { axis }: WithAxis) {
  const within = withinOutput(x.shape, axis);
  const outputs = positiveAxes(axis, x.shape.length);
  // Squares of subnormal numbers vanish, but these are below every ε.
  const size = Math.max(flat(magnitude(x, [...within, ...outputs]))[0]!, 2 ** -500);
  const matrix = reshape(transpose(scale(cast(x, 'float64'), 1 / size), [...within, ...outputs]), [
    sizeOf(along(x.shape, within)),
    sizeOf(along(x.shape, outputs)),
  ]);
  return { matrix, size, within, outputs };
}

const vector = (column: NdArray, { dtype }: NdArray): NdArray => cast(reshape(column, [column.size]), dtype);

const column = (a: NdArray): NdArray => reshape(cast(a, 'float64'), [a.size, 1]);

const isZero = (a: NdArray): boolean => flat(a).every((value) => value === 0);

/** The singular vectors of the largest singular value. */
function vectors(x: NdArray, options: WithAxis): { readonly u: NdArray; readonly v: NdArray } {
  const { u, v } = largestPair(matrixOf(x, options).matrix);
  return { u: vector(u, x), v: vector(v, x) };
}

/** A factor that brings every N = |uᵀ M v| into the range of float64, where the result of a division by N is none. */
const RESCUE = 2 ** -700;

/** The division of an array by N = length · size in float64. */
function overLength(length: number, size: number): (a: NdArray) => NdArray {
  const isFinite = length * size < Infinity;
  const N = full([], isFinite ? length * size : length * (size * RESCUE), 'float64');
  return (a) => div(isFinite ? cast(a, 'float64') : scale(cast(a, 'float64'), RESCUE), N);
}

/** The vectors after some steps of power iteration. */
function iterated(matrix: NdArray, { u }: SingularPair, steps: number, least: number): SingularPair {
  const unit = (a: NdArray): NdArray => scale(a, 1 / Math.max(Math.sqrt(dot(a, a)), least));
  let [left, right] = [u, u];
  for (let i = 0; i < steps; i++) {
    left = unit(matmul(matrix, right));
    right = unit(matmul(transpose(matrix), left));
  }
  return { u: right, v: left };
}

export const spectralNorm = norm({
  type: 'spectral_norm',
  title: 'SpectralNorm',
  alsoKnownAs: ['SN', 'SN-GAN'],
  about: 'Divides a weight by its largest singular value, so that no input grows by it.',
  useCase: 'Discriminators of GANs, critics and other networks that need a bound on their slope.',
  reference: {
    authors: 'Takeru Miyato, Toshiki Kataoka, Masanori Koyama, Yuichi Yoshida',
    title: 'Spectral Normalization for Generative Adversarial Networks',
    year: 2018,
    url: 'https://arxiv.org/abs/1802.05957',
  },
  notes: [
    'σ = uᵀ M v for the weight as a matrix M of outputs and the weights of each. u and v are statistics: in training, a step of power iteration brings them nearer to the singular vectors; inference takes them as they are.',
    'u and v start at the singular vectors themselves, so that inference is right before any training. They do so again if a kernel is loaded without them. PyTorch starts at random vectors, and Keras does not normalize before the first step.',
    'σ never exceeds the largest singular value, so the effective weight may have a norm above 1 while u and v follow a weight that changes. More `iterations` follow it more closely.',
    'u and v are constants of the backward pass, as in the paper: in training its gradient is not the slope of the forward pass, unless they have converged.',
    'The bound holds for the matrix of the kernel. A convolution may stretch an image by more than that.',
    'A weight of zeros gives 0 and leaves u and v at 0. Then they start anew from the next weight.',
    'The sign of uᵀ M v does not matter, as −u fits v as well as u does: N is its magnitude.',
  ],

  options: {
    axis: option.axes(-1, 'The output axes, which are the rows of the matrix.'),
    iterations: option.number(1, 'The steps of power iteration in each training call.', {
      min: 1,
      whole: true,
      explore: [1, 4],
    }),
    epsilon: option.number(1e-12, 'The least σ, and the least length in an iteration.', {
      above: 0,
      explore: [1e-12, 1e-6],
      aliases: ['eps'],
      symbol: 'ε',
    }),
  },

  parameters: {},

  state: {
    u: {
      about: 'The vector u of the outputs, of length 1.',
      sizes: 'the number of outputs',
      shape: (input, { axis }) => [sizeOf(along(input, axis))],
      initial: () => 'zeros',
    },
    v: {
      about: 'The vector v of the weights of an output, of length 1.',
      sizes: 'the number of weights of an output',
      shape: (input, { axis }) => [sizeOf(along(input, withinOutput(input, axis)))],
      initial: () => 'zeros',
    },
  },

  accepts: acceptsWeight,

  formula(math, x, _, { axis, epsilon, iterations }, { training, state }) {
    const shape = math.shape(x);
    const within = withinOutput(shape, axis);
    const outputs = positiveAxes(axis, shape.length);
    let [u, v] = [math.reshape(state.u, onto(shape, outputs)), math.reshape(state.v, onto(shape, within))];
    for (let i = 0; training && i < iterations; i++) {
      const p = math.name('p', math.sum(math.mul(x, u), outputs, 'outputs'));
      v = math.name('v̂', math.stop(unit(math, p, epsilon)));
      const q = math.name('q', math.sum(math.mul(x, v), within, 'weights'));
      u = math.name('û', math.stop(unit(math, q, epsilon)));
    }
    const product = math.mul(math.mul(u, x), v);
    const sigma = math.name('σ', math.sum(product, [...within, ...outputs]));
    const length = math.name('N', math.maximum(math.abs(sigma), epsilon));
    return {
      outputs: [math.div(x, length)],
      ...(training && {
        state: { u: math.reshape(u, math.shape(state.u)), v: math.reshape(v, math.shape(state.v)) },
      }),
    };
  },

  start: vectors,

  /**
   * The gradients of N and x, from dy, where û and v̂ are constants.
   *
   *     dN = −Σ dy x / N²       y = x / N
   *     dx = dy / N + dN û v̂    N = σ = Σ û x v̂
   *
   * If σ is below 0, N = −σ, and dN counts the other way. If the minimum holds N at ε, N does not depend on x.
   */
  apply(x, _, options, { training, state }) {
    const { epsilon, iterations } = options;
    const { matrix, size, within, outputs } = matrixOf(x, options);
    const kept = isZero(state.u) || isZero(state.v) ? vectors(x, options) : state;
    const before = { u: column(kept.u), v: column(kept.v) };
    const { u, v } = training ? iterated(matrix, before, iterations, epsilon / size) : before;
    const sigma = dot(matmul(transpose(matrix), v), u);
    const isHeld = Math.abs(sigma) < epsilon / size;
    const over = overLength(isHeld ? epsilon : Math.abs(sigma), isHeld ? 1 : size);
    const y = over(x);
    return {
      value: cast(y, x.dtype),
      pullback(gradient) {
        const dy = cast(gradient, 'float64');
        const radial = isHeld ? 0 : Math.sign(sigma) * dot(dy, y);
        const along = mul(
          reshape(scale(v, radial), onto(x.shape, within)),
          reshape(u, onto(x.shape, outputs)),
        );
        return { x: cast(over(sub(dy, along)), x.dtype) };
      },
      ...(training && { state: { u: vector(u, state.u), v: vector(v, state.v) } }),
    };
  },

  gradient: {
    about: 'In training u and v are constants, although they were computed from x.',
    kind: (_, { training }) => (training ? 'detached' : 'slope'),
  },

  kinks(x, options, { training, state }) {
    if (training) return Infinity;
    const { matrix, size } = matrixOf(x, options);
    const sigma = size * dot(matmul(transpose(matrix), column(state.v)), column(state.u));
    return Math.abs(Math.abs(sigma) - options.epsilon);
  },

  example: {
    x: [
      [3, 0],
      [4, 5],
    ],
    parameters: {},
    y: [
      [0.44721, 0],
      [0.59628, 0.74536],
    ],
    state: { u: [0.70711, 0.70711], v: [0.31623, 0.94868] },
  },

  invariants: {
    keepsShape,
    lengthScalingLaw,
    lengthScaledGradient,
    oddFunction,
    evenGradient,
    ...spectralLaws(vectors),
  },
});

/** A vector over its length, or over ε if it is shorter. */
function unit<T>(math: Algebra<T>, x: T, epsilon: number): T {
  const axes = math.shape(x).map((_, axis) => axis);
  const squares = math.sum(square(math, x), axes);
  return math.div(x, math.sqrt(math.maximum(squares, math.mul(epsilon, epsilon))));
}
