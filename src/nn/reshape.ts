import type { Shape } from '../array/index.js';
import type { Tensor } from '../autograd/tape.js';
import { isList } from '../demand.js';
import { NormtapeError } from '../error.js';
import { reshape } from '../ops/catalog.js';
import { demandTensor } from './input.js';
import { ARGUMENTS } from './construction.js';
import { Module } from './module.js';

/**
 * Reshapes each sample, in row-major order: [samples, ...] → [samples, ...shape]. One −1 stands for the remaining size.
 * Throws if the shape is invalid, or if a sample has a different number of elements.
 */
export class Reshape extends Module {
  readonly shape: Shape;

  constructor(shape: Shape) {
    super();
    const isSize = (size: unknown): boolean =>
      Number.isSafeInteger(size) && ((size as number) > 0 || size === -1);
    if (!isList(shape) || !shape.every(isSize) || shape.filter((size) => size === -1).length > 1) {
      const expected = 'a list of sizes, of which one may be -1';
      throw new NormtapeError({ where: 'Reshape.shape', expected, received: shape });
    }
    this.shape = [...shape];
  }

  override [ARGUMENTS](): readonly unknown[] {
    return [this.shape];
  }

  override forward(x: Tensor): Tensor {
    demandTensor('Reshape', x);
    const [samples, ...sizes] = x.shape;
    const [size, known] = [sizes, this.shape].map((all) =>
      all.reduce((product, n) => product * Math.abs(n), 1),
    );
    const isFree = this.shape.includes(-1);
    if (samples !== undefined && (isFree ? size! % known! === 0 : size === known))
      return reshape(x, [samples, ...this.shape.map((n) => (n === -1 ? size! / known! : n))]);
    const expected = `samples of ${isFree ? 'a multiple of ' : ''}${known} elements`;
    throw new NormtapeError({ where: 'Reshape', expected, received: x.shape });
  }
}
