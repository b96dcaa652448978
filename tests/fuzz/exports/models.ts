import * as main from '../../../src/index.js';
import {
  Dense,
  KeyValueCache,
  Module,
  Parameter,
  Sequential,
  type Tensor,
  createNormalizationLayer,
  normalizeWeights,
  randomNormal,
  tensor,
} from '../../../src/index.js';
import { layers } from '../../nn/samples.js';
import { type Calls, each, images, rows, sequences } from './values.js';

class Own extends Module {
  readonly weight = new Parameter(tensor([2]));
  forward(x: Tensor): Tensor {
    return x;
  }
}

const attending = () => ({
  paddingMask: [
    [1, 1, 0],
    [1, 1, 1],
  ],
  positions: [0, 1, 2],
});
const running = () => ({
  initialState: [
    tensor([
      [0, 0],
      [0, 0],
    ]),
  ],
  mask: [
    [1, 1, 0],
    [1, 1, 1],
  ],
});
const block = () => ({
  hiddenSize: 4,
  heads: 2,
  seed: 1,
  dropout: 0.1,
  normalization: { type: 'layer_norm', epsilon: 0.1 },
});
/** One part of the samples of layers, by the names of these. */
const ofLayers = (part: 'args' | 'input'): Calls =>
  Object.fromEntries(Object.entries(layers).map(([name, sample]) => [name, sample[part]]));

/** The arguments of constructors. */
const constructors: Calls = {
  ...ofLayers('args'),
  ConfigurableModel: () => [
    { hidden: [4], classes: 2, normalization: 'rms_norm', seed: 1, activation: 'relu' },
  ],
  ConvNeXtBlock: () => [{ channels: 2, kernelSize: 3, seed: 1, normalization: 'layer_norm' }],
  FeedForward: () => [{ hiddenSize: 4, outputSize: 2, gated: true, seed: 1, activation: 'gelu' }],
  KeyValueCache: () => [],
  ...each('GRU LSTM SimpleRNN', () => [2, { seed: 1, returnSequences: true, kernelInitializer: 'ones' }]),
  LLMBlock: () => [block()],
  LanguageModel: () => [{ vocabularySize: 5, contextLength: 6, layers: 1, ...block() }],
  MultiHeadAttention: () => [{ heads: 2, headSize: 2, seed: 1, causal: true }],
  Residual: () => [
    new Dense(3, { seed: 1 }),
    { before: 'rms_norm', scale: 1, output: 'none', skip: 1, seed: 1 },
  ],
  ResidualBlock: () => [{ filters: 2, seed: 1, normalization: 'batch_norm' }],
  TransformerBlock: () => [block()],
};

/** A model with a norm that can be folded. */
function normed() {
  const model = new Sequential([new Dense(3, { seed: 1 }), createNormalizationLayer('batch_norm')]);
  model.forward(rows());
  return model.eval();
}

/** The arguments of `forward`; a few rows by default. */
const inputs: Calls = {
  ...ofLayers('input'),
  ...each('ConvNeXtBlock ResidualBlock', () => [images()]),
  FeedForward: () => [sequences()],
  ...each('GRU LSTM SimpleRNN', () => [sequences(), running()]),
  LSTM: () => [sequences(), { mask: running().mask }],
  ...each('LLMBlock TransformerBlock', () => [sequences(), attending()]),
  MultiHeadAttention: () => [
    sequences(),
    { ...attending(), context: undefined, bias: randomNormal([3, 3], { seed: 1 }) },
  ],
  LanguageModel: () => [
    [
      [0, 1, 2],
      [3, 4, 0],
    ],
    attending(),
  ],
};

const forward = Object.keys(constructors)
  .filter((name) => name !== 'KeyValueCache')
  .map((name) => [`${name}.forward`, inputs[name] ?? (() => [rows()])] as const);

/** A valid call of every layer and model, and of their methods. */
export const models: Calls = {
  ...constructors,
  ...Object.fromEntries(forward),
  ...Object.fromEntries(
    Object.entries(inputs)
      .filter(([name]) => 'build' in main[name as 'Dense'].prototype)
      .map(([name, input]) => [
        `${name}.build`,
        () => [(input() as [Tensor])[0].shape, { dtype: 'float64' }],
      ]),
  ),
  ...each(
    'Module.parameters Module.namedParameters Module.namedModules Module.generators Module.statistics Module.train Module.eval Module.freeze Module.unfreeze Module.stateDict Module.penalty Module.summary',
    () => [],
  ),
  ...each(
    'ConvNeXtBlock.chains FeedForward.chains Module.chains MultiHeadAttention.chains Residual.chains ResidualBlock.chains Sequential.chains TransformerBlock.chains',
    () => [],
  ),
  convertNormalization: () => [normed(), 'batch_norm', 'layer_norm', { epsilon: 0.1 }],
  foldNormalization: () => [normed()],
  normalizeWeights: () => [normed(), 'weight_norm', { where: 'layers.0.*' }],
  fuseWeights: () => [normalizeWeights(normed(), 'weight_norm')],
  'Module.snapshot': () => ['weights', 'modes'],
  'Module.loadStateDict': () => [{ weight: tensor([2]).value }, { strict: true }],
  'GRU.run': () => [sequences(), running()],
  'SimpleRNN.run': () => [sequences(), running()],
  'LSTM.run': () => [sequences(), { mask: running().mask }],
  'ConfigurableModel.layers': () => [rows()],
  'LanguageModel.layers': () => [[[0, 1, 2]], { positions: [0, 1, 2] }],
  'LanguageModel.cache': () => [],
  'LanguageModel.generate': () => [[1, 2], { length: 2, temperature: 1, topK: 2, seed: 1, stop: [3] }],
  'MultiHeadAttention.weights': () => [sequences(), attending()],
  'KeyValueCache.append': () => [
    randomNormal([1, 2, 3, 4], { seed: 1 }),
    randomNormal([1, 2, 3, 4], { seed: 1 }),
  ],
  normDenseBlock: () => [{ units: 4, normalization: 'rms_norm', activation: 'relu', seed: 1 }],
  detectAnomaly: () => [() => 1, new Own()],
  constraint: () => [{ type: 'max_norm', maxValue: 1, axis: 0 }, 'where'],
  regularizer: () => [{ type: 'l2', l2: 0.1 }, 'where'],
  initialize: () => [{ type: 'he_normal', seed: 1 }, [2, 3], { dtype: 'float32' }],
  blockWiring: () => [
    { placement: { type: 'mix', first: 1 }, normalization: 'rms_norm', depth: 2, index: 1 },
  ],
  languageRecipe: () => ['rms_norm', 16],
};

/** Instances of classes for which a call of the constructor is not enough. */
export const instances: Readonly<Record<string, () => object>> = {
  Module: () => new Own(),
  KeyValueCache: () => new KeyValueCache(),
  Tensor: () => tensor([2]),
  Parameter: () => new Parameter(tensor([2])),
};
