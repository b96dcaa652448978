import type { Tensor } from '../autograd/tape.js';
import { isList } from '../demand.js';
import { NormtapeError } from '../error.js';
import { ARGUMENTS } from './construction.js';
import { demandTensor } from './input.js';
import { Module } from './module.js';

/** A function from a tensor to a tensor: a module, or an op. */
export type Layer = (Module & { forward(x: Tensor): Tensor }) | ((x: Tensor) => Tensor);

/** Layers one after the other. Throws if one is neither a module nor an op, or does not return a tensor. */
export class Sequential extends Module {
  readonly layers: readonly Layer[];

  constructor(layers: readonly Layer[]) {
    super();
    if (!isList(layers)) {
      const hint = 'As in new Sequential([first, second]).';
      throw new NormtapeError({ where: 'Sequential', expected: 'a list of layers', received: layers, hint });
    }
    layers.forEach((layer: unknown, i) => {
      if (layer instanceof Module || typeof layer === 'function') return;
      throw new NormtapeError({
        where: `Sequential.layers.${i}`,
        expected: 'a module or an op',
        received: layer,
      });
    });
    this.layers = [...layers];
  }

  override [ARGUMENTS](): readonly unknown[] {
    return [this.layers];
  }

  override chains(): readonly (readonly unknown[])[] {
    return [this.layers.flatMap((layer) => (layer instanceof Sequential ? layer.chains().flat() : [layer]))];
  }

  override forward(x: Tensor): Tensor {
    demandTensor('Sequential', x);
    return this.layers.reduce((input, layer, i) => {
      const output = layer instanceof Module ? layer.forward(input) : layer(input);
      demandTensor(`Sequential.layers.${i}: output`, output);
      return output;
    }, x);
  }
}
