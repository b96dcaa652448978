import { type AnyDataset, countOf, demandDataset, pick } from './dataset.js';
import { type Given, type Values, flag, number, resolve, seed } from '../option/index.js';
import { orderOf } from './split.js';

const OPTIONS = {
  size: number(32, 'How many samples a batch holds.', { min: 1, whole: true, explore: [1, 64] }),
  seed: seed('Of the shuffle; left out: the samples come as they lie. Give each epoch a seed of its own.'),
  dropLast: flag(false, 'Whether to leave out a last batch that is not full.'),
};

/** Walks through the samples once, in batches. */
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
