import { demandGenerator } from '../array/index.js';
import { synchronous } from '../autograd/promise.js';
import { PREPARE } from '../autograd/state.js';
import { NormtapeError, suggest } from '../error.js';
import type { Module } from '../nn/module.js';
import type { Optimizer } from '../optim/optimizer.js';
import { isPlainObject } from '../option/index.js';
import type { ExponentialMovingAverage } from './average.js';
import type { Callback } from './callback.js';
import type { TrainingState } from './state.js';

/** The parts of a training that have state. */
export interface Stateful {
  readonly model: Module;
  readonly optimizer: Optimizer<never>;
  readonly average?: ExponentialMovingAverage | undefined;
  readonly callbacks: readonly Callback[];
}

/** The states of these parts. */
export type PartStates = Pick<TrainingState, 'model' | 'optimizer' | 'generators' | 'average' | 'callbacks'>;

/** Copies of the states of all parts. */
export function statesOf({ model, optimizer, average, callbacks }: Stateful): PartStates {
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

/**
 * Checks a state as a whole and changes nothing; the function that it returns restores the state. If a callback then
 * throws, every part keeps its own state, and the error is thrown again.
 */
export function prepareRestore(where: string, state: PartStates, parts: Stateful): () => void {
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
  synchronous(`${name}.${method}`, returned, 'A state is taken and given at once.');

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
