import type { Tensor } from '../../src/autograd/tape.js';
import { type Dataset, digits, pick } from '../../src/data/index.js';
import { Dense } from '../../src/nn/dense.js';
import { Dropout } from '../../src/nn/dropout.js';
import { Module } from '../../src/nn/module.js';
import { createNormalizationLayer } from '../../src/norms/normalizations.js';
import { relu } from '../../src/ops/catalog.js';

const all = digits();

/** So many digits, from a position on. */
export const some = (count: number, from = 0): Dataset =>
  pick(
    all,
    Array.from({ length: count }, (_, i) => from + i),
  );

/** Everything that a training may have to remember: weights, statistics, masks. */
export class Classifier extends Module {
  readonly hidden = new Dense(8, { seed: 1 });
  readonly norm = createNormalizationLayer('batch_norm');
  readonly dropout = new Dropout(0.3, { seed: 2 });
  readonly output = new Dense(10, { seed: 3 });

  override forward(x: Tensor): Tensor {
    return this.output.forward(this.dropout.forward(relu(this.norm.forward(this.hidden.forward(x)))));
  }
}

/** All numbers of a model, and the states of its generators. */
export const bitsOf = (model: Module) => ({
  weights: Object.fromEntries(Object.entries(model.stateDict()).map(([name, { data }]) => [name, [...data]])),
  generators: [...model.generators()].map(([name, { state }]) => [name, state]),
});
