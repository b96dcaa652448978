export { batches } from './batches.js';
export { type Characters, characters } from './characters.js';
export { readCsv } from './csv.js';
export { type CsvForm, type FeatureColumn } from './csv/form.js';
export { type CsvDataset, type CsvNote, type CsvOptions, type CsvRegressionDataset } from './csv/options.js';
export {
  type AnyDataset,
  type Dataset,
  type RegressionDataset,
  countOf,
  dataset,
  flatten,
  isRegression,
  pick,
  regressionDataset,
} from './dataset.js';
export { digits } from './digits.js';
export { type IdxArray, type IdxFiles, fromIdx, readIdx } from './idx.js';
export { mobyDick } from './moby-dick.js';
export { type Split, split } from './split.js';
export { type Scaling, type Standardized, standardize } from './standardize.js';
export { moons, spirals } from './toys.js';
export { type Windows, windows } from './windows.js';
