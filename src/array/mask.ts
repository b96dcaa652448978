import { NormtapeError } from '../error.js';
import type { NdArray, Numbers } from './array.js';
import { flat } from './contiguous.js';

/** Additive masks are this small or smaller where they hide: −∞, the smallest number of a dtype, −1e9 or −1e4. */
const HIDDEN = -1e4;

/**
 * Throws, in the name of `where`, unless a mask holds nothing but 0 and 1. An additive mask, 0 for what is seen and −∞ for
 * the rest, means the opposite of what it would be read as, and is named; `instead` says where it would be taken.
 */
export function demandMask(where: string, mask: NdArray, instead?: string): void {
  const values = flat(mask);
  const stray = firstStray(values);
  if (stray === undefined) return;
  const additive = values.some((value) => value <= HIDDEN) && values.every((value) => value <= 0);
  throw new NormtapeError({
    where,
    expected: 'booleans, or numbers that are 0 or 1',
    received: additive
      ? `an additive mask, with 0 for entries that count and ${stray} for the others`
      : stray,
    hint: additive
      ? ['Turn it into booleans, as in mask.map((row) => row.map((value) => value === 0)).', instead]
          .filter(Boolean)
          .join(' ')
      : undefined,
  });
}

/** The first number that is neither 0 nor 1, in a plain loop: masks are checked at every call. */
function firstStray(values: Numbers): number | undefined {
  for (let i = 0; i < values.length; i++) if (values[i] !== 0 && values[i] !== 1) return values[i];
  return undefined;
}
