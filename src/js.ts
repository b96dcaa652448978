export {
  type Dtype,
  type KernelInfo,
  type KernelSet,
  type MemoryInfo,
  type NdArray,
  type Nested,
  type Shape,
  type Source,
  kernelInfo,
  memoryInfo,
  setKernels,
} from './array/index.js';
export { array } from './array/public.js';
export { checkpoint } from './autograd/checkpoint.js';
export { type DescribeOptions, type TapeFormat, describeTape } from './autograd/describe.js';
export type { GradcheckEntry } from './autograd/gradcheck/compare.js';
export {
  type GradcheckOptions,
  type GradcheckReport,
  assertGradients,
  gradcheck,
} from './autograd/gradcheck/gradcheck.js';
export { Gradients, keepGradient } from './autograd/gradients.js';
export { keep, scope } from './autograd/scope.js';
export { Parameter } from './autograd/parameter.js';
export { userPrimitive as primitive } from './autograd/primitive.js';
export { tensor } from './autograd/create.js';
export { noGrad, stopGradient } from './autograd/recording.js';
export { Tensor } from './autograd/tape.js';
export { valueAndGrad, vjp } from './autograd/vjp.js';
export { NormtapeError, type Report } from './error.js';
export { type Converted, convertNormalization } from './models/convert.js';
export { type Folded, foldNormalization } from './models/fold.js';
export type { DefinedNormalization, StatedNormalization } from './models/normalization.js';
export { type Attending, MultiHeadAttention, type MultiHeadAttentionOptions } from './models/attention.js';
export { type BlockWiringOptions, blockWiring } from './models/block-wiring.js';
export { ConfigurableModel, type ConfigurableModelOptions } from './models/configurable-model.js';
export { ConvNeXtBlock, type ConvNeXtBlockOptions } from './models/convnext-block.js';
export { FeedForward, type FeedForwardOptions } from './models/feed-forward.js';
export { KeyValueCache } from './models/key-value-cache.js';
export { type GenerationOptions } from './models/generation.js';
export { LanguageModel, type LanguageModelOptions } from './models/language-model.js';
export {
  type NormDenseBlock,
  type NormDenseBlockOptions,
  normDenseBlock,
} from './models/norm-dense-block.js';
export { type LanguageRecipe, languageRecipe } from './models/recipe.js';
export { GRU, type GRUOptions } from './models/recurrent/gru.js';
export { LSTM, type LSTMOptions } from './models/recurrent/lstm.js';
export { type Run as RecurrentRun, type RunOptions as RecurrentRunOptions } from './models/recurrent/run.js';
export { SimpleRNN, type SimpleRNNOptions } from './models/recurrent/simple-rnn.js';
export type { BlockWiring } from './models/placement.js';
export { Residual, type ResidualOptions, type ResidualPart, type Wiring } from './models/residual.js';
export { ResidualBlock, type ResidualBlockOptions } from './models/residual-block.js';
export {
  LLMBlock,
  type LLMBlockOptions,
  TransformerBlock,
  type TransformerBlockOptions,
} from './models/transformer-block.js';
export { Activation } from './nn/activations.js';
export { detectAnomaly } from './nn/anomaly.js';
export { constraint } from './nn/constraints.js';
export { Conv1D, type Conv1DOptions } from './nn/conv1d.js';
export {
  Conv2D,
  type Conv2DOptions,
  DepthwiseConv2D,
  type DepthwiseConv2DOptions,
} from './nn/convolution.js';
export { Dense } from './nn/dense.js';
export { Dropout, SpatialDropout2D } from './nn/dropout.js';
export { Embedding, type EmbeddingOptions, type Tokens } from './nn/embedding.js';
export { initialize } from './nn/initializers.js';
export * from './nn/losses/index.js';
export { Module } from './nn/module.js';
export {
  AveragePooling2D,
  Flatten,
  GlobalAveragePooling2D,
  GlobalMaxPooling2D,
  MaxPooling2D,
  type PoolingOptions,
} from './nn/pooling.js';
export { LearnedPositions, RotaryPositions, SinusoidalPositions } from './nn/positions.js';
export { PReLU, type PReLUOptions } from './nn/prelu.js';
export { regularizer } from './nn/regularizers.js';
export { Reshape } from './nn/reshape.js';
export { AdaptiveAveragePooling2D, AdaptiveMaxPooling2D, UpSampling2D } from './nn/resizing.js';
export { Sequential } from './nn/sequential.js';
export { type Snapshot, type SnapshotPart } from './nn/snapshot.js';
export { Conv2DTranspose, type Conv2DTransposeOptions } from './nn/transposed-convolution.js';
export { type Priority } from './norms/choose.js';
export * from './norms/catalog.js';
export { type Algebra, type Computed, type Formula, type Setting } from './norms/algebra.js';
export { type Normalizations, defineNormalizations } from './norms/factory.js';
export { type NormalizationInfo } from './norms/info.js';
export { type LayerConfig, type NormalizationLayer, normalization } from './norms/layer.js';
export { type Mask } from './norms/mask.js';
export { type Norm, norm } from './norms/norm.js';
export * from './norms/normalizations.js';
export { type WhichWeights, fuseWeights, normalizeWeights } from './norms/normalize-weights.js';
export { formulas, laws, option, parts } from './norms/public.js';
export { renormLimits } from './norms/renorm-limits.js';
export { type LayerRow, type Recipe, type RecipeSetting, type Recipes } from './norms/recipe.js';
export * from './norms/weight-catalog.js';
export * from './norms/weight-normalizations.js';
export * from './ops/catalog.js';
export { type Positions } from './ops/positions.js';
export { arange, full, oneHot, ones, randomNormal, randomUniform, triangle, zeros } from './ops/create.js';
export { Adagrad, type AdagradOptions } from './optim/adagrad.js';
export { Adam, AdamW } from './optim/adam.js';
export { clipByGlobalNorm, clipByValue, globalNorm } from './optim/clipping.js';
export { LAMB, type LAMBOptions } from './optim/lamb.js';
export { Lion, type LionOptions } from './optim/lion.js';
export { Muon, type MuonOptions } from './optim/muon.js';
export { NAdam, type NAdamOptions } from './optim/nadam.js';
export { type OptimizerOptions, type ParameterGroup, type WeightDecay } from './optim/groups.js';
export { type ParametersOf, type Selection } from './optim/selection.js';
export {
  type LinearOptions,
  type PolynomialOptions,
  linearSchedule,
  polynomialSchedule,
} from './optim/polynomial.js';
export { RAdam, type RAdamOptions } from './optim/radam.js';
export { type WarmRestartsOptions, warmRestartsSchedule } from './optim/restarts.js';
export { RMSprop } from './optim/rmsprop.js';
export * from './optim/schedules.js';
export { SGD } from './optim/sgd.js';
