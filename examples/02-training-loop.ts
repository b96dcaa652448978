// A classifier of handwritten digits, with the training loop written out.
import {
  Adam,
  Dense,
  Module,
  type Tensor,
  clipByGlobalNorm,
  createNormalizationLayer,
  crossEntropy,
  noGrad,
  relu,
  valueAndGrad,
} from 'normtape';
import { type Dataset, batches, digits, split } from 'normtape/data';

/** Layers are fields; Module names their weights after the fields. */
class Classifier extends Module {
  readonly hidden = new Dense(32, { kernelInitializer: 'he_normal', seed: 1 });
  readonly norm = createNormalizationLayer('rms_norm');
  readonly output = new Dense(10, { seed: 2 });

  override forward(x: Tensor): Tensor {
    return this.output.forward(relu(this.norm.forward(this.hidden.forward(x))));
  }
}

const { train, test } = split(digits(), { testShare: 0.2, seed: 1 });
const model = new Classifier();
const optimizer = new Adam({ learningRate: 0.005 });

for (let epoch = 1; epoch <= 5; epoch++) {
  model.train();
  let total = 0;
  for (const { features, labels } of batches(train, { size: 32, seed: epoch })) {
    const { value, gradients } = valueAndGrad(() => crossEntropy(model.forward(features), labels), model);
    optimizer.step(clipByGlobalNorm(gradients, 1));
    total += value.item() * labels.length;
  }
  console.log(`epoch ${epoch}: loss ${(total / train.labels.length).toFixed(3)}`);
}

model.eval();
console.log(`test accuracy: ${accuracy(model, test).toFixed(3)}`);
console.log(`weights: ${[...model.namedParameters().keys()].join(', ')}`);

function accuracy(classifier: Classifier, { features, labels }: Dataset): number {
  const logits = noGrad(() => classifier.forward(features)).toArray() as number[][];
  const right = logits.filter((row, i) => row.indexOf(Math.max(...row)) === labels[i]);
  return right.length / labels.length;
}
