export { bytesOf } from './base64.js';
export { type KernelInfo, type KernelSet, arena, kernelInfo, setKernels } from './choice.js';
export { type Arena, type Block } from './wasm/arena.js';
export { type Head, attend, attendBack } from './attention.js';
export * as convolve from './convolve.js';
export { type Windows } from './convolve.js';
export * as cumulative from './cumulative.js';
export * as elementwise from './elementwise.js';
export { type Steps } from './elementwise.js';
export { type CurveName } from './curves.js';
export {
  adam,
  add,
  clamp,
  curve,
  curveBack,
  div,
  dot,
  extremeBack,
  gather,
  linear,
  maximum,
  minimum,
  logSoftmax,
  logSumExp,
  matmul,
  max,
  min,
  mul,
  normalize,
  normalizeBack,
  scale,
  scatterAdd,
  sgd,
  crossEntropy,
  softmax,
  softmaxBack,
  square,
  squash,
  squashBack,
  sub,
  sum,
  sumOfProducts,
  within,
} from './dispatch.js';
export { type Decay, type OptimizerKernel, adagrad, lamb, lion, nadam, rmsprop } from './optimizer.js';
export {
  CENTER,
  MEASURES,
  POWER,
  ROOT,
  type Recipe,
  SCALE,
  type Task,
  REST,
  measuresOf,
} from './normalize.js';
export { type Groups, type Numbers } from './numbers.js';
export * as order from './order.js';
export { rotate } from './rotate.js';
export { type Reduction, product } from './reduce.js';
export { type Squash } from './squash.js';
export { exponentBack, power, powerBack, quotientBack } from './steady.js';
export { erf, normalDensity, normalShare, sigmoid, softplus } from './special.js';
