import { Dense } from '../../src/index.js';
import { images, rows, sequences } from '../fuzz/exports/values.js';

/** How a layer of src/nn is made and called, with as many options as it has: both are tried, and then with one thing wrong. */
export interface Sample {
  readonly args: () => readonly unknown[];
  /** The arguments of `forward`. */
  readonly input: () => readonly unknown[];
}

export const dense = () => ({
  activation: 'relu',
  useBias: true,
  kernelInitializer: { type: 'he_normal', seed: 1 },
  kernelRegularizer: { type: 'l2', l2: 0.1 },
});
const kernel = () => ({ stride: [1, 1], padding: 'same', ...dense() });

const ofRows = (args: Sample['args']): Sample => ({ args, input: () => [rows()] });
const ofImages = (args: Sample['args']): Sample => ({ args, input: () => [images()] });
const ofPlaces = (args: Sample['args']): Sample => ({
  args,
  input: () => [sequences(), { positions: [0, 1, 2] }],
});

/** Every layer: add yours here. */
export const layers: Readonly<Record<string, Sample>> = {
  Activation: ofRows(() => ['relu']),
  AdaptiveAveragePooling2D: ofImages(() => [[2, 2]]),
  AdaptiveMaxPooling2D: ofImages(() => [[2, 2]]),
  AveragePooling2D: ofImages(() => [[2, 2], { stride: 1, padding: 'same' }]),
  Conv1D: {
    args: () => [3, 2, { stride: 1, padding: 'causal', ...dense() }],
    input: () => [sequences()],
  },
  Conv2D: ofImages(() => [3, [2, 2], { ...kernel(), groups: 1 }]),
  Conv2DTranspose: ofImages(() => [3, [2, 2], kernel()]),
  Dense: ofRows(() => [4, dense()]),
  DepthwiseConv2D: ofImages(() => [[2, 2], { stride: 1, padding: 'same' }]),
  Dropout: ofRows(() => [0.5, { seed: 1 }]),
  Embedding: {
    args: () => [5, 4, { embeddingsInitializer: 'ones', seed: 1 }],
    input: () => [
      [
        [0, 1],
        [2, 3],
      ],
    ],
  },
  Flatten: ofRows(() => []),
  GlobalAveragePooling2D: ofImages(() => []),
  GlobalMaxPooling2D: ofImages(() => []),
  LearnedPositions: ofPlaces(() => [6, { seed: 1, embeddingsInitializer: 'ones' }]),
  MaxPooling2D: ofImages(() => [[2, 2], { stride: 1, padding: 'same' }]),
  PReLU: ofRows(() => [{ sharedAxes: [1] }]),
  Reshape: ofImages(() => [[-1, 2]]),
  RotaryPositions: ofPlaces(() => [{ base: 100 }]),
  Sequential: ofRows(() => [[new Dense(4, { seed: 1 }), new Dense(2, { seed: 2 })]]),
  SinusoidalPositions: ofPlaces(() => [{ base: 100 }]),
  SpatialDropout2D: ofImages(() => [0.5, { seed: 1 }]),
  UpSampling2D: ofImages(() => [[2, 2], { interpolation: 'nearest' }]),
};
