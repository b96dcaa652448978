import { INSPECT } from '../array/index.js';
import type { Tensor } from '../autograd/tape.js';
import { concat } from '../ops/catalog.js';

/** The keys and values [batch, groups, length, size] of the tokens so far, for sequences that are read in parts. */
export class KeyValueCache {
  #key: Tensor | undefined;
  #value: Tensor | undefined;

  /** The number of tokens read so far. */
  get length(): number {
    return this.#key?.shape[2] ?? 0;
  }

  /** The keys and the values; empty before the first token. */
  get tensors(): readonly Tensor[] {
    return this.#key && this.#value ? [this.#key, this.#value] : [];
  }

  /** The number of tokens, and the shape. */
  toString(): string {
    return `KeyValueCache of ${this.length} places${this.#key ? `, keys [${this.#key.shape.join(', ')}]` : ''}`;
  }

  /** The text that Node prints. */
  [INSPECT](): string {
    return this.toString();
  }

  /** Appends the keys and values of the next tokens, and returns all of them. */
  append(key: Tensor, value: Tensor): readonly [key: Tensor, value: Tensor] {
    this.#key = this.#key ? concat([this.#key, key], 2) : key;
    this.#value = this.#value ? concat([this.#value, value], 2) : value;
    return [this.#key, this.#value];
  }
}
