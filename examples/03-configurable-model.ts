// One model, six ways to normalize it: each trained from the same weights on the same batches, then ranked.
// For more seeds, a table with deviations and a report, see `npx normtape sweep --config`.
import {
  Adam,
  ConfigurableModel,
  type NormalizationConfigOf,
  type ShapePreservingType,
  crossEntropy,
  noGrad,
  valueAndGrad,
} from 'normtape';
import { batches, digits, split } from 'normtape/data';

// Any type that keeps the shape of its input fits after a hidden layer.
type Variant = { [T in ShapePreservingType]: NormalizationConfigOf<T> }[ShapePreservingType];

const variants: Readonly<Record<string, Variant>> = {
  layer_norm: { type: 'layer_norm' },
  rms_norm: { type: 'rms_norm', useScale: true },
  zero_centered_rms_norm: { type: 'zero_centered_rms_norm', epsilon: 1e-5 },
  band_rms: { type: 'band_rms', maxBandWidth: 0.1 },
  global_response_norm: { type: 'global_response_norm' },
  dynamic_tanh: { type: 'dynamic_tanh', alphaInitValue: 0.5 },
};

const data = split(digits(), { testShare: 0.2, seed: 1 });

const ranking = Object.entries(variants)
  .map(([name, normalization]) => ({ name, accuracy: trained(normalization) }))
  .sort((a, b) => b.accuracy - a.accuracy);
for (const { name, accuracy } of ranking) console.log(`${name}: ${accuracy.toFixed(3)}`);

/** The accuracy on the test samples after three epochs. */
function trained(normalization: Variant): number {
  const model = new ConfigurableModel({ classes: 10, hidden: [64, 32], normalization, seed: 1 });
  const optimizer = new Adam({ learningRate: 0.003 });
  for (let epoch = 1; epoch <= 3; epoch++) {
    for (const { features, labels } of batches(data.train, { size: 32, seed: epoch })) {
      const loss = () => crossEntropy(model.forward(features), labels);
      optimizer.step(valueAndGrad(loss, model).gradients);
    }
  }
  const { features, labels } = data.test;
  const logits = noGrad(() => model.eval().forward(features)).toArray() as number[][];
  return logits.filter((row, i) => row.indexOf(Math.max(...row)) === labels[i]).length / labels.length;
}
