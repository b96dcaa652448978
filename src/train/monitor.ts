import { ignoreRejection } from '../autograd/promise.js';
import { NormtapeError } from '../error.js';
import { type Given, choice } from '../option/index.js';
import type { EpochRecord } from './history.js';

/** A number of an epoch: its loss, that on the validation data where there are any; a metric; or one's own. */
export type Monitor<M extends string> = 'loss' | M | ((record: EpochRecord<M>) => number);

export const MONITOR = {
  mode: choice('min', 'Whether small values are good, or large ones.', ['min', 'max']),
};

/** Which number is watched, and which way is better. */
export type MonitorOptions<M extends string> = Given<typeof MONITOR> & {
  /** The loss, where left out. */
  readonly monitor?: Monitor<M> | undefined;
};

/** What reads the number off an epoch, turned over where large ones are good; NaN is the worst there is. */
export function reading<M extends string>(
  where: string,
  monitor: Monitor<M>,
  mode: 'min' | 'max',
): (record: EpochRecord<M>) => number {
  return (record) => {
    const value =
      typeof monitor === 'function' ? numberOf(where, monitor(record)) : named(where, monitor, record);
    return Number.isNaN(value) ? Infinity : mode === 'min' ? value : -value;
  };
}

function numberOf(where: string, value: unknown): number {
  if (typeof value === 'number') return value;
  const expected = 'a function that returns a number';
  throw new NormtapeError({ where: `${where}.monitor`, expected, received: ignoreRejection(value) });
}

function named<M extends string>(
  where: string,
  name: 'loss' | M,
  { loss, validation }: EpochRecord<M>,
): number {
  if (name === 'loss') return validation?.loss ?? loss;
  const metrics: Readonly<Record<string, number>> = validation?.metrics ?? {};
  const value = Object.hasOwn(metrics, name) ? metrics[name] : undefined;
  if (value !== undefined) return value;
  const expected = `one of ${['loss', ...Object.keys(metrics)].join(', ')}`;
  throw new NormtapeError({ where: `${where}.monitor`, expected, received: name });
}
