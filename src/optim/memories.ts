import { type NdArray, free, full, keep, toPlain } from '../array/index.js';
import type { Parameter } from '../autograd/parameter.js';
import { type Place, type StateDict, readState } from '../autograd/state.js';
import { NormtapeError } from '../error.js';
import { isPlainObject } from '../option/index.js';

/** The memory of one parameter, which an optimizer keeps between steps. */
export interface Memory {
  /** How many steps this parameter has made. */
  readonly steps: number;
  readonly arrays: readonly NdArray[];
}

/** A parameter, its name in a state, and the names of the arrays in its memory. */
export interface Slots {
  readonly name: string;
  readonly parameter: Parameter;
  readonly slots: readonly string[];
}

/** The memories of all parameters of an optimizer, and the number of its steps. */
export class Memories {
  steps = 0;
  readonly #memories = new WeakMap<Parameter, Memory>();

  of(parameter: Parameter): Memory | undefined {
    return this.#memories.get(parameter);
  }

  /** Replaces the memory of a parameter, and frees the arrays of the former one. */
  replace(parameter: Parameter, memory: Memory | undefined): void {
    for (const array of this.of(parameter)?.arrays ?? []) free(array);
    for (const array of memory?.arrays ?? []) keep(array);
    if (memory) this.#memories.set(parameter, memory);
    else this.#memories.delete(parameter);
  }

  /** Copies of everything by name: `steps`, and for each parameter that has made a step its own `steps` and arrays. */
  stateDict(owners: readonly Slots[]): Record<string, NdArray> {
    const state: Record<string, NdArray> = { steps: counter(this.steps) };
    for (const { name, parameter, slots } of owners) {
      const memory = this.of(parameter);
      if (!memory) continue;
      state[`${name}.steps`] = counter(memory.steps);
      slots.forEach((slot, i) => (state[`${name}.${slot}`] = toPlain(memory.arrays[i]!)));
    }
    return state;
  }

  /** Checks a state as a whole and changes nothing; the function that it returns loads the state. */
  prepare(where: string, state: StateDict, owners: readonly Slots[]): () => void {
    const keys = isPlainObject(state) ? state : {};
    const places = new Map<string, Place>([['steps', COUNT]]);
    for (const { name, parameter, slots } of owners) {
      const { shape, dtype } = parameter;
      if (!['steps', ...slots].some((slot) => Object.hasOwn(keys, `${name}.${slot}`))) continue;
      places.set(`${name}.steps`, COUNT);
      for (const slot of slots) places.set(`${name}.${slot}`, { shape, dtype });
    }
    const arrays = readState(where, state, places);
    const counted = (name: string): number => countOf(where, name, arrays.get(name)!);
    const memories = owners.map(({ name, parameter, slots }): [Parameter, Memory | undefined] => {
      if (!arrays.has(`${name}.steps`)) return [parameter, undefined];
      const kept = slots.map((slot) => arrays.get(`${name}.${slot}`)!);
      return [parameter, { steps: counted(`${name}.steps`), arrays: kept }];
    });
    const steps = counted('steps');
    return () => {
      this.steps = steps;
      for (const [parameter, memory] of memories) this.replace(parameter, memory);
    };
  }
}

/** The place of a count of steps in a state: float64 holds it exactly. */
const COUNT: Place = { shape: [], dtype: 'float64' };

const counter = (steps: number): NdArray => toPlain(full([], steps, 'float64'));

function countOf(where: string, name: string, { data }: NdArray): number {
  const [count] = data;
  if (Number.isSafeInteger(count) && count! >= 0) return count!;
  throw new NormtapeError({ where: `${where}: ${name}`, expected: 'a whole number from 0', received: count });
}
