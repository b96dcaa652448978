export { add, div, mul, scale, square, sub } from './elementwise.js';
export { matmul } from './matmul.js';
export { normalize, normalizeBack } from './normalize.js';
export { adam, sgd } from './optimizer.js';
export { dot, max, sum } from './reduce.js';
export { logSoftmax, logSoftmaxBack, softmax, softmaxBack } from './softmax.js';
