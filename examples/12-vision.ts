// A small ConvNeXt V2 learns the digits, with global_response_norm and without.
import {
  Adam,
  Conv2D,
  ConvNeXtBlock,
  type ConvNeXtBlockOptions,
  Dense,
  GlobalAveragePooling2D,
  Sequential,
  type Tensor,
  createNormalizationLayer,
  crossEntropy,
  noGrad,
  reshape,
  valueAndGrad,
} from 'normtape';
import { batches, digits, split } from 'normtape/data';

const { train, test } = split(digits(), { testShare: 0.2, seed: 1 });

/** Reshapes rows of 64 grey values to images of 8 by 8 with one channel. */
const images = (x: Tensor): Tensor => reshape(x, [-1, 8, 8, 1]);

/** The normalization inside the MLP of a block; everything else is the same, including the first weights. */
const variants = {
  'with responses, as in the paper': {},
  'without responses': { responseNormalization: 'none' },
} as const satisfies Record<string, Partial<ConvNeXtBlockOptions>>;

function network(options: Partial<ConvNeXtBlockOptions>): Sequential {
  const block = (seed: number) => new ConvNeXtBlock({ channels: 16, kernelSize: 3, seed, ...options });
  return new Sequential([
    images,
    new Conv2D(16, 2, { stride: 2, seed: 3 }),
    createNormalizationLayer('layer_norm'),
    block(1),
    block(2),
    new GlobalAveragePooling2D(),
    new Dense(10, { seed: 4 }),
  ]);
}

for (const [name, options] of Object.entries(variants)) {
  const model = network(options);
  const optimizer = new Adam({ learningRate: 0.01 });
  for (let epoch = 1; epoch <= 3; epoch++) {
    for (const { features, labels } of batches(train, { size: 64, seed: epoch })) {
      const { gradients } = valueAndGrad(() => crossEntropy(model.forward(features), labels), model);
      optimizer.step(gradients);
    }
  }
  console.log(`${name}: accuracy ${accuracy(model).toFixed(3)}`);
}

function accuracy(model: Sequential): number {
  const logits = noGrad(() => model.eval().forward(test.features)).toArray() as number[][];
  const right = logits.filter((row, i) => row.indexOf(Math.max(...row)) === test.labels[i]);
  return right.length / logits.length;
}
