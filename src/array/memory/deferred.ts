import type { Store } from './store.js';

/** The most bytes that retired stores may hold. */
const MOST = 2 ** 26;

/**
 * Deferred frees: a retired store can be read through the step after the one in which it was retired. If retired
 * stores hold too many bytes, the oldest are freed earlier.
 */
class DeferredFrees {
  #bytes = 0;
  #stores: Store[] = [];
  #sizes: number[] = [];
  /** Stores before the first have been freed; those from the second on were retired in the last step. */
  #first = 0;
  #last = 0;

  add(store: Store): void {
    store.owner = this;
    this.#stores.push(store);
    this.#sizes.push(store.bytes);
    this.#bytes += store.bytes;
    while (this.#bytes > MOST && this.#first < this.#stores.length) this.#freeFirst();
  }

  /** Frees the stores that were retired before the last step. */
  beginStep(): void {
    while (this.#first < this.#last) this.#freeFirst();
    this.#stores = this.#stores.slice(this.#first);
    this.#sizes = this.#sizes.slice(this.#first);
    this.#first = 0;
    this.#last = this.#stores.length;
  }

  /** The retired stores that hold memory. */
  get pending(): readonly Store[] {
    return this.#stores.slice(this.#first).filter((store) => store.owner === this && store.bytes > 0);
  }

  #freeFirst(): void {
    const store = this.#stores[this.#first]!;
    this.#bytes -= this.#sizes[this.#first]!;
    this.#first += 1;
    if (store.owner === this) store.free();
  }
}

const deferred = new DeferredFrees();

/**
 * Frees a store later: it can be read through the next step, unless memory is short before. A store that was copied
 * out holds none, and is left to the garbage collector.
 */
export function retire(store: Store): void {
  if (store.bytes) deferred.add(store);
  else store.owner = undefined;
}

/** Begins a training step: frees the stores that were retired before the last one. */
export const beginStep = (): void => deferred.beginStep();

/** Whether a store is retired. */
export const isRetired = (store: Store): boolean => store.owner === deferred;

/** The retired stores that hold memory. */
export const retiredStores = (): readonly Store[] => deferred.pending;
