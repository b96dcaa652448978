import type { StateDict } from '../autograd/state.js';
import type { EpochRecord } from './history.js';
import { demandKeys } from './keys.js';
import type { Place, Plan } from './place.js';
import { readPlain } from './plain.js';

/** The state of a training run, from which it resumes exactly: arrays by name, and JSON values. */
export interface TrainingState {
  readonly plan: Plan;
  readonly place: Place;
  readonly epochs: readonly EpochRecord[];
  readonly model: StateDict;
  readonly optimizer: StateDict;
  /** The states of the model's random generators, such as those of Dropout. */
  readonly generators: Readonly<Record<string, readonly number[]>>;
  readonly average?: StateDict | undefined;
  /** The states of callbacks, by their names. */
  readonly callbacks: Readonly<Record<string, unknown>>;
}

const STATE = ['plan', 'place', 'epochs', 'model', 'optimizer', 'generators', 'callbacks'];

/** The parts of a state, with the numbers that JSON lacks decoded; arrays are decoded later, when they are loaded. */
export function readState(where: string, state: unknown): TrainingState {
  const parts = demandKeys(where, state, STATE, ['average']);
  const read = Object.entries(parts).map(([name, part]) => {
    const isArrays = name === 'model' || name === 'optimizer' || name === 'average';
    return [name, isArrays ? part : readPlain(part, `${where}.${name}`)] as const;
  });
  return Object.fromEntries(read) as unknown as TrainingState;
}
