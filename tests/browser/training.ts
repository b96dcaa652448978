// A training loop as in a page. Node runs the same one for comparison.
import {
  Adam,
  ConfigurableModel,
  type KernelSet,
  crossEntropy,
  kernelInfo,
  noGrad,
  setKernels,
  valueAndGrad,
} from 'normtape';
import { batches, digits, split } from 'normtape/data';

export interface Training {
  readonly losses: readonly number[];
  readonly accuracy: number;
  readonly kernels: string;
}

/** Trains a small model on the digits, with these kernels. */
export function train(normalization: 'layer_norm' | 'batch_norm', kernels: KernelSet | 'auto'): Training {
  setKernels(kernels);
  const { train, test } = split(digits(), { testShare: 0.5, seed: 1 });
  const model = new ConfigurableModel({ classes: 10, hidden: [32], normalization, seed: 1 });
  const adam = new Adam({ learningRate: 0.02 });
  const losses: number[] = [];
  for (const { features, labels } of batches(train, { size: 32, seed: 1, dropLast: true })) {
    const { value, gradients } = valueAndGrad(() => crossEntropy(model.forward(features), labels), model);
    adam.step(gradients);
    losses.push(value.item());
  }
  model.eval();
  const logits = noGrad(() => model.forward(test.features)).toArray() as number[][];
  const right = logits.filter((row, i) => row.indexOf(Math.max(...row)) === test.labels[i]);
  return { losses, accuracy: right.length / logits.length, kernels: kernelInfo().kernels };
}
