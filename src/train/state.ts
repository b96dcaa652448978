import type { StateDict } from '../autograd/state.js';
import { NormtapeError, suggest } from '../error.js';
import { type Module } from '../nn/module.js';
import type { Optimizer } from '../optim/optimizer.js';
import { isPlainObject } from '../option/index.js';
import type { ExponentialMovingAverage } from './average.js';
import type { Callback } from './callback.js';
import type { EpochRecord } from './history.js';
import { type Place, type Plan, demandGenerator } from './place.js';

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
    callback.state ? [[callback.name, callback.state()] as const] : [],
  );
  return {
    model: model.stateDict(),
    optimizer: optimizer.stateDict(model),
    generators: Object.fromEntries(generators),
    ...(average && { average: average.stateDict() }),
    callbacks: Object.fromEntries(kept),
  };
}

/** Takes a state over, as a whole: where one part does not fit, throws, and all are as they were. */
export function restore(where: string, state: Remembered, parts: Remembering): void {
  const before = remembered(parts);
  try {
    take(where, state, parts);
  } catch (error) {
    take(where, before, parts);
    throw error;
  }
}

function take(where: string, state: Remembered, { model, optimizer, average, callbacks }: Remembering): void {
  model.loadStateDict(state.model);
  optimizer.loadStateDict(state.optimizer, model);
  const generators = model.generators();
  demandNames(`${where}: generators`, state.generators, [...generators.keys()]);
  for (const [name, random] of generators) {
    random.state = demandGenerator(`${where}: generators.${name}`, state.generators[name]);
  }
  if (!average !== !state.average) {
    const received = state.average ? 'averages' : 'none';
    const expected = average ? 'averages of weights' : 'no averages of weights, since fit was given none';
    throw new NormtapeError({ where: `${where}: average`, expected, received });
  }
  average?.loadStateDict(state.average!);
  const keeping = callbacks.filter((callback) => callback.state);
  demandNames(
    `${where}: callbacks`,
    state.callbacks,
    keeping.map(({ name }) => name),
  );
  for (const callback of keeping) callback.restore?.(state.callbacks[callback.name]);
}

/** Throws where the keys of an object are not these names. */
function demandNames(where: string, given: unknown, names: readonly string[]): void {
  const keys = isPlainObject(given) ? Object.keys(given) : [];
  const unknown = keys.find((key) => !names.includes(key));
  const missing = names.find((name) => !keys.includes(name));
  if (isPlainObject(given) && unknown === undefined && missing === undefined) return;
  const expected = names.length ? `states of ${names.join(', ')}` : 'no states';
  throw new NormtapeError({ where, expected, received: keys, hint: suggest(unknown, names) });
}
