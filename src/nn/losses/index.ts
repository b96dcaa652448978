export { crossEntropy } from './cross-entropy.js';
export { binaryCrossEntropyWithLogits, huber, meanAbsoluteError, meanSquaredError } from './elementwise.js';
export { focalLoss } from './focal.js';
export { klDivergence } from './kl-divergence.js';
export { type Weight as LossWeight, type WeightedLoss } from './weight.js';
