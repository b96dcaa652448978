export { bytesOf } from './base64.js';
export { type KernelInfo, type KernelSet, arena, kernelInfo, setKernels } from './choice.js';
export { type Arena, type Block } from './wasm/arena.js';
export { type CurveName } from './curves.js';
export { type Heads, type Matrices } from './head.js';
export { type Binary, type Reduction } from './kernels.js';
export {
  CENTER,
  MEASURES,
  POWER,
  REST,
  ROOT,
  type Recipe,
  SCALE,
  type Incoming,
  type Task,
  measuresOf,
} from './measures.js';
export { type Groups, type Numbers } from './numbers.js';
export {
  type Larger,
  type Matrix,
  type Sliding,
  type Squash,
  type Steps,
  type Swish,
  type Windows,
} from './operands.js';
export { type Channels, LENGTH, MEAN, STATISTICS, TOTAL, VARIANCE, type Where } from './positions.js';
export { type Decay, type OptimizerKernel } from './settings.js';
export { erf, normalDensity, normalShare, sigmoid, softplus } from './special.js';
export { exponentBack, power, powerBack, quotientBack } from './steady.js';
export * from './wasm/index.js';
