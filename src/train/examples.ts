import { synchronous } from '../autograd/promise.js';
import { type Tensor } from '../autograd/tape.js';
import {
  type AnyDataset,
  type Dataset,
  type RegressionDataset,
  countOf,
  isDataset,
  isIntegers,
  isRegression,
  pick,
} from '../data/dataset.js';
import { orderOf } from '../data/split.js';
import { isList, isOne } from '../demand.js';
import { NormtapeError } from '../error.js';
import type { Module } from '../nn/module.js';

/** What a model is given at a time, and what it shall make of it. */
export interface Batch<X = Tensor, Y = Int32Array> {
  readonly features: X;
  readonly labels: Y;
}

/** Samples of any kind that can be picked by position, such as windows of a text. */
export interface Examples<X, Y> {
  readonly count: number;
  /** The samples at these positions, in this order, as one batch. */
  pick(rows: Int32Array): Batch<X, Y>;
}

/** What may be learned from: a data set, or anything that samples can be picked from. */
export type TrainingData<X, Y> =
  | Examples<X, Y>
  | (Batch<X, Y> & Dataset)
  | ({ readonly features: X; readonly targets: Y } & RegressionDataset);

/** A module that makes P of X. */
export type Model<X, P> = Module & { forward(x: X): P };

/** One form for both. Throws, in the name of `where`, where there is no sample, or a label is no class. */
export function examplesOf<X, Y>(where: string, data: TrainingData<X, Y>): Examples<X, Y> {
  const given = (isOne(isReadable, data) ? data : {}) as Partial<Examples<X, Y>>;
  const { count, pick } = isOne(isDataset, data) ? picking(where, data) : given;
  if (typeof pick !== 'function' || !Number.isInteger(count)) {
    const expected = 'a data set, or an object of count and pick';
    throw new NormtapeError({
      where: `${where}: data`,
      expected,
      received: data,
      hint: missing(given as Partial<Dataset>),
    });
  }
  const bound = pick.bind(data) as Examples<X, Y>['pick'];
  if (count! > 0) return { count: count!, pick: (rows) => batchIn(`${where}: data.pick`, bound(rows)) };
  throw new NormtapeError({ where: `${where}: data`, expected: 'at least one sample', received: count });
}

/** The batch that was picked; throws if it is a promise, or none. */
function batchIn<X, Y>(where: string, batch: Batch<X, Y>): Batch<X, Y> {
  const given: unknown = synchronous(where, batch, 'Await the data before.');
  if (typeof given === 'object' && given !== null && 'features' in given) return batch;
  throw new NormtapeError({ where, expected: 'a batch of features and labels', received: given });
}

/** Whether what it says of itself can be read. */
const isReadable = (data: unknown): data is Partial<Examples<unknown, unknown> & Dataset> => {
  const { count, pick, name, features, labels, classes } = data as Partial<
    Examples<unknown, unknown> & Dataset
  >;
  return [count, pick, name, features, labels, classes].length > 0;
};

/** What a data set has, and these data lack. */
function missing(data: Partial<Dataset>): string {
  const lacks = [
    ...(data.name === undefined ? ['name'] : []),
    ...(data.features === undefined ? ['features'] : []),
    ...(isIntegers(data.labels) ? [] : ['labels in an Int32Array']),
    ...(isList(data.classes) ? [] : ['classes']),
  ];
  const [last] = lacks.slice(-1);
  const list = lacks.length > 1 ? `${lacks.slice(0, -1).join(', ')} and ${last}` : last;
  return `To be a data set it lacks ${list}: dataset(name, features, labels, classes) makes one.`;
}

function picking(where: string, data: AnyDataset): Examples<unknown, unknown> {
  const count = countOf(data);
  if (isRegression(data)) {
    const batch = ({ features, targets }: RegressionDataset) => ({ features, labels: targets });
    return { count, pick: (rows) => batch(pick(data, rows)) };
  }
  const { name, labels, classes } = data;
  const stray = labels.find((label) => label < 0 || label >= classes.length);
  if (stray !== undefined) {
    const expected = `labels from 0 to ${classes.length - 1}`;
    throw new NormtapeError({ where: `${where}: ${name}`, expected, received: stray });
  }
  return { count, pick: (rows) => pick(data, rows) };
}

/** The positions of the samples of each batch: as they lie, or shuffled by a seed. */
export function* rowsOf(count: number, size: number, seed: number | undefined): Generator<Int32Array, void> {
  const order = orderOf(count, seed);
  for (let start = 0; start < count; start += size) yield order.subarray(start, start + size);
}
