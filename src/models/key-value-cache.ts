import { INSPECT } from '../array/index.js';
import type { Tensor } from '../autograd/tape.js';
import { concat } from '../ops/catalog.js';

/** The keys and values [batch, groups, length, size] that attention has read so far, for sequences that come in parts. */
export class KeyValueCache {
  #key: Tensor | undefined;
  #value: Tensor | undefined;

  /** How many places have been read. */
  get length(): number {
    return this.#key?.shape[2] ?? 0;
  }

  /** What it holds. */
  get tensors(): readonly Tensor[] {
    return this.#key && this.#value ? [this.#key, this.#value] : [];
  }

  /** How many places it holds, and in which shape. */
  toString(): string {
    return `KeyValueCache of ${this.length} places${this.#key ? `, keys [${this.#key.shape.join(', ')}]` : ''}`;
  }

  /** How Node prints it. */
  [INSPECT](): string {
    return this.toString();
  }

  /** Adds those of the next places, and returns all there are. */
  append(key: Tensor, value: Tensor): readonly [key: Tensor, value: Tensor] {
    this.#key = this.#key ? concat([this.#key, key], 2) : key;
    this.#value = this.#value ? concat([this.#value, value], 2) : value;
    return [this.#key, this.#value];
  }
}
