import { engine } from '../choice.js';
import type { Numbers } from '../numbers.js';
import { type Engine, roomier } from './engine.js';
import type { Exports } from './exports.js';
import { NO_ROOM, Staging } from './staging.js';

/** Calls one of the compiled kernels with the addresses of its operands. */
export type Call = (exports: Exports, memory: Staging) => void;

/**
 * Runs a call on the chosen compiled kernels, and returns whether it ran. If the memory of the arrays has no room for
 * copies, the call runs over a separate memory, since JavaScript's kernels round differently: a full memory changes
 * no bit. Returns false, with nothing written, if JavaScript's kernels are chosen, or if the host has no more memory.
 */
export function compiled(call: Call): boolean {
  for (let on = engine(); on;) {
    const lacking = attempt(on, call);
    if (!lacking) return true;
    on = roomier(on, lacking);
  }
  return false;
}

/** Runs a call on one engine; returns 0, or the bytes that were lacking if its memory had no room for copies. */
export function attempt({ exports, arena }: Engine, call: Call): number {
  const staging = new Staging(arena);
  try {
    call(exports, staging);
    staging.finish();
    return 0;
  } catch (error) {
    if (error !== NO_ROOM) throw error;
    // Not even a copy of nothing fits into a full memory.
    return Math.max(1, staging.wanted);
  } finally {
    staging.free();
  }
}

/** The least count of elements for which copies cost less than a call saves. */
export const LEAST = 256;

/** Whether the chosen compiled kernels can use a buffer in place. */
export const isInPlace = (numbers: Numbers): boolean => !!engine()?.arena.addressOf(numbers);

/** Whether a buffer is so short that to copy it costs more than a call saves, where both results have the same bits. */
export const isShort = (numbers: Numbers): boolean => numbers.length < LEAST && !isInPlace(numbers);
