import type { Tensor } from '../autograd/tape.js';
import { adaptiveAveragePool2d, adaptiveMaxPool2d, upSample2d } from '../ops/catalog.js';
import { type UpSampleOptions, readUpSample } from '../ops/resize.js';
import { type Extent, readExtent } from '../ops/window.js';
import { plain } from '../option/index.js';
import { demandTensor } from './input.js';
import { ARGUMENTS } from './construction.js';
import { Module } from './module.js';

/**
 * Upsamples images [samples, height, width, channels] by whole factors; see `upSample2d`.
 *
 * @throws {NormtapeError} If x is not an image, or an option is wrong.
 */
export class UpSampling2D extends Module {
  readonly options: Required<UpSampleOptions>;

  /** The factors of height and width, and the interpolation. */
  constructor(size: Extent = 2, options: Omit<UpSampleOptions, 'size'> = {}) {
    super();
    this.options = readUpSample('UpSampling2D', { ...plain('UpSampling2D', options), size });
  }

  override [ARGUMENTS](): readonly unknown[] {
    const { size, ...options } = this.options;
    return [size, options];
  }

  override forward(x: Tensor): Tensor {
    demandTensor('UpSampling2D', x);
    return upSample2d(x, this.options);
  }
}

/** Average pooling to a grid of this many rows and columns, for images of any size; see `adaptiveAveragePool2d`. */
export class AdaptiveAveragePooling2D extends Module {
  readonly outputSize: Extent;

  constructor(outputSize: Extent) {
    super();
    this.outputSize = readExtent('AdaptiveAveragePooling2D.outputSize', outputSize, 1);
  }

  override [ARGUMENTS](): readonly unknown[] {
    return [this.outputSize];
  }

  override forward(x: Tensor): Tensor {
    demandTensor('AdaptiveAveragePooling2D', x);
    return adaptiveAveragePool2d(x, this.outputSize);
  }
}

/** The maxima over a grid of this many rows and columns, for images of any size; see `adaptiveMaxPool2d`. */
export class AdaptiveMaxPooling2D extends Module {
  readonly outputSize: Extent;

  constructor(outputSize: Extent) {
    super();
    this.outputSize = readExtent('AdaptiveMaxPooling2D.outputSize', outputSize, 1);
  }

  override [ARGUMENTS](): readonly unknown[] {
    return [this.outputSize];
  }

  override forward(x: Tensor): Tensor {
    demandTensor('AdaptiveMaxPooling2D', x);
    return adaptiveMaxPool2d(x, this.outputSize);
  }
}
