export { expectedCalibrationError } from './metrics/calibration.js';
export { accuracy, topKAccuracy } from './metrics/classes.js';
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
