import { Random } from '../array/index.js';
import { NormtapeError } from '../error.js';
import { type Given, number, resolve, seed } from '../option/index.js';
import { type Dataset, pick } from './dataset.js';

const OPTIONS = {
  testShare: number(0.2, 'The share of the samples that is kept for testing.', {
    above: 0,
    below: 1,
    explore: [0.1, 0.5],
  }),
  seed: seed('Of the shuffle before the split; left out: no shuffle, and the last samples are for testing.'),
};

/** Samples to learn from, and others to test what was learned. */
export interface Split {
  readonly train: Dataset;
  readonly test: Dataset;
}

/** Splits in two; each sample comes into exactly one part, and neither part is empty. */
export function split(data: Dataset, given?: Given<typeof OPTIONS>): Split {
  const { testShare, seed } = resolve('split', OPTIONS, given);
  const count = data.labels.length;
  if (count < 2) {
    throw new NormtapeError({ where: 'split', expected: 'at least 2 samples', received: count });
  }
  const tested = Math.min(Math.max(Math.round(testShare * count), 1), count - 1);
  const order = orderOf(count, seed);
  return {
    train: pick(data, order.subarray(0, count - tested)),
    test: pick(data, order.subarray(count - tested)),
  };
}

/** All positions: as they come, or shuffled by the seed. */
export const orderOf = (count: number, seed: number | undefined): Int32Array =>
  seed === undefined ? Int32Array.from({ length: count }, (_, i) => i) : new Random(seed).permutation(count);
