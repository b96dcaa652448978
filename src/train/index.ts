export { type Accumulated, type Part, accumulateGradients } from './accumulate.js';
export { ExponentialMovingAverage } from './average.js';
export { bestWeights } from './best-weights.js';
export { type Callback, type StepRecord, type Training } from './callback.js';
export { checkpoints } from './checkpoints.js';
export { earlyStopping } from './early-stopping.js';
export { type EvaluateOptions, type Evaluation, type Loss, type Metrics, evaluate } from './evaluate.js';
export { type Batch, type Examples, type Model, type TrainingData } from './examples.js';
export { fit, training } from './fit.js';
export { fitAsync } from './fit-async.js';
export { isDivergence } from './guard.js';
export { type EpochRecord, type History } from './history.js';
export { type FindOptions, type LearningRates, findLearningRate } from './learning-rate.js';
export { type Meter, type Metric, type WeightedValue, overall } from './metric.js';
export { expectedCalibrationError } from './metrics/calibration.js';
export { type AccuracyOptions, accuracy, topKAccuracy } from './metrics/classes.js';
export {
  type Detection,
  type Positives,
  type Scores,
  auroc,
  averagePrecision,
  detection,
  falsePositiveRate,
} from './metrics/detection.js';
export { type Interval, confidenceInterval } from './metrics/interval.js';
export { bitsPerCharacter, perplexity } from './metrics/likelihood.js';
export { type RegressionMetric, r2, rootMeanSquaredError } from './metrics/regression.js';
export { evaluating } from './mode.js';
export { type Monitor, type MonitorOptions } from './monitor.js';
export { type FitOptions } from './options.js';
export { type FitAsyncOptions, type Stopping } from './options-async.js';
export { type Place, type Plan } from './place.js';
export { plainState } from './plain.js';
export { type ReduceOnPlateauOptions, reduceOnPlateau } from './reduce-on-plateau.js';
export { type TrainingState } from './state.js';
