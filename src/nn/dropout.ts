import { type NdArray, Random, type Shape, anySeed, drawFactors, masked } from '../array/index.js';
import { lift } from '../autograd/primitive.js';
import type { Tensor } from '../autograd/tape.js';
import { NormtapeError } from '../error.js';
import { type Given, number, plain, resolve, seed } from '../option/index.js';
import { demandTensor } from './input.js';
import { ARGUMENTS } from './construction.js';
import { Module } from './module.js';

const OPTIONS = {
  rate: number(0.5, 'The share of elements to drop.', { min: 0, max: 1, explore: [0, 0.9] }),
  seed: seed('Of the masks; left out, one is drawn.'),
};

/** The options of `Dropout`, besides its rate; each has a default. */
export type DropoutOptions = Omit<Given<typeof OPTIONS>, 'rate'>;

/**
 * In training, sets a share of the elements to 0 and divides the others by 1 minus that share, so that means stay
 * (Srivastava et al. 2014, inverted). In evaluation it is the identity. Throws if `rate` is not from 0 to 1.
 */
export class Dropout extends Module {
  readonly rate: number;
  readonly seed: number;
  /** The generator of the masks; its `state` is part of a checkpoint. */
  readonly random: Random;

  constructor(rate: number, options: DropoutOptions = {}) {
    super();
    // A rate must be given: null, unlike undefined, is refused.
    const all = { ...plain('Dropout', options), rate: rate ?? null };
    const { rate: checked, seed: given } = resolve('Dropout', OPTIONS, all);
    this.rate = checked;
    this.seed = given ?? anySeed();
    this.random = new Random(this.seed);
  }

  override [ARGUMENTS](): readonly unknown[] {
    return [this.rate, { seed: this.seed }];
  }

  /** The shape of a mask, which is broadcast to an input of this shape. */
  protected maskShape(input: Shape): Shape {
    return input;
  }

  override forward(x: Tensor): Tensor {
    demandTensor('Dropout', x);
    const { rate, random } = this;
    if (!this.training || rate === 0) return x;
    const shape = this.maskShape(x.shape);
    const mask = drawFactors(random, shape, rate, x.dtype);
    // A dropped element is 0 even if it was infinite.
    const rule = (input: NdArray) => ({
      value: masked(input, mask),
      pullback: (g: NdArray) => [masked(g, mask)],
    });
    return lift('dropout', [x], rule, { rate, mask: shape });
  }
}

/**
 * Dropout of whole channels of images [samples, height, width, channels], since adjacent pixels are so similar that a
 * dropped pixel could be inferred from its neighbours (Tompson et al. 2015, section 3.2).
 *
 * @throws {NormtapeError} If `rate` is not from 0 to 1, or x is not an image.
 */
export class SpatialDropout2D extends Dropout {
  protected override maskShape(input: Shape): Shape {
    const [samples, , , channels] = input;
    if (input.length === 4) return [samples!, 1, 1, channels!];
    const expected = 'images [samples, height, width, channels]';
    throw new NormtapeError({ where: 'SpatialDropout2D', expected, received: input });
  }
}
