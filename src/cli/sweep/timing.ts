import { Random } from '../../array/index.js';
import { type AnyDataset, batches, countOf } from '../../data/index.js';
import { interleaved } from '../bench/clock.js';
import { type Middle, quartiles } from '../statistics/order.js';
import type { Plan } from './plan.js';
import { network } from './training.js';

/** The time of a training step of one variant. */
export interface StepTime {
  readonly variant: string;
  /** The median over the rounds. */
  readonly milliseconds: number;
  /** The time divided by that of the baseline in the same round: the median and the quartiles over the rounds. */
  readonly ratio: Middle;
}

/** Short rounds, of which a busy machine interrupts few, and many of them, so that the median ignores those. */
export const PACE = { rounds: 151, milliseconds: 1.5 };

/** The number of batches that the steps cycle through. */
const BATCHES = 64;

/**
 * Times a training step of all variants, with new networks on the training samples: each round runs all of them in a
 * random order, so that load and the compiler affect all alike. Yields the share that is done. Calls `onError` with a
 * variant that throws, which is then left out; if it is the baseline, there are no times.
 */
export function* stepTimes(
  plan: Plan,
  rateOf: (variant: string) => number,
  onError?: (variant: string, error: unknown) => void,
): Generator<number, readonly StepTime[]> {
  const { seed, batchSize } = plan.settings;
  const samples = fullBatches(plan.split.train, batchSize, seed);
  const contenders = plan.variants.map((variant) => {
    const { step } = network(plan, { variant, learningRate: rateOf(variant.name) }, new Random(seed).seed());
    let next = 0;
    return { name: variant.name, run: () => void step(samples[next++ % samples.length]!) };
  });
  const timings = yield* interleaved(contenders, { ...PACE, seed, onError });
  const own = timings.get(plan.baseline);
  if (!own) return [];
  return [...timings].map(([variant, { nanoseconds, samples }]) => {
    const ratio = quartiles(samples.map((time, round) => time / own.samples[round]!));
    return { variant, milliseconds: nanoseconds / 1e6, ratio };
  });
}

/** Batches of one size, so that all steps do the same work. */
function fullBatches(data: AnyDataset, size: number, seed: number): readonly AnyDataset[] {
  const found: AnyDataset[] = [];
  const dropLast = countOf(data) > size;
  for (const batch of batches(data, { size, seed, dropLast })) {
    if (found.length === BATCHES) break;
    found.push(batch);
  }
  return found;
}
