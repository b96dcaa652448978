import { type Shape, across, anySeed, knownDtype, positiveAxes, sameShape } from '../array/index.js';
import { Parameter } from '../autograd/parameter.js';
import type { Tensor } from '../autograd/tape.js';
import { NormtapeError } from '../error.js';
import { prelu } from '../ops/catalog.js';
import { type Given, type Values, axes, part, plain, resolve, seed } from '../option/index.js';
import { constraint, constraints } from './constraints.js';
import { ARGUMENTS, BUILT_FOR, builtFor } from './construction.js';
import { initialize, initializers } from './initializers.js';
import { demandDtype, demandTensor, type BuildOptions, readBuild } from './input.js';
import { Module } from './module.js';
import { regularizer, regularizers } from './regularizers.js';

const OPTIONS = {
  sharedAxes: axes(
    [],
    'The axes of the input along which one slope is shared, the batch apart; [1, 2] for images.',
    { empty: true },
  ),
  alphaInitializer: part(initializers, 'zeros', 'What the slopes start from.'),
  alphaRegularizer: part(regularizers, 'none', 'What the slopes cost.'),
  alphaConstraint: part(constraints, 'none', 'What the slopes may be.'),
  seed: seed('Of the initial slopes; left out, one is drawn.'),
};

/** The options of `PReLU`; each has a default. */
export type PReLUOptions = Given<typeof OPTIONS>;

/**
 * x above 0 and α ⊙ x below, with learned slopes α: He, Zhang, Ren and Sun (2015), equation 1. As in Keras, every
 * element of a sample has a slope of its own unless `sharedAxes` says otherwise, and slopes start at 0; PyTorch's
 * start at 0.25: `alphaInitializer: { type: 'constant', value: 0.25 }`. The weight `alpha` has the shape of a sample,
 * with shared axes of size 1.
 *
 * @throws {NormtapeError} If an option is wrong, or an input does not fit the one that built the layer.
 */
export class PReLU extends Module {
  readonly options: Values<typeof OPTIONS>;
  /** The seed of the initial slopes: given, or drawn. */
  readonly seed: number;
  alpha: Parameter | undefined;
  readonly #rules;

  constructor(given: PReLUOptions = {}) {
    super();
    this.options = resolve('PReLU', OPTIONS, plain('PReLU', given));
    this.seed = this.options.seed ?? anySeed();
    this.#rules = {
      regularizer: regularizer(this.options.alphaRegularizer, 'PReLU.alphaRegularizer'),
      constraint: constraint(this.options.alphaConstraint, 'PReLU.alphaConstraint'),
    };
  }

  override get built(): boolean {
    return this.alpha !== undefined;
  }

  override [ARGUMENTS](): readonly unknown[] {
    return [{ ...this.options, seed: this.seed }];
  }

  override get [BUILT_FOR]() {
    return builtFor(this.alpha, ({ shape }) => [1, ...shape]);
  }

  /** Creates the slopes for inputs of this shape; if there are any, only checks that the shape fits. */
  build(input: Shape, given: BuildOptions = {}): void {
    const dtype = readBuild('PReLU', input, given);
    const shape = this.#shapeFor(input);
    if (this.alpha) {
      if (sameShape(shape, this.alpha.shape)) return;
      const expected = `an input whose slopes have the shape [${this.alpha.shape.join(', ')}], as before`;
      throw new NormtapeError({ where: 'PReLU', expected, received: input });
    }
    const own = {
      dtype: knownDtype('PReLU.build: dtype', dtype),
      seed: this.seed,
      where: 'PReLU.alphaInitializer',
    };
    const value = initialize(this.options.alphaInitializer, shape, own);
    this.alpha = new Parameter(value, { trainable: this.trainable, ...this.#rules });
  }

  override forward(x: Tensor): Tensor {
    demandTensor('PReLU', x);
    if (this.alpha) demandDtype('PReLU', x, this.alpha.dtype);
    this.build(x.shape, { dtype: x.dtype });
    return prelu(x, this.alpha!);
  }

  /** The shape of a sample, cut to 1 along the shared axes. */
  #shapeFor(input: Shape): number[] {
    const shared = positiveAxes(this.options.sharedAxes, input.length, 'PReLU.sharedAxes');
    if (input.length < 2 || shared.includes(0)) {
      const expected = 'an input of rank 2 or more, and no shared axis 0, which is the batch';
      throw new NormtapeError({ where: 'PReLU', expected, received: { input, sharedAxes: shared } });
    }
    return across(input, shared).slice(1);
  }
}
