import {
  type NdArray,
  Region,
  add,
  addInto,
  contiguous,
  copy,
  full,
  isShared,
  ownerOf,
  release,
  retain,
} from '../array/index.js';
import type { Tensor } from './tape.js';

/** The gradients that a backward pass has accumulated so far, by slot. Each is freed as soon as nothing references it. */
export class GradientSums {
  /** Owns every array that the backward pass allocates. */
  readonly region = new Region();
  readonly #sums: (NdArray | undefined)[];
  /** Whether each sum was added up here: one that a pullback returned may be read elsewhere. */
  readonly #isOwn: boolean[];

  constructor(slots: number) {
    this.#sums = Array<NdArray | undefined>(slots).fill(undefined);
    this.#isOwn = Array<boolean>(slots).fill(false);
  }

  /** Adds a gradient to the sum in a slot. */
  accumulate(slot: number, gradient: NdArray): void {
    const sum = this.#sums[slot];
    if (sum && this.#isOwn[slot] && addInto(sum, gradient)) return;
    this.#sums[slot] = this.#retained(sum ? add(sum, gradient) : gradient);
    if (!sum) return;
    this.#isOwn[slot] = true;
    release(sum, this.region);
  }

  /** Takes the gradients of an entry's outputs out of their slots, to be released later; undefined if none has any. */
  take(outputs: readonly Tensor[], slots: readonly number[], from: number): NdArray[] | undefined {
    const sums = this.#sums;
    let some = false;
    for (let k = 0; k < outputs.length; k++) some ||= sums[slots[from + k]!] !== undefined;
    if (!some) return undefined;
    const taken = Array<NdArray>(outputs.length);
    for (let k = 0; k < outputs.length; k++) {
      const slot = slots[from + k]!;
      taken[k] = sums[slot] ?? this.#retained(zeros(outputs[k]!));
      sums[slot] = undefined;
    }
    return taken;
  }

  /** The gradient, or a copy if it shares memory with a value of the forward pass, which may be freed before it. */
  own(gradient: NdArray): NdArray {
    const owner = ownerOf(gradient);
    return owner === undefined || owner === this.region ? gradient : copy(gradient);
  }

  /** A copy of a gradient that lives as long as the backward pass. */
  retainCopy(gradient: NdArray): NdArray {
    return this.#retained(copy(gradient));
  }

  /** Releases gradients: those that nothing references any more are freed. */
  release(gradients: readonly NdArray[]): void {
    for (const gradient of gradients) release(gradient, this.region);
  }

  /** The gradient of a leaf, contiguous, in memory of its own: optimizers free each gradient without regard to others. */
  of(leaf: Tensor, slot: number): NdArray {
    const sum = this.#sums[slot] ?? zeros(leaf);
    if (ownerOf(sum) === this.region && !isShared(sum)) return contiguous(sum);
    const own = copy(sum);
    release(sum, this.region);
    return own;
  }

  #retained(gradient: NdArray): NdArray {
    retain(gradient, this.region);
    return gradient;
  }
}

/** A gradient of 0 for a tensor. */
export const zeros = ({ shape, dtype }: Tensor): NdArray => full(shape, 0, dtype);
