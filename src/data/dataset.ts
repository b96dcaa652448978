import {
  type NdArray,
  type Shape,
  type Source,
  flat,
  fromFlat,
  reshape,
  sizeOf,
  store,
} from '../array/index.js';
import { readArray } from '../autograd/state.js';
import { Tensor } from '../autograd/tape.js';
import { demand, demandText, isNumbers, isOne, isTexts } from '../demand.js';
import { NormtapeError } from '../error.js';
import { isPlainObject } from '../option/index.js';

interface Samples {
  /** The name of the data in errors. */
  readonly name: string;
  /** [samples, …]. */
  readonly features: Tensor;
  /** The name of each feature, if the data has names. */
  readonly columns?: readonly string[] | undefined;
}

/** Samples to classify. */
export interface Dataset extends Samples {
  /** The class of each sample, from 0. */
  readonly labels: Int32Array;
  /** The name of each class. */
  readonly classes: readonly string[];
}

/** Samples with numbers to predict. */
export interface RegressionDataset extends Samples {
  /** [samples, numbers to predict], usually [samples, 1]. */
  readonly targets: Tensor;
}

/** Samples of either kind. */
export type AnyDataset = Dataset | RegressionDataset;

/**
 * Makes a data set of samples to classify, from anything that `tensor` takes: nested lists, typed arrays, ndarrays,
 * tensors.
 *
 * @param features [samples, …]; float64 if the source is, else float32.
 * @param labels the class of each sample, whole numbers from 0.
 * @param classes the name of each class.
 * @throws if there is not one label per sample, or a label has no class.
 */
export function dataset(
  name: string,
  features: Source | Tensor,
  labels: Source | Tensor,
  classes: readonly string[],
): Dataset {
  const given = samplesOf(name, features);
  demand(`${name}: classes`, 'a list of strings, the name of each class', isTexts, classes);
  const seen = new Set<string>();
  const twice = classes.find((title) => seen.size === seen.add(title).size);
  if (twice !== undefined) {
    throw new NormtapeError({ where: `${name}: classes`, expected: 'each class once', received: twice });
  }
  const count = given.shape[0]!;
  const demandCount = (shape: Shape): void => {
    const found = sizeOf(shape);
    if (count === found) return;
    const expected = `a label for each of ${count} samples`;
    throw new NormtapeError({ where: name, expected, received: `${found} labels` });
  };
  if (labels instanceof Int32Array) demandCount([labels.length]);
  const numbers =
    labels instanceof Int32Array ? labels : flat(arrayFrom(`${name}: labels`, labels, demandCount));
  const stray = numbers.find((label) => !Number.isInteger(label) || label < 0 || label >= classes.length);
  if (stray !== undefined) {
    const expected = `labels from 0 to ${classes.length - 1}`;
    throw new NormtapeError({ where: name, expected, received: stray });
  }
  return { name, features: given, labels: Int32Array.from(numbers), classes: [...classes] };
}

/**
 * Makes a data set of samples with numbers to predict, from anything that `tensor` takes.
 *
 * @param features [samples, …].
 * @param targets [samples] or [samples, numbers to predict], in the units of the report.
 * @throws if there is not one target per sample.
 */
export function regressionDataset(
  name: string,
  features: Source | Tensor,
  targets: Source | Tensor,
): RegressionDataset {
  const given = samplesOf(name, features);
  const count = given.shape[0]!;
  const numbers = arrayFrom(`${name}: targets`, targets, (claimed) => {
    if (claimed[0] === count && claimed.length <= 2) return;
    const expected = `targets of the shape [${count}] or [${count}, numbers to predict]`;
    throw new NormtapeError({ where: name, expected, received: claimed });
  });
  const shape = [count, numbers.shape[1] ?? 1];
  return { name, features: given, targets: new Tensor(reshape(numbers, shape)) };
}

/** Whether a data set has numbers to predict rather than classes. */
export const isRegression = (data: AnyDataset): data is RegressionDataset => isOne(hasTargets, data);

const hasTargets = (data: unknown): data is RegressionDataset => 'targets' in (data as object);

/** The number of samples. */
export function countOf(data: AnyDataset): number {
  demandDataset('countOf', data);
  return data.features.shape[0] ?? 0;
}

/** Whether a value is a data set, with classes or numbers to predict. */
export const isDataset = (data: unknown): data is AnyDataset =>
  isPlainObject(data) &&
  data['features'] instanceof Tensor &&
  ['string', 'undefined'].includes(typeof data['name']) &&
  ((isIntegers(data['labels']) && isOne(isTexts, data['classes'])) || data['targets'] instanceof Tensor);

/** Whether a value is an Int32Array, of this realm or another. */
export const isIntegers = (labels: unknown): labels is Int32Array =>
  ArrayBuffer.isView(labels) && Object.prototype.toString.call(labels) === '[object Int32Array]';

/** Throws, with `where`, if the value is not a data set. */
export function demandDataset(where: string, data: unknown): asserts data is AnyDataset {
  demand(where, 'a data set', isDataset, data, 'dataset and regressionDataset make one.');
}

/**
 * The samples at these positions, in this order.
 * @throws if a position is out of range.
 */
export function pick<D extends AnyDataset>(data: D, rows: ArrayLike<number>): D {
  demandDataset('pick', data);
  const count = countOf(data);
  demand(`${data.name}: pick`, 'a list of positions', isNumbers, rows);
  const stray = Array.from(rows).find((row) => !Number.isInteger(row) || row < 0 || row >= count);
  if (stray !== undefined) {
    const expected = `positions from 0 to ${count - 1}`;
    throw new NormtapeError({ where: `${data.name}: pick`, expected, received: stray });
  }
  const features = new Tensor(rowsOf(data.features.value, rows));
  if (isRegression(data)) {
    return { ...data, features, targets: new Tensor(rowsOf(data.targets.value, rows)) };
  }
  const { labels }: Dataset = data;
  return { ...data, features, labels: Int32Array.from(rows, (row) => labels[row]!) };
}

/** The features as a matrix, [samples, features per sample], whatever the shape of a sample. */
export function flatten<D extends AnyDataset>(data: D): D {
  demandDataset('flatten', data);
  const [count = 0, ...sample] = data.features.shape;
  return { ...data, features: new Tensor(reshape(data.features.value, [count, sizeOf(sample)])) };
}

function samplesOf(name: string, given: Source | Tensor): Tensor {
  demandText('dataset: name', name);
  const features = arrayFrom(`${name}: features`, given, (claimed) => {
    if (claimed.length > 0) return;
    const expected = 'features of the shape [samples, …]';
    throw new NormtapeError({ where: name, expected, received: claimed });
  });
  return new Tensor(features);
}

function arrayFrom(where: string, given: Source | Tensor, demand: (claimed: Shape) => void): NdArray {
  if (!(given instanceof Tensor)) return readArray(where, given, undefined, { demand });
  demand(given.shape);
  return given.value;
}

function rowsOf(array: NdArray, rows: ArrayLike<number>): NdArray {
  const [, ...sample] = array.shape;
  const size = sizeOf(sample);
  const source = flat(array);
  const data = store(array.dtype, rows.length * size);
  Array.from(rows).forEach((row, i) => data.set(source.subarray(row * size, (row + 1) * size), i * size));
  const shape: Shape = [rows.length, ...sample];
  return fromFlat(data, shape);
}
