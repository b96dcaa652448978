import { Random } from '../array/index.js';
import { NormtapeError } from '../error.js';
import { type Given, flag, number, resolve, seed } from '../option/index.js';
import { type AnyDataset, type Dataset, countOf, demandDataset, isRegression, pick } from './dataset.js';

const OPTIONS = {
  testShare: number(0.2, 'The share of the samples that is kept for testing.', {
    above: 0,
    below: 1,
    explore: [0.1, 0.5],
  }),
  seed: seed('The seed of the shuffle before the split; without one, the last samples are kept for testing.'),
  stratified: flag(
    false,
    'Whether each class is split separately, so that both parts have about the same share of it; a class of one sample goes to training.',
  ),
};

/** Samples for training and samples for testing. */
export interface Split<D extends AnyDataset = Dataset> {
  readonly train: D;
  readonly test: D;
}

/**
 * Splits a data set into training and test samples; neither part is empty.
 *
 * @throws if there are fewer than 2 samples, or `stratified` is asked for numbers to predict.
 */
export function split<D extends AnyDataset>(data: D, given?: Given<typeof OPTIONS>): Split<D> {
  const { testShare, seed, stratified } = resolve('split', OPTIONS, given);
  demandDataset('split', data);
  const count = countOf(data);
  if (count < 2) {
    throw new NormtapeError({ where: 'split', expected: 'at least 2 samples', received: count });
  }
  const tested = (samples: number): number => Math.min(Math.round(testShare * samples), samples - 1);
  const order = orderOf(count, seed);
  if (!stratified) {
    const first = count - Math.max(tested(count), 1);
    return { train: pick(data, order.subarray(0, first)), test: pick(data, order.subarray(first)) };
  }
  const labels = labelsOf(data);
  const left = new Map<number, number>();
  for (const label of labels) left.set(label, (left.get(label) ?? 0) + 1);
  for (const [label, samples] of left) left.set(label, samples - tested(samples));
  const parts: { readonly train: number[]; readonly test: number[] } = { train: [], test: [] };
  for (const row of order) {
    const room = left.get(labels[row]!)!;
    left.set(labels[row]!, room - 1);
    (room > 0 ? parts.train : parts.test).push(row);
  }
  if (parts.test.length === 0) parts.test.push(parts.train.pop()!);
  return { train: pick(data, parts.train), test: pick(data, parts.test) };
}

function labelsOf(data: AnyDataset): Int32Array {
  if (!isRegression(data)) return data.labels;
  const where = 'split.stratified';
  throw new NormtapeError({ where, expected: 'samples of classes', received: 'numbers to predict' });
}

/** All positions, in order or shuffled by the seed. */
export const orderOf = (count: number, seed: number | undefined): Int32Array =>
  seed === undefined ? Int32Array.from({ length: count }, (_, i) => i) : new Random(seed).permutation(count);
