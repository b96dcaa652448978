import { flat } from '../../array/index.js';
import { type Tensor, noGrad } from '../../autograd/tape.js';
import { type Dataset, batches } from '../../data/index.js';
import type { ConfigurableModel } from '../../models/configurable-model.js';
import { crossEntropy } from '../../nn/losses/index.js';
import { mean, square } from '../../ops/catalog.js';

/** What the outputs of one hidden layer are like, over all test samples. */
export interface Activations {
  readonly mean: number;
  readonly rms: number;
}

export interface Measures {
  readonly loss: number;
  /** From 0 to 1. */
  readonly accuracy: number;
  /** One for each hidden layer, from the input on. */
  readonly layers: readonly Activations[];
}

/** How many rows have their largest logit at their label. */
export function correct(logits: Tensor, labels: Int32Array): number {
  const scores = flat(logits.value);
  const width = scores.length / labels.length;
  return labels.reduce((count, label, row) => {
    const own = scores.subarray(row * width, (row + 1) * width);
    return count + Number(own.every((score, i) => i === label || score < own[label]!));
  }, 0);
}

/** Evaluates a model on all samples, a chunk at a time; it is left in evaluation. */
export function measure(model: ConfigurableModel, data: Dataset): Measures {
  model.eval();
  const total = data.labels.length;
  const sums = { loss: 0, hits: 0, layers: model.hidden.map(() => ({ mean: 0, square: 0 })) };
  noGrad(() => {
    for (const { features, labels } of batches(data, { size: 1024 })) {
      const share = labels.length / total;
      const outputs = model.layers(features);
      const logits = outputs.at(-1)!;
      sums.loss += share * crossEntropy(logits, labels).item();
      sums.hits += correct(logits, labels);
      sums.layers.forEach((layer, i) => {
        layer.mean += share * mean(outputs[i]!).item();
        layer.square += share * mean(square(outputs[i]!)).item();
      });
    }
  });
  return {
    loss: sums.loss,
    accuracy: sums.hits / total,
    layers: sums.layers.map(({ mean, square }) => ({ mean, rms: Math.sqrt(square) })),
  };
}
