/** What other libraries call an option, by our name; several of ours that one of theirs covers are joined by "and". */
const SYNONYMS: Readonly<Record<string, readonly string[]>> = {
  learningRate: ['lr', 'eta', 'stepSize', 'alpha'],
  'beta1 and beta2': ['betas'],
  beta1: ['b1'],
  beta2: ['b2'],
  rho: ['alpha', 'decay', 'smoothingConstant'],
  momentum: ['mu'],
  epsilon: ['eps', 'epsilonValue'],
  weightDecay: ['wd', 'decay', 'l2', 'lambda'],
  units: ['outFeatures', 'outputDim', 'outputSize', 'outDim', 'features', 'width'],
  filters: ['outChannels', 'outputChannels', 'channels'],
  channels: ['dim', 'inChannels', 'filters'],
  hiddenSize: ['dModel', 'embedDim', 'nEmbd', 'hiddenDim', 'modelDim', 'width', 'dim', 'units'],
  intermediateSize: ['dimFeedforward', 'ffnDim', 'dFf', 'mlpDim', 'feedForwardSize'],
  heads: ['numHeads', 'nHead', 'nHeads', 'numAttentionHeads'],
  headSize: ['keyDim', 'headDim', 'dHead'],
  groups: ['numKeyValueHeads', 'kvHeads', 'numGroups', 'nGroups'],
  rate: ['p', 'dropoutRate', 'probability', 'prob'],
  dropout: ['p', 'dropoutRate', 'dropRate', 'dropoutProbability'],
  kernelSize: ['size', 'window', 'kernel'],
  strides: ['stride'],
  axis: ['dim', 'dims', 'axes', 'normalizedShape'],
  'center and scale': ['affine', 'elementwiseAffine'],
  useScale: ['affine', 'elementwiseAffine'],
  center: ['bias'],
  useBias: ['bias'],
  normalization: ['norm', 'normLayer', 'normType', 'normalizationType'],
  activation: ['act', 'nonlinearity', 'activationFn', 'hiddenAct'],
  kernelInitializer: ['init', 'initializer', 'weightInit', 'weightInitializer'],
  kernelRegularizer: ['regularizer', 'weightRegularizer'],
  vocabularySize: ['vocabSize', 'nVocab', 'numEmbeddings', 'numTokens'],
  contextLength: [
    'blockSize',
    'seqLen',
    'seqLength',
    'nCtx',
    'maxSeqLen',
    'maxLength',
    'maxPositionEmbeddings',
  ],
  blocks: ['numLayers', 'nLayer', 'nLayers', 'layers', 'depth', 'numBlocks'],
  classes: ['numClasses', 'nClasses', 'outputs', 'units'],
  hidden: ['hiddenUnits', 'hiddenLayers', 'layers', 'hiddenSizes', 'hiddenSize'],
  epochs: ['nEpochs', 'numEpochs', 'maxEpochs', 'iterations'],
  batchSize: ['bs', 'batch', 'minibatch'],
  accumulate: ['gradientAccumulationSteps', 'accumulationSteps'],
  validation: ['validationData', 'valData', 'validationSplit', 'evalData', 'testData'],
  clip: ['clipnorm', 'maxNorm', 'globalClipnorm', 'gradClip', 'gradientClipVal', 'maxGradNorm'],
  loss: ['criterion', 'lossFn', 'lossFunction'],
  optimizer: ['optim', 'opt'],
  seed: ['randomState', 'randomSeed', 'rng', 'generator', 'manualSeed'],
  labelSmoothing: ['smoothing'],
  classWeights: ['weight', 'classWeight'],
  positiveWeight: ['posWeight', 'positiveClassWeight'],
  ignoreIndex: ['ignoreClass', 'ignoreLabel', 'maskValue'],
  sampleWeight: ['weight', 'weights', 'sampleWeights'],
  standardDeviation: ['std', 'stddev', 'sigma', 'scale'],
  mean: ['loc', 'mu'],
  low: ['min', 'minval', 'a'],
  high: ['max', 'maxval', 'b'],
  factor: ['gamma', 'decay'],
  decayRate: ['gamma'],
  decaySteps: ['tMax', 'totalSteps', 'steps'],
  totalSteps: ['maxSteps', 'steps'],
  warmupSteps: ['warmup', 'numWarmupSteps'],
  minDelta: ['threshold', 'tolerance', 'tol'],
  monitor: ['metric'],
  keepDims: ['keepdim'],
};

/** Longer than the name of any option. */
const LONGEST = 100;

/** Case and separators are no difference between spellings. */
const plain = (word: string): string => word.toLowerCase().replaceAll(/[^a-z0-9]/g, '');

/** The names that other libraries have, in plain letters, with ours for them. */
const THEIRS: ReadonlyMap<string, readonly string[]> = Object.entries(SYNONYMS).reduce(
  (theirs, [name, others]) => {
    for (const other of new Set(others.map(plain))) theirs.set(other, [...(theirs.get(other) ?? []), name]);
    return theirs;
  },
  new Map<string, string[]>(),
);

/** "Did you mean learningRate?" for the name that another library has for one of the known options. */
export function translate(word: string, known: readonly string[]): string | undefined {
  const ours = THEIRS.get(plain(word.slice(0, LONGEST))) ?? [];
  const found = ours.find((name) => name.split(' and ').every((part) => known.includes(part)));
  return found && `Did you mean ${found}?`;
}
