import { toJsonNumber } from '../array/index.js';
import { type Given, number, resolveBeside } from '../option/index.js';
import type { Callback, Training } from './callback.js';
import { bestOf, readOwn } from './keys.js';
import { MONITOR, type MonitorOptions, reading } from './monitor.js';
import { isCount } from './place.js';

const OPTIONS = {
  patience: number(3, 'How many epochs in a row may go by without an improvement.', {
    min: 0,
    whole: true,
    explore: [0, 10],
  }),
  minDelta: number(0, 'How much better a value must be to count as an improvement.', {
    min: 0,
    explore: [0, 0.1],
  }),
  ...MONITOR,
};

/** Stops training if the monitored number has not improved for more than `patience` epochs (Prechelt 1998). */
export function earlyStopping<M extends string = never>(
  given: Given<typeof OPTIONS> & MonitorOptions<M> = {},
): Callback<M> {
  const where = 'earlyStopping';
  const { patience, minDelta, mode, monitor = 'loss' } = resolveBeside(where, OPTIONS, given, ['monitor']);
  const read = reading<M>(where, monitor, mode);
  let [best, waited] = [Infinity, 0];
  const check = ({ stop }: Training): void => {
    if (waited > patience) stop(`No improvement in ${waited} epochs.`);
  };
  const ownOf = (state: unknown): readonly [best: number, waited: number] =>
    readOwn(where, state, ['best', 'waited'], (parts) => {
      const last = bestOf(parts['best']);
      return last !== undefined && isCount(parts['waited']) ? [last, parts['waited']] : undefined;
    });
  return {
    name: 'early_stopping',
    // A resumed training may have ended in its state already.
    start: (training) => check(training),
    epoch(record, training) {
      const value = read(record);
      if (value < best - minDelta) [best, waited] = [value, 0];
      else waited++;
      check(training);
    },
    state: () => ({ best: toJsonNumber(best), waited }),
    check: (state) => void ownOf(state),
    restore: (state) => void ([best, waited] = ownOf(state)),
  };
}
