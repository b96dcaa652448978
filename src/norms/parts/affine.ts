import {
  type Axes,
  type NdArray,
  type Shape,
  add,
  along,
  mul,
  onto,
  reshape,
  shortened,
  sumTo,
  wideProduct,
} from '../../array/index.js';
import type { Owned } from '../owned.js';
import * as option from '../option.js';

/** γ ⊙ x + β along the axes, with γ or β left out if it is undefined: the last step of most norms. */
export function affine(x: NdArray, axes: Axes, gain?: NdArray, shift?: NdArray) {
  const shape = onto(x.shape, axes);
  const kept = along(x.shape, axes);
  const gamma = gain && reshape(gain, shape);
  const beta = shift && reshape(shift, shape);
  const shifted = (a: NdArray, offset?: NdArray) => (offset ? add(a, offset) : a);
  return {
    // γ x may overflow even if γ x + β does not.
    value: gamma
      ? shortened(x.dtype, (short, to) => shifted(mul(to(x), short(gamma)), beta && short(beta)))
      : shifted(x, beta),
    /** The gradient of x may come in float64, if float32 does not hold it. */
    pullback: (g: NdArray) => ({
      x: gamma ? wideProduct(g, gamma) : g,
      gain: gain && reshape(contract(g, x, shape), kept),
      shift: shift && reshape(sumTo(g, shape), kept),
    }),
  };
}

/** Σ a b, summed to a shape; finite if the sum is, even if a product is not. */
export const contract = (a: NdArray, b: NdArray, shape: Shape): NdArray =>
  shortened(a.dtype, (short, to) => sumTo(mul(short(a), to(b)), shape));

/** The shape of a weight that has one number for each place along the axes. */
const alongAxes = {
  sizes: 'the sizes of the axes, ascending',
  shape: (input: Shape, { axis }: { readonly axis: Axes }): Shape => along(input, axis),
};

/** A weight of a norm that has an axis and, among others, these options. */
export type Learned<D extends option.Options> = Owned<option.Values<D> & { readonly axis: Axes }>;

const affineOptions = {
  center: option.flag(true, 'Whether to learn a shift β.'),
  scale: option.flag(true, 'Whether to learn a gain γ.'),
  gammaInitializer: option.initializer('ones', 'Initializer of γ.'),
  betaInitializer: option.initializer('zeros', 'Initializer of β.'),
  gammaRegularizer: option.regularizer('none', 'Regularizer of γ.'),
  betaRegularizer: option.regularizer('none', 'Regularizer of β.'),
  gammaConstraint: option.constraint('none', 'Constraint on γ.'),
  betaConstraint: option.constraint('none', 'Constraint on β.'),
};

const gamma: Learned<typeof affineOptions> = {
  about: 'The gain γ.',
  role: 'gain',
  symbol: 'γ',
  ...alongAxes,
  initial: ({ gammaInitializer }) => gammaInitializer,
  zeroGain: () => ({ gammaInitializer: 'zeros' }),
  regularizer: ({ gammaRegularizer }) => gammaRegularizer,
  constraint: ({ gammaConstraint }) => gammaConstraint,
  when: ({ scale }) => scale,
};

const beta: Learned<typeof affineOptions> = {
  about: 'The shift β.',
  role: 'shift',
  symbol: 'β',
  ...alongAxes,
  initial: ({ betaInitializer }) => betaInitializer,
  regularizer: ({ betaRegularizer }) => betaRegularizer,
  constraint: ({ betaConstraint }) => betaConstraint,
  when: ({ center }) => center,
};

/** The γ and β that `affine` applies: their options, and the weights these make. */
export const gainAndShift = { options: affineOptions, parameters: { gamma, beta } };

const scaleOptions = {
  useScale: option.flag(true, 'Whether to learn a gain γ for each feature.'),
  scaleInitializer: option.initializer('ones', 'Initializer of γ.'),
};

const scale: Learned<typeof scaleOptions> = {
  symbol: 'γ',
  about: 'The gain γ.',
  role: 'gain',
  ...alongAxes,
  initial: ({ scaleInitializer }) => scaleInitializer,
  zeroGain: () => ({ scaleInitializer: 'zeros' }),
  when: ({ useScale }) => useScale,
};

/** The gain of the RMS family, which learns no shift: its options, and the weight these make. */
export const gainAlone = { options: scaleOptions, parameters: { scale } };

const weightOptions = {
  kernelInitializer: option.initializer('ones', 'Initializer of w.'),
  biasInitializer: option.initializer('zeros', 'Initializer of b.'),
  kernelRegularizer: option.regularizer('none', 'Regularizer of w.'),
  biasRegularizer: option.regularizer('none', 'Regularizer of b.'),
  kernelConstraint: option.constraint('none', 'Constraint on w.'),
  biasConstraint: option.constraint('none', 'Constraint on b.'),
};

const weight: Learned<typeof weightOptions> = {
  symbol: 'w',
  about: 'The gain w.',
  role: 'gain',
  ...alongAxes,
  initial: ({ kernelInitializer }) => kernelInitializer,
  zeroGain: () => ({ kernelInitializer: 'zeros' }),
  regularizer: ({ kernelRegularizer }) => kernelRegularizer,
  constraint: ({ kernelConstraint }) => kernelConstraint,
};

const bias: Learned<typeof weightOptions> = {
  symbol: 'b',
  about: 'The shift b.',
  role: 'shift',
  ...alongAxes,
  initial: ({ biasInitializer }) => biasInitializer,
  regularizer: ({ biasRegularizer }) => biasRegularizer,
  constraint: ({ biasConstraint }) => biasConstraint,
};

/** The w and b of norms that apply one function to each number: their options, and the weights these make. */
export const weightAndBias = { options: weightOptions, parameters: { weight, bias } };
