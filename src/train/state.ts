import type { StateDict } from '../autograd/state.js';
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
