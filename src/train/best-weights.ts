import { type NdArray, type Source, toJsonNumber, toPlain } from '../array/index.js';
import { PREPARE, type StateDict, readArray } from '../autograd/state.js';
import { Tensor } from '../autograd/tape.js';
import { isPlainObject, resolveBeside } from '../option/index.js';
import type { Callback } from './callback.js';
import { readOwn, bestOf } from './keys.js';
import { MONITOR, type MonitorOptions, reading } from './monitor.js';

/** Restores, at the end of training, the weights of the epoch whose monitored number was best; the first of equals. */
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
      // If validation saw averages, those were best.
      weights = average ? average.within(copies) : copies();
    },
    end(_, { model }) {
      if (weights) model.loadStateDict(weights);
    },
    state: () => (weights ? { best: toJsonNumber(best), weights } : {}),
    check(state, model) {
      const { weights: kept } = ownOf(where, state);
      if (kept) model[PREPARE](kept);
    },
    restore(state) {
      const own = ownOf(where, state);
      best = own.best;
      // The caller may write into the arrays of the state.
      const copies = Object.entries(own.weights ?? {}).map(
        ([name, array]) =>
          [name, array instanceof Tensor ? array : toPlain(readKept(`${where}: ${name}`, array))] as const,
      );
      weights = own.weights && Object.fromEntries(copies);
    },
  };
}

/** A copy in its own dtype; lists as float64, because the saved weights may have been float64. */
const readKept = (where: string, array: Source): NdArray =>
  readArray(where, array, undefined, { untyped: 'float64' });

/** `best` is infinite until there are weights. */
interface Own {
  readonly best: number;
  readonly weights?: StateDict;
}

const ownOf = (where: string, state: unknown): Own =>
  readOwn(where, state, ['best', 'weights'], ({ best: last, weights }) => {
    if (last === undefined && weights === undefined) return { best: Infinity };
    const best = bestOf(last);
    const isOwn = best !== undefined && best < Infinity && isPlainObject(weights);
    return isOwn ? { best, weights: weights as StateDict } : undefined;
  });
