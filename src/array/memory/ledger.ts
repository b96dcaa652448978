import { arena } from '../../kernels/index.js';
import { Store } from './store.js';

/**
 * Who answers for stores, in the order in which they were made: each ends with its ledger, unless it was handed on
 * before. A place in the order says what was made from then on.
 */
export class Ledger {
  #stores: Store[] = [];
  /** The ledger that took all over, and where its first place is there. */
  #heir: Ledger | undefined;
  #shift = 0;

  /** The place of the next store. */
  get length(): number {
    return this.#stores.length;
  }

  /** Takes a store over. */
  add(store: Store): void {
    store.owner = this;
    this.#stores.push(store);
  }

  /** Ends those from a place on that are still its own. */
  end(from = 0): void {
    if (this.#heir) return this.#heir.end(from + this.#shift);
    while (this.#stores.length > from) {
      const store = this.#stores.pop()!;
      if (store.owner === this) store.end();
    }
  }

  /** The same, but for those that are in use. */
  endIdle(from: number): void {
    const stores = this.#stores;
    let kept = from;
    for (let i = from; i < stores.length; i++) {
      const store = stores[i]!;
      if (store.owner !== this) continue;
      if (store.uses > 0) stores[kept++] = store;
      else store.end();
    }
    while (stores.length > kept) stores.pop();
  }

  /**
   * Gives up what was made from a place on: what lies before `to` ends, but for what is listed, and may still be looked
   * at like all that came later.
   */
  pass(from: number, to: number, shown: readonly (Store | undefined)[]): void {
    if (this.#heir) return this.#heir.pass(from + this.#shift, to + this.#shift, shown);
    while (this.#stores.length > from) {
      const store = this.#stores.pop()!;
      if (store.owner !== this) continue;
      if (this.#stores.length >= to || shown.includes(store)) retire(store);
      else store.end();
    }
  }

  /** Hands all that are still its own to whoever is outside, where they go on in the same order. */
  leave(): void {
    if (current) {
      this.#heir = current;
      this.#shift = current.length;
    }
    for (const store of this.#stores) {
      // What is not its own any more takes up its place, too.
      if (current) this.#handTo(current, store);
      else if (store.owner === this) store.watch();
    }
    this.#stores = [];
  }

  #handTo(heir: Ledger, store: Store): void {
    if (store.owner === this) store.owner = heir;
    heir.#stores.push(store);
  }
}

let current: Ledger | undefined;

/** Room for an array; what lies in it is anything, unless it is filled. The ledger of the moment answers for it. */
export function allocate(wide: boolean, length: number): Store {
  const store = Store.room(wide, length);
  if (current) current.add(store);
  else store.watch();
  return store;
}

/** Runs f under a ledger: it answers for every store that is made meanwhile. */
export function under<Y>(ledger: Ledger, f: () => Y): Y {
  const outer = current;
  current = ledger;
  try {
    return f();
  } finally {
    current = outer;
  }
}

/** Up to so many bytes, a result that outlives all ledgers is copied out: a loop that never rests would pile it up. */
const SMALL = 4096;

/** The ledger of the moment, if there is one. */
export const moment = (): Ledger | undefined => current;

/** Lets a store outlive its ledger: the one outside answers for it, or the collector of garbage. */
export function handOut(store: Store): void {
  if (current) current.add(store);
  else settle(store);
}

/** Lets a store outlive all ledgers: a small one goes on in a typed array, which costs less than to be watched. */
export function settle(store: Store): void {
  if (store.bytes <= SMALL) store.moveOut();
  else store.watch();
}

/**
 * What has served, and may still be looked at: stores wait here through the step after the one that they served in.
 * Where they are many, the longest waiting end before.
 */
class Retired {
  #bytes = 0;
  #stores: Store[] = [];
  #sizes: number[] = [];
  /** Those before have ended; those from the second on came in the last step. */
  #first = 0;
  #last = 0;

  add(store: Store): void {
    store.owner = this;
    this.#stores.push(store);
    this.#sizes.push(store.bytes);
    this.#bytes += store.bytes;
    while (this.#bytes > RETIRED && this.#first < this.#stores.length) this.#endFirst();
  }

  /** A step begins. */
  turn(): void {
    while (this.#first < this.#last) this.#endFirst();
    this.#stores = this.#stores.slice(this.#first);
    this.#sizes = this.#sizes.slice(this.#first);
    this.#first = 0;
    this.#last = this.#stores.length;
  }

  /** Those that wait and hold memory. */
  waiting(): readonly Store[] {
    return this.#stores.slice(this.#first).filter((store) => store.owner === this && store.bytes > 0);
  }

  #endFirst(): void {
    const store = this.#stores[this.#first]!;
    this.#bytes -= this.#sizes[this.#first]!;
    this.#first += 1;
    if (store.owner === this) store.end();
  }
}

/** The bytes that what has served may take up. */
const RETIRED = 2 ** 26;
const retired = new Retired();

/**
 * Says that a store has served. It can be read through the next step, unless so many others come that memory is short;
 * one that lies outside takes none, and is left to the collector of garbage.
 */
export function retire(store: Store): void {
  if (store.bytes) retired.add(store);
  else store.owner = undefined;
}

/** Says that a step of training begins: what served before the last one ends. */
export const turn = (): void => retired.turn();

/** Whether a store is among those that have served. */
export const hasServed = (store: Store): boolean => store.owner === retired;

/** What memory arrays take up. */
export interface MemoryInfo {
  /** The bytes that arrays in use hold, in the memory of the kernels. */
  readonly bytes: number;
  /** How many arrays those are. */
  readonly arrays: number;
  /** The bytes of arrays that have served and can still be read, until others need the room. */
  readonly retired: number;
  /** The bytes that are reserved for arrays; 0 where they lie in typed arrays of their own. */
  readonly reserved: number;
}

/** What memory arrays take up. Arrays that were made elsewhere, or handed to the caller, are not counted. */
export function memoryInfo(): MemoryInfo {
  const memory = arena();
  if (!memory) return { bytes: 0, arrays: 0, retired: 0, reserved: 0 };
  const waiting = retired.waiting();
  const bytes = waiting.reduce((sum, store) => sum + store.bytes, 0);
  return {
    bytes: memory.used.bytes - bytes,
    arrays: memory.used.blocks - waiting.length,
    retired: bytes,
    reserved: memory.buffer.byteLength,
  };
}
