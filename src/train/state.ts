import { demandGenerator } from '../array/index.js';
import { settled } from '../autograd/promise.js';
import { PREPARE, type StateDict } from '../autograd/state.js';
import { NormtapeError, suggest } from '../error.js';
import { type Module } from '../nn/module.js';
import type { Optimizer } from '../optim/optimizer.js';
import { isPlainObject } from '../option/index.js';
import type { ExponentialMovingAverage } from './average.js';
import type { Callback } from './callback.js';
import type { EpochRecord } from './history.js';
import { demandKeys } from './keys.js';
import type { Place, Plan } from './place.js';
import { readPlain } from './plain.js';

/** All there is to go on from as if training had never stopped: arrays by name, and what JSON can hold. */
export interface TrainingState {
  readonly plan: Plan;
  readonly place: Place;
  readonly epochs: readonly EpochRecord[];
  readonly model: StateDict;
  readonly optimizer: StateDict;
  /** States of the model's sources of randomness, such as those of Dropout. */
  readonly generators: Readonly<Record<string, readonly number[]>>;
  readonly average?: StateDict | undefined;
  /** What callbacks remember, by their names. */
  readonly callbacks: Readonly<Record<string, unknown>>;
}

/** What remembers something of its own while it trains. */
export interface Remembering {
  readonly model: Module;
  readonly optimizer: Optimizer<never>;
  readonly average?: ExponentialMovingAverage | undefined;
  readonly callbacks: readonly Callback[];
}

export type Remembered = Pick<TrainingState, 'model' | 'optimizer' | 'generators' | 'average' | 'callbacks'>;

/** Copies of all that is remembered. */
export function remembered({ model, optimizer, average, callbacks }: Remembering): Remembered {
  const generators = [...model.generators()].map(([name, { state }]) => [name, state] as const);
  const kept = callbacks.flatMap((callback) =>
    callback.state ? [[callback.name, atOnce(callback, 'state', callback.state())] as const] : [],
  );
  return {
    model: model.stateDict(),
    optimizer: optimizer.stateDict(model),
    generators: Object.fromEntries(generators),
    ...(average && { average: average.stateDict() }),
    callbacks: Object.fromEntries(kept),
  };
}

const STATE = ['plan', 'place', 'epochs', 'model', 'optimizer', 'generators', 'callbacks'];

/** The parts of a state; numbers that JSON lacks are numbers again, but for those in arrays, which are read where they belong. */
export function readState(where: string, state: unknown): TrainingState {
  const parts = demandKeys(where, state, STATE, ['average']);
  const read = Object.entries(parts).map(([name, part]) => {
    const isArrays = name === 'model' || name === 'optimizer' || name === 'average';
    return [name, isArrays ? part : readPlain(part, `${where}.${name}`)] as const;
  });
  return Object.fromEntries(read) as unknown as TrainingState;
}

/**
 * Checks a state as a whole and changes nothing; what it returns takes the state over. If a callback does not take its
 * part then, all are as they were, and the error is thrown again.
 */
export function prepare(where: string, state: Remembered, parts: Remembering): () => void {
  const { model, optimizer, average, callbacks } = parts;
  const takeModel = model[PREPARE](state.model);
  const takeOptimizer = optimizer[PREPARE](state.optimizer, model);
  const generators = [...model.generators()];
  const names = generators.map(([name]) => name);
  const given = demandNames(`${where}: generators`, state.generators, names);
  const states = generators.map(
    ([name, random]) => [random, demandGenerator(`${where}: generators.${name}`, given[name])] as const,
  );
  if (!average !== !state.average) {
    const received = state.average ? 'averages' : 'none';
    const expected = average ? 'averages of weights' : 'no averages of weights, since fit was given none';
    throw new NormtapeError({ where: `${where}: average`, expected, received });
  }
  const takeAverage = average?.[PREPARE](state.average!);
  const keeping = callbacks.filter((callback) => callback.state);
  const kept = demandNames(
    `${where}: callbacks`,
    state.callbacks,
    keeping.map(({ name }) => name),
  );
  for (const callback of keeping) atOnce(callback, 'check', callback.check?.(kept[callback.name], model));
  return () => {
    const before = keeping.map((callback) => [callback, callback.state!()] as const);
    try {
      for (const callback of keeping) atOnce(callback, 'restore', callback.restore?.(kept[callback.name]));
    } catch (error) {
      for (const [callback, own] of before) attempt(() => callback.restore?.(own));
      throw error;
    }
    takeModel();
    takeOptimizer();
    for (const [random, at] of states) random.state = at;
    takeAverage?.();
  };
}

/** What a callback returned; throws if it is a promise. */
const atOnce = <R>({ name }: Callback, method: string, returned: R): R =>
  settled(`${name}.${method}`, returned, 'A state is taken and given at once.');

/** Runs f; an error that came before is the one to tell. */
function attempt(f: () => void): void {
  try {
    f();
  } catch {
    // The others are still to be put back.
  }
}

/** The states by name; throws if the keys of the object are not these names. */
function demandNames(
  where: string,
  given: unknown,
  names: readonly string[],
): Readonly<Record<string, unknown>> {
  const keys = isPlainObject(given) ? Object.keys(given) : [];
  const unknown = keys.find((key) => !names.includes(key));
  const missing = names.find((name) => !keys.includes(name));
  if (isPlainObject(given) && unknown === undefined && missing === undefined) return given;
  const expected = names.length ? `states of ${names.join(', ')}` : 'no states';
  throw new NormtapeError({ where, expected, received: keys, hint: suggest(unknown, names) });
}
