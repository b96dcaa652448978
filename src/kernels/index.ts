export { type KernelInfo, type KernelSet, kernelInfo, setKernels } from './choice.js';
export * as elementwise from './elementwise.js';
export { gather, scatterAdd } from './gather.js';
export { matmul } from './dispatch.js';
export { type Measures, type Recipe, normalize, normalizeBack } from './normalize.js';
export { type Groups, type Numbers } from './numbers.js';
export * as reduce from './reduce.js';
export { logSoftmax, logSumExp, softmax, softmaxBack } from './softmax.js';
export { erf, normalDensity, normalShare, sigmoid, softplus } from './special.js';
