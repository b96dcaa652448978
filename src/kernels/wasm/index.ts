// The table `wasm`: the kernels of `js`, of which those below run compiled ones if these are chosen. One that
// declines calls the kernel in JavaScript. A table is a module, so that bundlers leave out kernels that nobody calls.
export * from '../js/index.js';
export {
  add,
  clamp,
  curve,
  curveBack,
  div,
  linear,
  maximum,
  minimum,
  mul,
  scale,
  square,
  sub,
} from './elementwise.js';
export { choose, dropped, equal, kept, less, lessEqual, masked, notEqual } from './choose.js';
export { attend, attendBack } from './attention.js';
export { convolve, convolveImages, convolveKernel } from './convolve.js';
export { depthwise, depthwiseImages, depthwiseKernel } from './depthwise.js';
export { gate, gateBack } from './gate.js';
export { gather, scatterAdd } from './gather.js';
export { matmul } from './matmul.js';
export { maximumBack } from './maximum.js';
export { overLarger, overLargerBack } from './larger.js';
export { normalize, normalizeBack } from './normalize.js';
export { normalizeBy, normalizeByBack, pullBy } from './normalize-by.js';
export { adam, sgd } from './optimizer.js';
export { partDots, partDotsBack, partGains, partGainsBack } from './parts.js';
export { averagePool, averagePoolBack, maxPool, maxPoolBack } from './pool.js';
export { sumOfProducts } from './products.js';
export { dot, extremeBack, isWithin, max, min, sum } from './reduce.js';
export { crossEntropy, logSoftmax, logSoftmaxBack, logSumExp, softmax, softmaxBack } from './softmax.js';
export { squash, squashBack } from './squash.js';
export { swish, swishBack } from './swish.js';
export { normalizeWhere, normalizeWhereBack } from './where.js';
export { windowSum } from './window.js';
export { overWindow, overWindowBack } from './window-quotient.js';
