import { Dense, Parameter, crossEntropy, sum, tensor } from '../../../src/index.js';
import { characters, split } from '../../../src/data/index.js';
import { ExponentialMovingAverage, accuracy } from '../../../src/train/index.js';
import { type Calls, classes, each, gradientsOf, optimizer, rows, small, targets } from './values.js';

const probabilities = () =>
  tensor([
    [0.5, 0.5],
    [0.25, 0.75],
  ]);
const loss = (y: never, labels: never) => crossEntropy(y, labels);
const rates = () => ({
  learningRate: 0.01,
  weightDecay: { rate: 0.1, exclude: 'vectors' },
  groups: [{ parameters: 'matrices', learningRate: (step: number) => 1 / (1 + step) }],
  names: new Dense(2),
});
const reducing = () => ({ reduction: 'mean', sampleWeight: [1, 2] });

const losses: Calls = {
  ...each('meanSquaredError meanAbsoluteError', () => [
    rows(),
    [
      [1, 2, 3],
      [4, 5, 6],
    ],
    reducing(),
  ]),
  huber: () => [rows(), rows(), { delta: 0.5, ...reducing() }],
  hinge: () => [
    rows(),
    [
      [1, -1, 1],
      [1, 1, -1],
    ],
    reducing(),
  ],
  crossEntropy: () => [rows(), [0, 2], { labelSmoothing: 0.1, classWeights: [1, 2, 3], ...reducing() }],
  focalLoss: () => [rows(), [0, 2], { gamma: 1, ...reducing() }],
  binaryCrossEntropyWithLogits: () => [
    rows(),
    [
      [0, 1, 0],
      [1, 1, 1],
    ],
    { positiveWeight: 2, ...reducing() },
  ],
  cosineSimilarity: () => [rows(), rows(), reducing()],
  klDivergence: () => [
    rows(),
    tensor([
      [0.2, 0.3, 0.5],
      [0.2, 0.3, 0.5],
    ]),
    reducing(),
  ],
  triplet: () => [rows(), rows(), rows(), { margin: 1, ...reducing() }],
};

const optimizers: Calls = {
  ...each('Adagrad Adam AdamW LAMB Lion Muon NAdam RAdam RMSprop SGD', () => [rates()]),
  'Optimizer.step': () => {
    const layer = new Dense(2, { seed: 1 });
    layer.forward(rows());
    return [gradientsOf(layer)];
  },
  'Optimizer.stateDict': () => [new Dense(2)],
  'Optimizer.loadStateDict': () => [{ steps: tensor(0).value }, new Dense(2)],
  constantSchedule: () => [0.1],
  cosineSchedule: () => [0.1, 10, { alpha: 0.1, warmupSteps: 2 }],
  exponentialSchedule: () => [0.1, 10, 0.9, { staircase: true }],
  linearSchedule: () => [0.1, 10, { endFactor: 0.1 }],
  oneCycleSchedule: () => [0.1, 10, { warmupShare: 0.3 }],
  polynomialSchedule: () => [0.1, 10, { power: 2 }],
  stepSchedule: () => [0.1, [2, 4], { factor: 0.5 }],
  warmRestartsSchedule: () => [0.1, 10, { periodFactor: 2 }],
  clipByGlobalNorm: () => [gradients(), 1, { convention: 'pytorch' }],
  clipByValue: () => [gradients(), 1],
  globalNorm: () => [gradients()],
};

const gradients = () => gradientsOf(small());

const data: Calls = {
  'data.batches': () => [classes(), { size: 2, seed: 1, dropLast: true }],
  'data.characters': () => ['abc'],
  'data.countOf': () => [classes()],
  'data.dataset': () => [
    'few',
    [
      [1, 2],
      [3, 4],
    ],
    [0, 1],
    ['a', 'b'],
  ],
  'data.digits': () => [{ scaled: true }],
  'data.flatten': () => [classes()],
  'data.fromIdx': () => [
    {
      images: Uint8Array.of(0, 0, 8, 3, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 1, 7),
      labels: Uint8Array.of(0, 0, 8, 1, 0, 0, 0, 1, 0),
    },
    { name: 'few', scaled: true },
  ],
  'data.isRegression': () => [classes()],
  'data.mobyDick': () => [],
  'data.moons': () => [{ samples: 10, noise: 0.1, seed: 1 }],
  'data.spirals': () => [{ samples: 10, noise: 0.1, seed: 1, classes: 2, turns: 1 }],
  'data.pick': () => [classes(), [0, 2]],
  'data.readCsv': () => [
    'a,b,c\n1,2,x\n3,4,y\n',
    { label: 'c', header: true, ignore: ['b'], classes: ['x', 'y'], task: 'classes' },
  ],
  'data.readIdx': () => [Uint8Array.of(0, 0, 8, 1, 0, 0, 0, 1, 0), 'labels'],
  'data.regressionDataset': () => [
    'line',
    [
      [1, 2],
      [3, 4],
    ],
    [1, 2],
  ],
  'data.split': () => [classes(), { testShare: 0.5, seed: 1, stratified: true }],
  'data.standardize': () => [split(classes(), { testShare: 0.5, seed: 1 }), { dtype: 'float64' }],
  'data.windows': () => [characters('abcabc').encode('abcabc'), 2],
};

const fitting = () => ({
  loss,
  optimizer: optimizer(),
  epochs: 1,
  batchSize: 2,
  metrics: { accuracy },
  validation: classes(),
  callbacks: [{ name: 'log', step: () => undefined, epoch: () => undefined }],
  clip: 1,
  seed: 1,
});

const train: Calls = {
  'train.ExponentialMovingAverage': () => [small(), { decay: 0.9 }],
  ...each(
    'train.ExponentialMovingAverage.update train.ExponentialMovingAverage.swap train.ExponentialMovingAverage.stateDict',
    () => [],
  ),
  'train.ExponentialMovingAverage.within': () => [() => 1],
  'train.ExponentialMovingAverage.loadStateDict': () => [new ExponentialMovingAverage(small()).stateDict()],
  'train.accumulateGradients': () => {
    const w = new Parameter(tensor([1, 2]));
    return [[{ loss: () => sum(w), weight: 1, samples: 2 }], [w]];
  },
  'train.accuracy': () => [rows(), [0, 2], { ignoreIndex: -1 }],
  'train.topKAccuracy': () => [rows(), [0, 2], { k: 2, ignoreIndex: -1 }],
  ...each('train.auroc train.averagePrecision', () => [
    [1, 2, 3],
    [true, 0, 1],
  ]),
  'train.falsePositiveRate': () => [[1, 2, 3], [true, 0, 1], { truePositiveRate: 0.5 }],
  'train.detection': () => [[1, 2, 3], rows()],
  ...each('train.bestWeights train.earlyStopping train.reduceOnPlateau', () => [{ monitor: 'loss' }]),
  'train.checkpoints': () => [() => undefined, { everyEpochs: 1 }],
  'train.bitsPerCharacter': () => [2, {}],
  'train.perplexity': () => [2],
  'train.confidenceInterval': () => [[1, 2, 3], { level: 0.9 }],
  'train.evaluate': () => [small(), classes(), { loss, metrics: { accuracy }, batchSize: 2 }],
  'train.evaluating': () => [small(), () => 1],
  'train.expectedCalibrationError': () => [probabilities(), [0, 1], { bins: 5 }],
  'train.findLearningRate': () => [
    small(),
    classes(),
    { loss, optimizer: optimizer(), steps: 3, batchSize: 2, seed: 1 },
  ],
  'train.fit': () => [small(), classes(), fitting()],
  'train.training': () => [small(), classes(), fitting()],
  'train.fitAsync': () => [
    small(),
    classes(),
    { ...fitting(), budget: 0, signal: new AbortController().signal },
  ],
  'train.isDivergence': () => [new Error('none')],
  'train.overall': () => [() => 1],
  'train.plainState': () => [small()],
  ...each('train.r2 train.rootMeanSquaredError', () => [
    [1, 2, 4],
    [1, 2, 3],
  ]),
};

/** A valid call of every function that trains, measures or loads data. */
export const training: Calls = { ...losses, ...optimizers, ...data, ...train };

export const regression = targets;
