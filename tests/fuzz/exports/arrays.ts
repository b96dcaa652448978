import { array, randomNormal, tensor } from '../../../src/index.js';
import { type Calls, each, heads, images, rows } from './values.js';

const x = () => rows().value;
const columns = () => tensor([1, 2, 3]).value;
const plus = () => (a: number, b: number) => a + b;
const laying = () => ({ stride: [1, 1], padding: 'valid', dilation: [1, 1] });
const image = () => images().value;
const kernel = () => randomNormal([2, 2, 2, 3], { seed: 1 }).value;
// The result of windowsOn is passed on unchanged: an object whose fields are not specified.
const windows = () =>
  Object.assign(Object.create({}) as object, array.windowsOn('w', [2, 4, 4, 2], [2, 2], laying() as never));
const after = () => randomNormal([2, 3, 3, 3], { seed: 1 }).value;
const recipe = () => ({ total: 'mean', bound: 'added', epsilon: 0.1, centered: true });
const picks = () => ({ data: Int32Array.of(0, 1), shape: [2] });
const attended = () => heads().value;

/** A valid call of every function on arrays. */
export const arrays: Calls = {
  ...each(
    'array.add array.sub array.mul array.div array.maximum array.minimum array.distance array.dot',
    () => [x(), x()],
  ),
  ...each(
    'array.square array.finite array.contiguous array.copy array.flat array.toJson array.toNested array.toPlain array.arrayKind array.arrayText array.keep array.isNdArray array.total',
    () => [x()],
  ),
  ...each(
    'array.sum array.max array.min array.mean array.product array.variance array.magnitude array.softmax array.logSoftmax array.logSumExp array.flip',
    () => [x(), 1],
  ),
  ...each(
    'array.erf array.normalDensity array.normalShare array.sigmoid array.softplus array.toJsonNumber',
    () => [1],
  ),
  'array.power': () => [2, 3],
  ...each('array.exponentBack array.powerBack array.quotientBack', () => [1, 2, 3]),
  ...each('array.kernelInfo array.memoryInfo array.anySeed', () => []),
  'array.setKernels': () => ['auto'],
  'array.Random': () => [1],
  ...each('array.Random.uniform array.Random.normal array.Random.seed', () => []),
  ...each('array.Random.integer array.Random.permutation', () => [3]),
  'array.attention': () => [attended(), attended(), attended(), { scale: 1, causal: true, mask: undefined }],
  ...each('array.averagePool array.maxPool', () => [image(), windows()]),
  'array.cast': () => [x(), 'float64'],
  'array.contract': () => [
    [
      { array: x(), labels: ['i', 'j'] },
      { array: x(), labels: ['i', 'j'] },
    ],
    ['i'],
    new Map(),
  ],
  'array.diagonal': () => [{ array: x(), labels: ['i', 'j'] }],
  'array.convolve': () => [image(), kernel(), windows(), 1],
  'array.convolveDepthwise': () => [image(), randomNormal([2, 2, 2, 1], { seed: 1 }).value, windows()],
  'array.imageGradient': () => [after(), image(), kernel(), windows(), 1],
  'array.kernelGradient': () => [after(), image(), kernel(), windows(), 1],
  'array.demandMask': () => ['w', tensor([0, 1]).value, 'instead'],
  'array.demandRoom': () => [6, [2, 3]],
  'array.extremeBack': () => [x(), array.max(x(), 1), array.max(x(), 1), 1],
  'array.toJsonNumbers': () => [[1, 2]],
  'array.matmul': () => [x(), randomNormal([3, 2], { seed: 1 }).value],
  ...each('array.reshape', () => [x(), [3, 2]]),
  'array.rotate': () => [attended(), { axis: 2, positions: [0, 1, 2], base: 100 }, 1],
  'array.squash': () => [x(), tensor([1]).value, { gain: columns(), shift: columns(), along: -1 }],
  'array.sumOfProducts': () => [x(), tensor([1]).value, x(), tensor([1]).value],
  'array.transpose': () => [x(), [1, 0]],
  'array.windowsOn': () => ['w', [2, 4, 4, 2], [2, 2], laying()],
  'array.clamp': () => [x(), 0, 1],
  'array.curve': () => ['tanh', x()],
  'array.curveBack': () => ['tanh', x(), x(), x()],
  'array.linear': () => [x(), 2, 1],
  'array.map': () => [x(), Math.abs],
  'array.mended': () => [x(), () => x()],
  'array.mix': () => [x(), x(), 0.5],
  ...each('array.scale array.within', () => [x(), 2]),
  'array.zip': () => [x(), x(), plus()],
  'array.zip3': () => [x(), x(), x(), plus()],
  ...each('array.across array.along array.onto array.without', () => [[2, 3], 1]),
  'array.demandShape': () => ['w', [2, 3]],
  'array.filled': () => [[1, 2], [2], 'float32'],
  'array.fromFlat': () => [Float32Array.of(1, 2), [2]],
  'array.full': () => [[2, 3], 1, 'float32'],
  'array.knownDtype': () => ['w', 'float32'],
  'array.positiveAxes': () => [[-1], 2, 'w'],
  ...each('array.sameShape array.broadcastShape', () => [
    [2, 3],
    [2, 3],
  ]),
  'array.sizeOf': () => [[2, 3]],
  'array.store': () => ['float32', 3],
  'array.broadcastTo': () => [x(), [2, 2, 3]],
  'array.sumTo': () => [x(), [3]],
  'array.cumulativeProduct': () => [x(), 1],
  'array.cumulativeProductBack': () => [x(), x(), 1],
  'array.cumulativeSum': () => [x(), 1, { reverse: true, exclusive: false }],
  'array.productBack': () => [array.product(x(), 1), x(), 1],
  'array.normalize': () => [x(), 1, recipe()],
  'array.normalizeWith': () => [x(), 1, recipe(), { gain: columns(), shift: columns(), along: -1 }],
  'array.extremePosition': () => [x(), 1, 1],
  'array.ordered': () => [x(), 1, 2, true],
  'array.draw': () => [[2, 3], () => 1, 'float32'],
  'array.noting': () => [new Map(), () => 1],
  'array.concat': () => [[x(), x()], 0],
  'array.gather': () => [x(), picks(), 0],
  'array.scatterAdd': () => [x(), picks(), 0, [2, 3]],
  'array.placed': () => [x(), [2, 3], (zeros: never) => zeros],
  'array.sliceView': () => [x(), [0, [0, 2, 1]]],
  'array.crossEntropy': () => [x(), Int32Array.of(0, 2)],
  'array.logSoftmaxBack': () => [x(), x(), 1],
  'array.softmaxBack': () => [x(), x(), 1],
  'array.fromSource': () => [[[1, 2]], { shape: [2], dtype: 'float64', copy: true }],
  'array.owned': () => ['w', x()],
};
