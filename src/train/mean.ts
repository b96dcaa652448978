import type { Weight } from '../nn/losses/weight.js';

/** The weighted mean of the values of batches; values that are sums add up. */
export class Mean {
  #sum = 0;
  #weight = 0;

  /** Adds a batch; one of weight 0 may have any value. */
  add(value: number, weight: Weight): void {
    if (weight === 0) return;
    this.#sum += weight === 'sum' ? value : value * weight;
    this.#weight = weight === 'sum' ? 1 : this.#weight + weight;
  }

  /** Undefined if nothing counted. */
  get value(): number | undefined {
    return this.#weight === 0 ? undefined : this.#sum / this.#weight;
  }
}
