import { arena } from '../../kernels/index.js';
import { Store } from './store.js';

/** Who answers for a store: it ends with its ledger, unless it was handed on before. */
export class Ledger {
  readonly stores: Store[] = [];

  /** Takes a store over. */
  add(store: Store): void {
    store.owner = this;
    this.stores.push(store);
  }

  /** Those that are still its own. */
  *own(): Generator<Store> {
    for (const store of this.stores) if (store.owner === this) yield store;
  }

  /** Ends all that are still its own. */
  end(): void {
    for (const store of this.stores) if (store.owner === this) store.end();
    this.stores.length = 0;
  }

  /** Hands all that are still its own to whoever is outside. */
  leave(): void {
    for (const store of this.stores) {
      if (store.owner !== this) continue;
      if (current) current.add(store);
      else store.watch();
    }
    this.stores.length = 0;
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

/** Lets a store outlive its ledger: the one outside answers for it, or the collector of garbage. */
export function handOut(store: Store): void {
  if (current) current.add(store);
  else if (store.bytes <= SMALL) store.moveOut();
  else store.watch();
}

/**
 * What has served, and may still be looked at: stores wait here until others need the room, the longest first. The
 * last ones to come are turned away where even so there is none, rather than those of the same step that came before.
 */
class Retired extends Ledger {
  bytes = 0;
  #first = 0;
  #sizes: number[] = [];

  override add(store: Store): void {
    super.add(store);
    this.#sizes.push(store.bytes);
    this.bytes += store.bytes;
    while (this.bytes > RETIRED && this.#first < this.stores.length) this.#endFirst();
    if (this.#first > 4096) {
      this.stores.splice(0, this.#first);
      this.#sizes.splice(0, this.#first);
      this.#first = 0;
    }
  }

  #endFirst(): void {
    const store = this.stores[this.#first]!;
    this.bytes -= this.#sizes[this.#first]!;
    this.#first += 1;
    if (store.owner === this) store.end();
  }
}

/** The bytes that what has served may take up. */
const RETIRED = 2 ** 26;
const retired = new Retired();

/**
 * Says that a store has served. It can be read until so many others have too that memory is short; one that lies
 * outside takes none, and is left to the collector of garbage.
 */
export function retire(store: Store): void {
  if (store.bytes) retired.add(store);
  else store.owner = undefined;
}

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
  const waiting = [...retired.own()].filter(({ bytes }) => bytes > 0);
  const bytes = waiting.reduce((sum, store) => sum + store.bytes, 0);
  return {
    bytes: memory.used.bytes - bytes,
    arrays: memory.used.blocks - waiting.length,
    retired: bytes,
    reserved: memory.buffer.byteLength,
  };
}
