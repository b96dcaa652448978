import {
  INSPECT,
  type Dtype,
  type NdArray,
  type Shape,
  arrayText,
  deferFree,
  expose,
  keepBriefly,
  owned,
  shareMemory,
} from '../array/index.js';
import { Parameter } from '../autograd/parameter.js';
import { arrayOf } from '../autograd/tape.js';

/** An array that a module keeps and saves but does not learn, such as a running mean. */
export class Statistic {
  #array: NdArray;

  constructor(value: NdArray) {
    this.#array = keepBriefly(owned('Statistic', value));
  }

  get value(): NdArray {
    return expose(this.#array);
  }

  /** Replaces the array by one that outlives every scope; the one before is freed after the next step. */
  set value(value: NdArray) {
    const before = this.#array;
    this.#array = keepBriefly(owned('Statistic.value', value));
    if (!shareMemory(before, value)) deferFree(before);
  }

  get shape(): Shape {
    return this.#array.shape;
  }

  get dtype(): Dtype {
    return this.#array.dtype;
  }

  /** The shape, the dtype and the numbers. */
  toString(): string {
    return `Statistic ${arrayText(this.#array)}`;
  }

  /** The text that Node prints. */
  [INSPECT](): string {
    return this.toString();
  }

  /** The array, for the library itself, which exposes it to nobody. */
  get array(): NdArray {
    return this.#array;
  }
}

/** An array of a module's state: a parameter, or a running statistic. */
export type Weight = Parameter | Statistic;

/** The array of a weight, for the library itself, which exposes it to nobody. */
export const arrayIn = (weight: Weight): NdArray =>
  weight instanceof Statistic ? weight.array : arrayOf(weight);

/** Whether a member is a weight, and not a random generator, a module or anything else. */
export const isWeight = (member: unknown): member is Weight =>
  member instanceof Parameter || member instanceof Statistic;
