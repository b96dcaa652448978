// Every kernel as a general loop, for any dtype and layout.
export { choose, dropped, equal, kept, less, lessEqual, masked, notEqual } from './choose.js';
export { attend, attendBack } from './attention.js';
export { convolve, convolveImages, convolveKernel } from './convolve.js';
export { cumulativeProduct, cumulativeProductBack, cumulativeSum, productBack } from './cumulative.js';
export { curve, curveBack } from './curve.js';
export { depthwise, depthwiseImages, depthwiseKernel } from './depthwise.js';
export {
  add,
  clamp,
  copy,
  div,
  linear,
  map,
  map3,
  maximum,
  minimum,
  mix,
  mul,
  scale,
  square,
  sub,
  zip,
} from './elementwise.js';
export { gate, gateBack } from './gate.js';
export { gather, scatterAdd } from './gather.js';
export { matmul } from './matmul.js';
export { maximumBack } from './maximum.js';
export { overLarger, overLargerBack } from './larger.js';
export { normalize, normalizeBack } from './normalize.js';
export { normalizeBy, normalizeByBack, pullBy } from './normalize-by.js';
export { adagrad, adam, lamb, lion, nadam, rmsprop, sgd } from './optimizer.js';
export { extremePosition, order, putAlong, takeAlong } from './order.js';
export { extremeBack } from './peak.js';
export { partDots, partDotsBack, partGains, partGainsBack } from './parts.js';
export { averagePool, averagePoolBack, maxPool, maxPoolBack } from './pool.js';
export { sumOfProducts } from './products.js';
export { dot, isWithin, max, min, product, sum } from './reduce.js';
export { rotate } from './rotate.js';
export { crossEntropy, logSoftmax, logSoftmaxBack, logSumExp, softmax, softmaxBack } from './softmax.js';
export { squash, squashBack } from './squash.js';
export { swish, swishBack } from './swish.js';
export { normalizeWhere, normalizeWhereBack } from './where.js';
export { windowSum } from './window.js';
export { overWindow, overWindowBack } from './window-quotient.js';
