import { type AnyDataset, countOf, demandDataset, pick } from './dataset.js';
import { type Given, type Values, flag, number, resolve, seed } from '../option/index.js';
import { orderOf } from './split.js';

const OPTIONS = {
  size: number(32, 'The number of samples in a batch.', { min: 1, whole: true, explore: [1, 64] }),
  seed: seed(
    'The seed of the shuffle; without one, the order of the samples is kept. Give each epoch its own seed.',
  ),
  dropLast: flag(false, 'Whether to leave out a last batch that is not full.'),
};

/** Yields the samples once, in batches. */
export function batches<D extends AnyDataset>(data: D, given?: Given<typeof OPTIONS>): Generator<D, void> {
  demandDataset('batches', data);
  return walk(data, resolve('batches', OPTIONS, given));
}

function* walk<D extends AnyDataset>(
  data: D,
  { size, seed, dropLast }: Values<typeof OPTIONS>,
): Generator<D, void> {
  const order = orderOf(countOf(data), seed);
  for (let start = 0; start < order.length; start += size) {
    if (dropLast && start + size > order.length) return;
    yield pick(data, order.subarray(start, start + size));
  }
}
