import { type NdArray, fromJsonNumbers, toJsonNumber } from '../array/index.js';
import type { StateDict } from '../autograd/state.js';
import { NormtapeError } from '../error.js';
import { isPlainObject, resolveBeside } from '../option/index.js';
import type { Callback } from './callback.js';
import { MONITOR, type MonitorOptions, reading } from './monitor.js';

/** Remembers the weights of the epoch in which a number was best, the first of equals, and ends training with those. */
export function bestWeights<M extends string = never>(given: MonitorOptions<M> = {}): Callback<M> {
  const where = 'bestWeights';
  const { mode, monitor = 'loss' } = resolveBeside(where, MONITOR, given, ['monitor']);
  const read = reading<M>(where, monitor, mode);
  let best = Infinity;
  let weights: StateDict | undefined;
  return {
    name: 'best_weights',
    epoch(record, { model, average }) {
      const value = read(record);
      if (!(value < best)) return;
      best = value;
      const copies = (): Record<string, NdArray> => model.stateDict();
      // Where validation saw averages, those were best.
      weights = average ? average.within(copies) : copies();
    },
    end(_, { model }) {
      if (weights) model.loadStateDict(weights);
    },
    state: () => (weights ? { best: toJsonNumber(best), weights } : {}),
    restore(state) {
      const { best: last = Infinity, weights: kept } = isPlainObject(state) ? state : { best: null };
      const value = fromJsonNumbers(last);
      if (typeof value !== 'number' || (kept !== undefined && !isPlainObject(kept))) {
        throw new NormtapeError({ where, expected: 'its state', received: state });
      }
      best = value;
      weights = kept as StateDict | undefined;
    },
  };
}
