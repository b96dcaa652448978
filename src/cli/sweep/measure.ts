import { noGrad } from '../../autograd/recording.js';
import { type AnyDataset, batches, countOf } from '../../data/index.js';
import type { ConfigurableModel } from '../../models/configurable-model.js';
import { mean, square } from '../../ops/catalog.js';
import type { Task } from './task.js';

/** Statistics of the outputs of one hidden layer, over all test samples. */
export interface Activations {
  readonly mean: number;
  readonly rms: number;
}

export interface Measures {
  /** The mean loss; for numbers, the mean squared error in the units of the data. */
  readonly loss: number;
  /** The accuracy from 0 to 1; for numbers, R². */
  readonly accuracy: number;
  /** One per hidden layer, from the input on. */
  readonly layers: readonly Activations[];
}

/** Evaluates a model on all samples, in chunks; leaves it in eval mode. */
export function measure(model: ConfigurableModel, data: AnyDataset, task: Task): Measures {
  model.eval();
  const total = countOf(data);
  const score = task.score();
  const sums = { loss: 0, layers: model.hidden.map(() => ({ mean: 0, square: 0 })) };
  noGrad(() => {
    for (const batch of batches(data, { size: 1024 })) {
      const count = countOf(batch);
      const share = count / total;
      const outputs = model.layers(batch.features);
      const predictions = outputs.at(-1)!;
      sums.loss += share * task.unit * task.loss(predictions, batch).item();
      score.add(predictions, batch, count);
      sums.layers.forEach((layer, i) => {
        layer.mean += share * mean(outputs[i]!).item();
        layer.square += share * mean(square(outputs[i]!)).item();
      });
    }
  });
  return {
    loss: sums.loss,
    accuracy: score.value(),
    layers: sums.layers.map(({ mean, square }) => ({ mean, rms: Math.sqrt(square) })),
  };
}
