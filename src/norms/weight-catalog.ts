// One line a norm of a weight. Its definition states the type, by which configurations and the factory name it.
export { centeredWeightNorm } from './weights/centered-weight-norm.js';
export { polarWeightNorm } from './weights/polar-weight-norm.js';
export { spectralNorm } from './weights/spectral-norm.js';
export { weightNorm } from './weights/weight-norm.js';
export { weightStandardization } from './weights/weight-standardization.js';
