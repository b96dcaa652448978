// The table `js`, which is complete. Unrolled kernels take the place of general ones, and call those if they decline.
export * from './general.js';
export {
  adam,
  add,
  div,
  dot,
  logSoftmax,
  logSoftmaxBack,
  matmul,
  max,
  mul,
  normalize,
  normalizeBack,
  scale,
  sgd,
  softmax,
  softmaxBack,
  square,
  sub,
  sum,
} from './unrolled/index.js';
