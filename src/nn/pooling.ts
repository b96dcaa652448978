import type { Tensor } from '../autograd/tape.js';
import { NormtapeError } from '../error.js';
import { averagePool2d, max, maxPool2d, mean, reshape } from '../ops/catalog.js';
import { type PoolOptions, readPool } from '../ops/convolution.js';
import type { Extent } from '../ops/window.js';
import { resolveBeside } from '../option/index.js';
import { demandTensor } from './input.js';
import { ARGUMENTS } from './construction.js';
import { Module } from './module.js';

/** The options of a pooling layer, besides the size of its windows. */
export type PoolingOptions = Omit<PoolOptions, 'size'>;

type Pool = (x: Tensor, options: PoolOptions) => Tensor;

/** The common part of layers that reduce windows of images. */
abstract class Pooling extends Module {
  readonly #where: string;
  readonly #pool: Pool;
  readonly #options: PoolOptions;

  constructor(where: string, pool: Pool, size: Extent, given: PoolingOptions) {
    super();
    this.#where = where;
    this.#pool = pool;
    this.#options = { ...resolveBeside(where, {}, given, ['stride', 'padding']), size };
    readPool(where, this.#options);
  }

  override [ARGUMENTS](): readonly unknown[] {
    const { size, ...options } = this.#options;
    return [size, options];
  }

  override forward(x: Tensor): Tensor {
    demandTensor(this.#where, x);
    return this.#pool(x, this.#options);
  }
}

/** The largest of every window, channel by channel; see maxPool2d. Throws if an option is wrong. */
export class MaxPooling2D extends Pooling {
  constructor(size: Extent = 2, options: PoolingOptions = {}) {
    super('MaxPooling2D', maxPool2d, size, options);
  }
}

/** Average pooling: the mean of every window, channel by channel; see averagePool2d. Throws if an option is invalid. */
export class AveragePooling2D extends Pooling {
  constructor(size: Extent = 2, options: PoolingOptions = {}) {
    super('AveragePooling2D', averagePool2d, size, options);
  }
}

/** The mean of each channel over the whole image: [samples, height, width, channels] → [samples, channels]. */
export class GlobalAveragePooling2D extends Module {
  override [ARGUMENTS](): readonly unknown[] {
    return [];
  }

  override forward(x: Tensor): Tensor {
    demandImages('GlobalAveragePooling2D', x);
    return mean(x, [1, 2]);
  }
}

/** The largest of each channel over the whole image: [samples, height, width, channels] → [samples, channels]. */
export class GlobalMaxPooling2D extends Module {
  override [ARGUMENTS](): readonly unknown[] {
    return [];
  }

  override forward(x: Tensor): Tensor {
    demandImages('GlobalMaxPooling2D', x);
    return max(x, [1, 2]);
  }
}

function demandImages(where: string, x: unknown): asserts x is Tensor {
  demandTensor(where, x);
  if (x.shape.length === 4) return;
  const expected = 'images [samples, height, width, channels]';
  throw new NormtapeError({ where, expected, received: x.shape });
}

/** Flattens each sample, in row-major order: [samples, ...] → [samples, n]. */
export class Flatten extends Module {
  override [ARGUMENTS](): readonly unknown[] {
    return [];
  }

  override forward(x: Tensor): Tensor {
    demandTensor('Flatten', x);
    const [samples] = x.shape;
    if (samples === undefined) {
      throw new NormtapeError({
        where: 'Flatten',
        expected: 'an input with a batch axis',
        received: x.shape,
      });
    }
    return reshape(x, [samples, x.shape.slice(1).reduce((size, n) => size * n, 1)]);
  }
}
