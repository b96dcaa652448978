// The program that every environment runs: a network with a norm is trained, at once and with rests, saved and loaded.
import { Adam, ConfigurableModel, crossEntropy, kernelInfo, tensor } from 'normtape';
import { dataset } from 'normtape/data';
import { loadModel, saveModel } from 'normtape/io';
import { fit, fitAsync } from 'normtape/train';

const features = [
  [0, 0],
  [0, 1],
  [1, 0],
  [1, 1],
];

export async function run(): Promise<object> {
  const pairs = dataset('xor', features, [0, 1, 1, 0], ['equal', 'unequal']);
  const made = () => new ConfigurableModel({ classes: 2, hidden: [8], normalization: 'layer_norm', seed: 1 });
  const settings = () => ({
    loss: crossEntropy,
    optimizer: new Adam({ learningRate: 0.05 }),
    epochs: 200,
    seed: 1,
  });
  const [model, patient] = [made(), made()];
  const losses = fit(model, pairs, settings()).epochs.map(({ loss }) => loss);
  const rested = await fitAsync(patient, pairs, { ...settings(), budget: 1 });
  const outputs = (one: ConfigurableModel) => String(one.eval().forward(tensor(features)).toArray());
  return {
    losses,
    isPatient: String(rested.epochs.map(({ loss }) => loss)) === String(losses),
    // Files for pages without a bundler cannot save.
    isLoaded:
      typeof saveModel === 'undefined' ||
      outputs(loadModel(saveModel(model)).model as ConfigurableModel) === outputs(model),
    kernels: kernelInfo().kernels,
  };
}
