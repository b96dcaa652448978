export { binaryCrossEntropyWithLogits } from './binary-cross-entropy.js';
export { crossEntropy } from './cross-entropy.js';
export { huber, meanAbsoluteError, meanSquaredError } from './elementwise.js';
export { focalLoss } from './focal.js';
export { hinge } from './hinge.js';
export { klDivergence } from './kl-divergence.js';
export { cosineSimilarity, triplet } from './similarity.js';
export { type Weight as LossWeight, type WeightedLoss } from './weight.js';
