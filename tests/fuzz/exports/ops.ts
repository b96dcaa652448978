import { type Calls, each, heads, images, rows, sequences } from './values.js';
import { randomNormal, square, sum, tensor } from '../../../src/index.js';
import { trials } from '../../ops/trials.js';

const window = () => ({ stride: 1, padding: 'same', dilation: 1 });

/** A call of every op, as in the trials of its gradients. */
const tried: Calls = Object.fromEntries(
  Object.entries(trials).map(([name, ways]) => [
    name,
    () => {
      const { inputs, rest = [] } = ways.find((trial) => trial.rest) ?? ways[0]!;
      return [...inputs([2, 3]).map((shape, i) => randomNormal(shape, { seed: i })), ...rest];
    },
  ]),
);

/** A valid call of every op, with all its options, and of every function that makes or differentiates tensors. */
export const ops: Calls = {
  ...tried,
  ...each('max any variance logSumExp', () => [rows(), 1, { keepDims: true }]),
  argmax: () => [rows(), 1, { keepDims: true }],
  std: () => [rows(), 1, { keepDims: true, correction: 1 }],
  where: () => [[[true, false, true]], rows(), rows()],
  split: () => [rows(), [1, 1], 0],
  squeeze: () => [tensor([[1]]), [0]],
  sort: () => [rows(), { axis: 1, descending: true }],
  topK: () => [rows(), 2, { axis: 1, smallest: true }],
  pad: () => [
    rows(),
    [
      [1, 1],
      [0, 2],
    ],
    { mode: 'constant', value: 1 },
  ],
  concat: () => [[rows(), rows()], 1],
  stack: () => [[rows(), rows()], 1],
  gather: () => [rows(), [[0, 1]], 1],
  broadcastTo: () => [rows(), [2, 2, 3]],
  reshape: () => [rows(), [3, 2]],
  transpose: () => [rows(), [1, 0]],
  einsum: () => ['ij,kj->ik', rows(), rows()],
  rotary: () => [heads(), { positions: [0, 1, 2], base: 100 }],
  ...each('scaledDotProductAttention', () => [
    heads(),
    heads(),
    heads(),
    { mask: [[[[1, 1, 1]]]], causal: true },
  ]),
  attentionWeights: () => [heads(), heads(), { mask: [[[[1, 1, 1]]]], causal: true }],
  ...each('averagePool2d maxPool2d', () => [images(), { size: [2, 2], stride: 1, padding: 'same' }]),
  ...each('adaptiveAveragePool2d adaptiveMaxPool2d', () => [images(), [2, 2]]),
  conv1d: () => [
    sequences(),
    randomNormal([2, 2, 4], { seed: 1 }),
    { stride: 1, padding: 'causal', dilation: 1, groups: 2 },
  ],
  conv2d: () => [images(), randomNormal([2, 2, 2, 3], { seed: 1 }), { ...window(), groups: 1 }],
  depthwiseConv2d: () => [images(), randomNormal([2, 2, 2, 1], { seed: 1 }), window()],
  conv2dTranspose: () => [
    images(),
    randomNormal([2, 2, 3, 2], { seed: 1 }),
    { ...window(), outputPadding: 0 },
  ],
  upSample2d: () => [images(), { size: [2, 2], interpolation: 'bilinear' }],
  tensor: () => [
    [
      [1, 2],
      [3, 4],
    ],
    { shape: [4], dtype: 'float64', copy: true },
  ],
  arange: () => [0, 4, 2, { dtype: 'float32' }],
  full: () => [[2, 3], 1, { dtype: 'float32' }],
  ...each('zeros ones', () => [[2, 3], { dtype: 'float32' }]),
  oneHot: () => [[0, 2], 3, { dtype: 'float32' }],
  triangle: () => [[2, 3], { upper: true, diagonal: 1, dtype: 'float32' }],
  randomNormal: () => [[2, 3], { seed: 1, mean: 1, standardDeviation: 2 }],
  randomUniform: () => [[2, 3], { seed: 1, low: 1, high: 2 }],
  kernelInfo: () => [],
  memoryInfo: () => [],
  setKernels: () => ['auto'],
  checkpoint: () => [() => square(rows())],
  describeTape: () => [() => square(rows()), { format: 'mermaid', names: new Map([[rows(), 'x']]) }],
  keepGradient: () => [square(rows())],
  keep: () => [rows()],
  scope: () => [() => rows()],
  primitive: () => [
    'own',
    (x: never) => ({ value: x, pullback: (g: never) => [g] }),
    { from: -1, to: 1, corners: [0], ties: true },
  ],
  noGrad: () => [() => rows()],
  stopGradient: () => [rows()],
  valueAndGrad: () => {
    const x = rows();
    return [() => sum(square(x)), [x]];
  },
  vjp: () => {
    const x = rows();
    return [() => [sum(square(x)), square(x)]];
  },
  Tensor: () => [rows().value],
  'Tensor.cast': () => ['float64'],
  ...each('Tensor.item Tensor.toArray', () => []),
  Parameter: () => [rows().value, { trainable: true, regularizer: undefined, constraint: undefined }],
  Gradients: () => [new Map([[rows(), rows()]]), new Map()],
  'Gradients.of': () => [rows()],
};
