import { ContextVariable } from '../../context.js';
import { Store } from './store.js';
import { retire } from './deferred.js';

/**
 * Owns stores, in the order in which they were allocated, and frees them with itself unless they escape before. A mark
 * says where in that order it stands: whatever lies from a mark on was allocated after it.
 */
export class Region {
  #stores: Store[] = [];
  /** The region that took all stores over, and the mark there at which they begin. */
  #outer: Region | undefined;
  #shift = 0;

  /** The position of the next store. */
  get mark(): number {
    return this.#stores.length;
  }

  /** Makes the region the owner of a store. */
  adopt(store: Store): void {
    store.owner = this;
    this.#stores.push(store);
  }

  /** Frees the stores from a mark on that it still owns. */
  free(from = 0): void {
    if (this.#outer) return this.#outer.free(from + this.#shift);
    while (this.#stores.length > from) {
      const store = this.#stores.pop()!;
      if (store.owner === this) store.free();
    }
  }

  /** Frees the stores from a mark on, except those that are retained. */
  freeUnreferenced(from: number): void {
    const stores = this.#stores;
    let kept = from;
    for (let i = from; i < stores.length; i++) {
      const store = stores[i]!;
      if (store.owner !== this) continue;
      if (store.refCount > 0) stores[kept++] = store;
      else store.free();
    }
    while (stores.length > kept) stores.pop();
  }

  /**
   * Gives up the stores from a mark on. Those before `to` are freed, except the outputs listed; outputs, and all stores
   * allocated later, are retired: the caller may still read them for a while.
   */
  retireFrom(from: number, to: number, outputs: readonly (Store | undefined)[]): void {
    if (this.#outer) return this.#outer.retireFrom(from + this.#shift, to + this.#shift, outputs);
    while (this.#stores.length > from) {
      const store = this.#stores.pop()!;
      if (store.owner !== this) continue;
      if (this.#stores.length >= to || outputs.includes(store)) retire(store);
      else store.free();
    }
  }

  /** Makes the enclosing region the owner of all its stores, in the same order; without one, the garbage collector. */
  transferToOuter(): void {
    const outer = current.value;
    if (outer) {
      this.#outer = outer;
      this.#shift = outer.mark;
    }
    for (const store of this.#stores) {
      // A store with another owner keeps its position, so that marks stay valid.
      if (outer) this.#transfer(store, outer);
      else if (store.owner === this) store.leaveToGC(true);
    }
    this.#stores = [];
  }

  #transfer(store: Store, outer: Region): void {
    if (store.owner === this) store.owner = outer;
    outer.#stores.push(store);
  }
}

const current = new ContextVariable<Region | undefined>('region', undefined);

/** The region that owns new stores, if there is one. */
export const currentRegion = (): Region | undefined => current.value;

/** Runs f in a region, which owns every store that f allocates. */
export const runIn = <Y>(region: Region, f: () => Y): Y => current.run(region, f);

/** Allocates a store in the current region. It is not initialized: fill it before it is read. */
export function allocate(wide: boolean, length: number): Store {
  const store = Store.allocate(wide, length);
  const region = current.value;
  if (region) region.adopt(store);
  else store.leaveToGC();
  return store;
}

/** Lets a store outlive its region: the current region becomes its owner; without one, it outlives all. */
export function escape(store: Store): void {
  const region = current.value;
  // Only the region that it leaves counted these references.
  store.refCount = 0;
  if (region) region.adopt(store);
  else outliveRegions(store);
}

/** A store of at most so many bytes is copied out: a loop that never rests would pile it up for the garbage collector. */
const SMALL = 4096;

/** Lets a result outlive every region. A small one is copied out, which costs less than to register it. */
export function outliveRegions(store: Store): void {
  if (store.bytes <= SMALL) store.copyOut();
  else store.leaveToGC(true);
}

/** Lets a store outlive every region until another soon replaces it, in place unless it is small. */
export function outliveBriefly(store: Store): void {
  if (store.bytes <= SMALL) store.copyOut();
  else store.leaveToGC();
}
