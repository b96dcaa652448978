import { MARK, ours } from '../copy.js';
import { INSPECT, type NdArray, add, copy, deferFree, keep, scale, sub, toPlain } from '../array/index.js';
import type { Parameter } from '../autograd/parameter.js';
import { synchronous } from '../autograd/promise.js';
import { scope } from '../autograd/scope.js';
import { PREPARE, type StateDict, readState } from '../autograd/state.js';
import { arrayOf } from '../autograd/tape.js';
import { demandFunction } from '../demand.js';
import { NormtapeError } from '../error.js';
import type { Module } from '../nn/module.js';
import { type Given, isPlainObject, number, resolve } from '../option/index.js';

const OPTIONS = {
  decay: number(0.999, 'How much of the average an update keeps.', {
    min: 0,
    below: 1,
    explore: [0.9, 0.999],
  }),
};

/**
 * A moving average of the weights of a model: a ← a + (1 − decay)(w − a) at each update, from the weights of the
 * first (Polyak and Juditsky 1992). Running statistics are not averaged again. Throws if `decay` is not from
 * 0 and below 1.
 */
export class ExponentialMovingAverage {
  readonly decay: number;
  readonly #averages = new Map<Parameter, NdArray>();
  #swapped = false;

  constructor(
    readonly model: Module,
    given: Given<typeof OPTIONS> = {},
  ) {
    this.decay = resolve('ExponentialMovingAverage', OPTIONS, given).decay;
  }

  get [MARK]() {
    return ours('an average of weights');
  }

  /** The decay, and the number of parameters that have an average. */
  toString(): string {
    return `ExponentialMovingAverage ${JSON.stringify({ decay: this.decay })} of ${this.#averages.size} parameters`;
  }

  /** The text that Node prints. */
  [INSPECT](): string {
    return this.toString();
  }

  /** Updates the averages with the current weights; throws while averages and weights are swapped. */
  update(): void {
    if (this.#swapped) {
      const where = 'ExponentialMovingAverage.update';
      const received = 'a model that holds the averages';
      throw new NormtapeError({
        where,
        expected: 'a model that holds its weights',
        received,
        hint: 'Call swap() again first.',
      });
    }
    for (const parameter of this.model.parameters()) {
      const average = this.#averages.get(parameter);
      const value = arrayOf(parameter);
      const less = 1 - this.decay;
      const next = scope(() => keep(average ? add(average, scale(sub(value, average), less)) : copy(value)));
      if (average) deferFree(average);
      this.#averages.set(parameter, next);
    }
  }

  /** Swaps the averages with the weights of the model; a second call swaps them back. */
  swap(): void {
    for (const [parameter, average] of this.#averages) {
      this.#averages.set(parameter, arrayOf(parameter));
      parameter.value = average;
    }
    this.#swapped = !this.#swapped;
  }

  /** Runs f with the averages as the weights of the model, then restores the weights. Throws if f returns a promise. */
  within<Y>(f: () => Y): Y {
    const where = 'ExponentialMovingAverage.within';
    const hint = 'The weights are back in the model when f returns: await before it.';
    demandFunction(where, f);
    if (this.#swapped) return synchronous(where, f(), hint);
    this.swap();
    try {
      return synchronous(where, f(), hint);
    } finally {
      this.swap();
    }
  }

  /** Copies of the averages by the names of the parameters; empty before the first update. */
  stateDict(): Record<string, NdArray> {
    const named = [...this.model.namedParameters()].flatMap(([name, parameter]) => {
      const average = this.#swapped ? arrayOf(parameter) : this.#averages.get(parameter);
      return average && this.#averages.has(parameter) ? [[name, toPlain(average)] as const] : [];
    });
    return Object.fromEntries(named);
  }

  /** Loads copies of averages, of all parameters or of none. Throws, and changes nothing, if one is wrong. */
  loadStateDict(dict: StateDict): void {
    this[PREPARE](dict)();
  }

  [PREPARE](dict: StateDict): () => void {
    const where = 'ExponentialMovingAverage.loadStateDict';
    if (this.#swapped) {
      const expected = 'a model that holds its weights';
      throw new NormtapeError({
        where,
        expected,
        received: 'one that holds the averages',
        hint: 'Call swap() again first.',
      });
    }
    const parameters = this.model.namedParameters();
    const isEmpty = isPlainObject(dict) && Object.keys(dict).length === 0;
    const arrays = readState(where, dict, isEmpty ? new Map() : parameters);
    return () => {
      this.#averages.clear();
      for (const [name, value] of arrays) this.#averages.set(parameters.get(name)!, keep(value));
    };
  }
}
