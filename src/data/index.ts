export { batches } from './batches.js';
export { readCsv } from './csv.js';
export { type Dataset, dataset, flatten, pick } from './dataset.js';
export { digits } from './digits.js';
export { type IdxArray, type IdxFiles, fromIdx, readIdx } from './idx.js';
export { type Split, split } from './split.js';
export { standardize } from './standardize.js';
export { moons, spirals } from './toys.js';
