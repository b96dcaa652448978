import { type Dtype, Random, type Shape, scale } from '../array/index.js';
import { Parameter } from '../autograd/parameter.js';
import { type NumberOption, type Values, flag, number, part, seed } from '../option/index.js';
import { constraint, constraints } from './constraints.js';
import { type Fans, initialize, initializers } from './initializers.js';
import { regularizer, regularizers } from './regularizers.js';

/** The factor of what an initializer draws: 1 for the numbers as they are, 0 for zeros. */
export const kernelGain = (about: string): NumberOption => number(1, about, { explore: [0, 2] });

/** The options of every layer that multiplies by a kernel and adds a bias. */
export const KERNEL_AND_BIAS = {
  useBias: flag(true, 'Whether to learn a bias.'),
  kernelInitializer: part(initializers, 'glorot_uniform', 'What the kernel starts from.'),
  kernelGain: kernelGain('The factor of the initial kernel.'),
  biasInitializer: part(initializers, 'zeros', 'What the bias starts from.'),
  kernelRegularizer: part(regularizers, 'none', 'What the kernel costs.'),
  biasRegularizer: part(regularizers, 'none', 'What the bias costs.'),
  kernelConstraint: part(constraints, 'none', 'What the kernel may be.'),
  biasConstraint: part(constraints, 'none', 'What the bias may be.'),
  seed: seed('Of the initial weights; left out, one is drawn.'),
};

interface Making {
  readonly kernel: Shape;
  readonly bias: Shape;
  /** The fans of the kernel; taken from its shape by default. */
  readonly fans?: Fans | undefined;
  readonly dtype: Dtype;
  readonly trainable: boolean;
  readonly seed: number;
}

interface Made {
  readonly kernel: Parameter;
  readonly bias: Parameter | undefined;
}

/** The options that make a layer with the weights that it has now: folding a norm adds a bias, which has no rules. */
export function optionsOfNow<O extends Values<typeof KERNEL_AND_BIAS>>(
  options: O,
  { kernel, bias }: { readonly kernel: Parameter | undefined; readonly bias: Parameter | undefined },
): O {
  const useBias = bias !== undefined;
  if (!kernel || useBias === options.useBias) return options;
  return { ...options, useBias, biasRegularizer: 'none', biasConstraint: 'none' };
}

/** A function that makes the weights of a layer by its options. Throws, in the name of `where`, if a part contradicts itself. */
export function kernelAndBias(
  where: string,
  options: Values<typeof KERNEL_AND_BIAS>,
): (making: Making) => Made {
  const rules = {
    kernel: {
      regularizer: regularizer(options.kernelRegularizer, `${where}.kernelRegularizer`),
      constraint: constraint(options.kernelConstraint, `${where}.kernelConstraint`),
    },
    bias: {
      regularizer: regularizer(options.biasRegularizer, `${where}.biasRegularizer`),
      constraint: constraint(options.biasConstraint, `${where}.biasConstraint`),
    },
  };
  return (making) => {
    const { dtype, trainable } = making;
    const seeds = new Random(making.seed);
    const make = (name: 'kernel' | 'bias'): Parameter => {
      const fans = name === 'kernel' ? making.fans : undefined;
      const own = { dtype, seed: seeds.seed(), where: `${where}.${name}Initializer`, fans };
      const drawn = initialize(options[`${name}Initializer`], making[name], own);
      const gain = name === 'kernel' ? options.kernelGain : 1;
      return new Parameter(gain === 1 ? drawn : scale(drawn, gain), { trainable, ...rules[name] });
    };
    return { kernel: make('kernel'), bias: options.useBias ? make('bias') : undefined };
  };
}
