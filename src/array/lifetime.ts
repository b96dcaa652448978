import type { NdArray } from './array.js';
import { isRetired, retire } from './memory/deferred.js';
import { type Region, escape as escapeStore, outliveBriefly, outliveRegions } from './memory/region.js';
import { storeOf } from './view.js';

// When the memory of an array is freed. An array that was made elsewhere has no memory of ours, and is left alone.

/** The object that frees an array, such as a region; undefined if the garbage collector does. */
export const ownerOf = (a: NdArray): object | undefined => storeOf(a)?.owner;

/** Whether two arrays are views of the same memory. */
export const shareMemory = (a: NdArray, b: NdArray): boolean => storeOf(a) === storeOf(b);

/** Whether an array has more than one reference. */
export const isShared = (a: NdArray): boolean => (storeOf(a)?.refCount ?? 0) > 1;

/** Counts one more reference to an array of a region, which it outlives while it is referenced. */
export function retain(a: NdArray, region: Region): void {
  const store = storeOf(a);
  if (store?.owner === region) store.refCount += 1;
}

/** Counts one reference less to an array of a region; frees it with the last. */
export function release(a: NdArray, region: Region): void {
  const store = storeOf(a);
  if (store?.owner !== region) return;
  store.refCount -= 1;
  if (store.refCount === 0) store.free();
}

/**
 * Lets a result outlive the region that made it: the enclosing region becomes its owner; without one, it outlives all. A
 * retired array, or a view of one, outlives all at once: whoever has read it before may still do so.
 */
export function escape(a: NdArray, region: Region): void {
  const store = storeOf(a);
  if (store?.owner === region) escapeStore(store);
  else if (store && isRetired(store)) outliveRegions(store);
}

/** Frees what an op allocated in a region from a mark on, except its results; those escape, if an op alone has the region. */
export function freeTemporaries(region: Region, from: number, results: readonly NdArray[]): void {
  for (const array of results) retain(array, region);
  region.freeUnreferenced(from);
  for (const array of results) {
    const store = storeOf(array);
    if (store?.owner === region) store.refCount -= 1;
  }
}

/** Frees what the pullback of an op needed, from one mark to another; its outputs can be read through the next step. */
export const retireOp = (region: Region, from: number, to: number, outputs: readonly NdArray[]): void =>
  region.retireFrom(from, to, outputs.map(storeOf));

/** Frees an array now. If the user may hold its numbers, they stay readable. */
export const free = (a: NdArray): void => storeOf(a)?.free();

/** Lets an array outlive every region; returns it. */
export function keep<A extends NdArray>(a: A): A {
  storeOf(a)?.leaveToGC();
  return a;
}

/** Lets an array outlive every region until another soon replaces it: a small one is copied out. Returns it. */
export function keepBriefly<A extends NdArray>(a: A): A {
  const store = storeOf(a);
  if (store) outliveBriefly(store);
  return a;
}

/** Marks an array that the user gets hold of: its numbers stay readable, whatever frees it. Returns it. */
export function expose<A extends NdArray>(a: A): A {
  const store = storeOf(a);
  if (store) store.exposed = true;
  return a;
}

/**
 * Frees an array that has been replaced after the next training step, unless a region owns it. An array that was
 * replaced before, and is replaced once more, is in use again, and stays readable.
 */
export function deferFree(a: NdArray): void {
  const store = storeOf(a);
  if (!store) return;
  if (store.pins > 0) store.isDue = true;
  else if (isRetired(store)) store.exposed = true;
  else if (!store.owner) retire(store);
}

/** Keeps an array that may be restored from being freed after a training step. */
export function pin(a: NdArray): void {
  const store = storeOf(a);
  if (store) store.pins += 1;
}

/** Ends one `pin`: an array whose free was deferred meanwhile is retired now, unless it is in use again. */
export function unpin(a: NdArray, inUse: boolean): void {
  const store = storeOf(a);
  if (!store) return;
  store.pins -= 1;
  const isDue = store.isDue && !inUse;
  store.isDue = isDue && store.pins > 0;
  if (isDue && store.pins === 0) deferFree(a);
}
