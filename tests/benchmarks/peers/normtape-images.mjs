// The tasks of image-workloads.mjs in Normtape, and what a task does with its layers.
import * as normtape from '../../../dist/node/index.js';
import { label } from '../harness/read.mjs';

const {
  Adam,
  Conv2D,
  ConvNeXtBlock,
  Dense,
  GlobalAveragePooling2D,
  ResidualBlock,
  Sequential,
  averagePool2d,
  conv2d,
  createNormalizationLayer,
  crossEntropy,
  depthwiseConv2d,
  maxPool2d,
  relu,
  scope,
  valueAndGrad,
} = normtape;

const EPSILON = 1e-5;

/** A training step of a model on these images or rows; see `trained`. */
export function training(model, x, numbers) {
  const labels = Int32Array.from({ length: x.shape[0] }, (_, row) => label(row));
  return trained(() => crossEntropy(model.forward(x), labels), numbers);
}

/** A training step with Adam, and the loss after 20 of them. */
export function trained(loss, numbers) {
  const optimizer = new Adam({ convention: 'pytorch' });
  const step = () =>
    scope(() => {
      const { value, gradients } = valueAndGrad(loss);
      optimizer.step(gradients);
      return value;
    });
  return {
    step: () => void step(),
    results() {
      let loss;
      for (let i = 0; i < 20; i++) loss = step();
      return [numbers(loss)];
    },
  };
}

const put = (layer, kernel) => layer.loadStateDict({ ...layer.stateDict(), kernel });

function resnet({ x, stem, head, ...kernels }) {
  const normalization = { type: 'batch_norm', epsilon: EPSILON, momentum: 0.9 };
  const first = new Conv2D(16, 3, { padding: 'same', useBias: false, seed: 1 });
  const blocks = [0, 1, 2].map(() => new ResidualBlock({ filters: 16, normalization, seed: 1 }));
  const last = new Dense(10, { seed: 1 });
  const norm = createNormalizationLayer('batch_norm', { epsilon: EPSILON, momentum: 0.9 });
  const model = new Sequential([first, norm, relu, ...blocks, new GlobalAveragePooling2D(), last]);
  // Builds the layers; running statistics do not matter in training.
  scope(() => void model.forward(x));
  put(first, stem);
  put(last, head);
  blocks.forEach((block, i) => {
    put(block.first.conv, kernels[`first${i}`]);
    put(block.second.conv, kernels[`second${i}`]);
  });
  return model;
}

function convnext({ x, head, ...kernels }) {
  const blocks = [0, 1, 2].map(
    () =>
      new ConvNeXtBlock({
        channels: 32,
        normalization: { type: 'layer_norm', epsilon: EPSILON },
        responseNormalization: {
          type: 'global_response_norm',
          gammaInitializer: 'zeros',
          epsilon: EPSILON,
        },
        seed: 1,
      }),
  );
  const last = new Dense(10, { seed: 1 });
  const model = new Sequential([...blocks, new GlobalAveragePooling2D(), last]);
  scope(() => void model.forward(x));
  put(last, head);
  blocks.forEach(({ depthwise, up, down }, i) => {
    put(depthwise, kernels[`depthwise${i}`]);
    put(up, kernels[`up${i}`]);
    put(down, kernels[`down${i}`]);
  });
  return model;
}

/** The makers of the tasks, from how inputs are drawn, functions timed with their gradients, and numbers read. */
export function imageMakers(drawn, passes, numbers) {
  const both = (f, names) => (task) => {
    const inputs = drawn(task.inputs);
    const leaves = names.map((name) => inputs[name]);
    return passes({ pass: 'both' }, inputs, (x) => f(x, inputs, task), leaves);
  };
  const trainer = (make) => (task) => {
    const inputs = drawn(task.inputs);
    return training(make(inputs), inputs.x, numbers);
  };
  return {
    resnet: trainer(resnet),
    convnext: trainer(convnext),
    conv2d: both(
      (x, { kernel }, { stride, groups }) => conv2d(x, kernel, { stride, groups, padding: 'same' }),
      ['x', 'kernel'],
    ),
    depthwise: both(
      (x, { kernel }, { stride }) => depthwiseConv2d(x, kernel, { stride, padding: 'same' }),
      ['x', 'kernel'],
    ),
    maxPool: both((x, _, { size }) => maxPool2d(x, { size }), ['x']),
    averagePool: both((x, _, { size }) => averagePool2d(x, { size }), ['x']),
  };
}
