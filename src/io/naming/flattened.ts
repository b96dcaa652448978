import { Dense } from '../../nn/dense.js';
import { Dropout } from '../../nn/dropout.js';
import { Activation } from '../../nn/activations.js';
import { Embedding } from '../../nn/embedding.js';
import { KERNELS } from '../../nn/kernel-layer.js';
import { Module } from '../../nn/module.js';
import {
  AveragePooling2D,
  Flatten,
  GlobalAveragePooling2D,
  GlobalMaxPooling2D,
  MaxPooling2D,
} from '../../nn/pooling.js';
import { Reshape } from '../../nn/reshape.js';
import { SlidingKernel } from '../../nn/sliding-kernel.js';
import { NormalizationLayer } from '../../norms/layer.js';

/** The channels of flattened images that a layer reads, or that they are unknown. */
export type Flattened = ReadonlyMap<Module, number | 'unknown'>;

/** Layers that keep the order of features. */
const KEEPING = [Activation, Dropout, MaxPooling2D, AveragePooling2D, NormalizationLayer];

/**
 * The layers whose features come from flattened images, in the lists of layers that a model states. `Flatten` puts the
 * channels of one pixel side by side, but a framework with channels first puts the pixels of one channel side by side.
 */
export function flattenedIn(model: Module): Flattened {
  const found = new Map<Module, number | 'unknown'>();
  for (const module of [model, ...model.namedModules().values()])
    for (const chain of module.chains()) readChain(chain, found);
  return found;
}

function readChain(chain: readonly unknown[], found: Map<Module, number | 'unknown'>): void {
  // Channels that are first there; 1 if features lie last in both.
  let channels: number | 'unknown' = 'unknown';
  let isFlat = false;
  for (const layer of chain) {
    if (layer instanceof Flatten) isFlat = true;
    else if (layer instanceof Reshape) {
      // Several axes hold numbers in an order that depends on where the channels were.
      if (layer.shape.length > 1) channels = channels === 1 ? 1 : 'unknown';
      isFlat = true;
    } else if (layer instanceof Dense || (layer instanceof NormalizationLayer && isFlat)) {
      if (isFlat && channels !== 1) found.set(layer, channels);
      if (layer instanceof Dense) [channels, isFlat] = [1, false];
    } else if (layer instanceof SlidingKernel) channels = outputsOf(layer);
    else if (
      layer instanceof GlobalAveragePooling2D ||
      layer instanceof GlobalMaxPooling2D ||
      layer instanceof Embedding
    )
      channels = 1;
    else if (layer instanceof Module && !KEEPING.some((kind) => layer instanceof kind)) channels = 'unknown';
  }
}

function outputsOf(layer: SlidingKernel): number | 'unknown' {
  const { stored, outputs } = layer[KERNELS]().kernel;
  return stored ? outputs.reduce((product, axis) => product * stored.shape.at(axis)!, 1) : 'unknown';
}
