export { binary, scale, square } from './elementwise.js';
export { matmul } from './matmul.js';
export { normalize, normalizeBack } from './normalize.js';
export { adam, sgd } from './optimizer.js';
export { dot, reduce } from './reduce.js';
export { softmax, softmaxBack } from './softmax.js';
