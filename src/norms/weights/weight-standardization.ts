import {
  type Axes,
  type NdArray,
  type Shape,
  along,
  flat,
  full,
  mean,
  scale,
  sizeOf,
  square,
  sub,
} from '../../array/index.js';
import { learned, square as squared } from '../formula.js';
import {
  centeredLaws,
  evenGradient,
  keepsShape,
  lawsIf,
  learnedLaws,
  lengthScalingLaw,
  oddFunction,
  outputsApart,
  scaledGradient,
  scalingLaw,
  squaresOfOutput,
  unitLaws,
} from '../laws/index.js';
import { norm } from '../norm.js';
import * as option from '../option.js';
import { standardizeWith } from '../parts/index.js';
import { acceptsWeight, outputAxes, outputGain, withinOutput } from '../parts/outputs.js';

interface Settings {
  readonly axis: Axes;
  readonly epsilon: number;
  readonly epsilonPlacement: 'inside' | 'outside';
  readonly unbiased: boolean;
  readonly fanInScale: boolean;
}

/** The n weights of an output, the divisor m of their squares, and the factor k of the result. */
function counts(shape: Shape, { axis, unbiased, fanInScale }: Settings) {
  const n = sizeOf(along(shape, withinOutput(shape, axis)));
  return { n, m: unbiased ? Math.max(n - 1, 1) : n, k: fanInScale ? 1 / Math.sqrt(n) : 1 };
}

const isInside = ({ epsilonPlacement }: Settings): boolean => epsilonPlacement === 'inside';

const core = { total: 'mean', bound: 'added', centered: true } as const;
const { zeroMean, shiftInvariant, integerShift, constantRows, alone, zeroSumGradient, blindToConstants } =
  centeredLaws(core);

export const weightStandardization = norm({
  type: 'weight_standardization',
  title: 'WeightStandardization',
  alsoKnownAs: ['WS', 'WSConv', 'WSConv2D', 'StdConv2d', 'ScaledStdConv2d'],
  about: 'Centers the weights of each output, and divides them by their standard deviation.',
  useCase:
    'Convolutional networks with GroupNorm and small batches, and networks without any norm of activations.',
  reference: {
    authors: 'Siyuan Qiao, Huiyu Wang, Chenxi Liu, Wei Shen, Alan Yuille',
    title: 'Micro-Batch Training with Batch-Channel Normalization and Weight Standardization',
    year: 2019,
    url: 'https://arxiv.org/abs/1903.10520',
  },
  notes: [
    'Each output gets weights of variance 1, and so grows with their number; place a norm behind the layer, or set `fanInScale`.',
    'A layer that is already trained changes when it is wrapped; one that starts anew does not mind.',
    'The default is that of timm: ε of 1e-6 inside the root, the biased variance and no gain. The first code of the paper has ε of 1e-5 outside of the root and, in PyTorch, the unbiased variance.',
    'NFNets set `useGain` and `fanInScale`; the factor of their activation is part of the gain.',
    'An output with a single weight gives 0: nothing is left of it without its mean.',
    'With ε outside of the root and equal weights the function has no derivative; the layer uses dx̂ / ε less its mean.',
  ],

  options: {
    axis: outputAxes,
    epsilon: option.epsilon(
      'Added to the variance, or to the standard deviation, to avoid division by zero.',
    ),
    epsilonPlacement: option.choice(
      'inside',
      'Whether ε is added inside of the root, to the variance, or outside, to the standard deviation.',
      ['inside', 'outside'],
    ),
    unbiased: option.flag(false, 'Whether the variance divides by n − 1 and not by n.'),
    fanInScale: option.flag(false, 'Whether to divide by √n, for n weights of an output.'),
    useGain: option.flag(false, 'Whether to learn a gain g for each output.'),
    ...outputGain.options,
  },

  parameters: { gain: { ...outputGain.parameters.gain, when: ({ useGain }) => useGain } },

  accepts: acceptsWeight,

  formula(math, x, { gain }, options) {
    const { axis, epsilon, unbiased, fanInScale } = options;
    const shape = math.shape(x);
    const within = withinOutput(shape, axis);
    const { m, k } = counts(shape, options);
    const center = math.name('x̄', math.mean(x, within));
    const offset = math.name('c', math.sub(x, center));
    const variance = math.name(
      'v',
      unbiased
        ? math.div(math.sum(squared(math, offset), within), m)
        : math.mean(squared(math, offset), within),
    );
    const length = math.name(
      'N',
      isInside(options) ? math.sqrt(math.add(variance, epsilon)) : math.add(math.sqrt(variance), epsilon),
    );
    const unit = math.name('x̂', math.div(offset, length));
    const grown = learned(math, unit, axis, gain);
    return { outputs: [fanInScale ? math.mul(k, grown) : grown] };
  },

  /**
   * The gradients of g, x̂, v and x, from dy, for the n weights of an output, which share one mean and one N.
   *
   *     dg = Σ dy x̂          y = g x̂
   *     dx̂ = g dy
   *     dN = −Σ dx̂ x̂ / N     x̂ = c / N
   *     dv = dN / (2 N)      N² = v + ε
   *     dc = dx̂ / N + 2 c dv / n
   *     dx = dc − mean(dc)   c = x − x̄
   *
   * Without a gain, g = 1. With ε outside of the root, N = √v + ε and dv = dN / (2 √v), or 0 if v is 0. The unbiased
   * variance has n − 1 in place of n, and `fanInScale` multiplies g by 1 / √n. Then the kernel for the biased variance is
   * given ε and a gain that differ by a factor of n / (n − 1), or its root.
   */
  apply(x, { gain }, options) {
    const { axis, epsilon } = options;
    const within = withinOutput(x.shape, axis);
    const { n, m, k } = counts(x.shape, options);
    const share = m / n;
    const factor = k * Math.sqrt(share);
    const own = grown(x, gain, axis, factor);
    const { value, pullback } = isInside(options)
      ? standardizeWith(x, within, epsilon * share, { gain: own, along: axis })
      : standardizeWith(x, within, epsilon * Math.sqrt(share), { gain: own, along: axis }, 'outside');
    return {
      value,
      pullback(gradient) {
        const pulled = pullback(gradient);
        return { x: pulled.x, gain: gain && pulled.gain && scale(pulled.gain, factor) };
      },
    };
  },

  // Equal weights, whose standard deviation has a corner at 0.
  kinks: (x, options) => (isInside(options) ? Infinity : leastDeviation(x, options)),

  example: {
    options: { useGain: true },
    x: [
      [1, 4],
      [3, 4],
      [8, 7],
    ],
    parameters: { gain: [1, -2] },
    y: [
      [-1.01905, 1.41421],
      [-0.33968, 1.41421],
      [1.35873, -2.82843],
    ],
  },

  invariants: {
    keepsShape,
    oddFunction,
    evenGradient,
    zeroMean,
    shiftInvariant,
    integerShift,
    constantRows,
    alone,
    squaresOfOutput,
    outputsApart,
    ...lawsIf<Settings, string>('If ε is inside of the root', ({ options }) => isInside(options), {
      scalingLaw,
      scaledGradient,
      zeroSumGradient,
      blindToConstants,
    }),
    ...lawsIf<Settings, string>('If ε is outside of the root', ({ options }) => !isInside(options), {
      outsideScalingLaw: lengthScalingLaw,
    }),
    ...lawsIf<Settings, string>(
      'If ε is inside of the root and the variance is biased',
      ({ options }) => isInside(options) && !options.unbiased,
      unitLaws(core),
    ),
    ...learnedLaws({ gain: 'gain', symbol: 'g' }),
  },
});

/** The least standard deviation of the weights of an output. */
const leastDeviation = (x: NdArray, { axis }: Settings): number => {
  const within = withinOutput(x.shape, axis);
  return Math.sqrt(Math.min(...flat(mean(square(sub(x, mean(x, within))), within))));
};

/** The gain times a factor; undefined if both are left out. */
const grown = (x: NdArray, gain: NdArray | undefined, axis: Axes, factor: number): NdArray | undefined => {
  if (factor === 1) return gain;
  return gain ? scale(gain, factor) : full(along(x.shape, axis), factor, x.dtype);
};
