import { totalmem } from 'node:os';
import { NormtapeError } from '../error.js';

/** The memory that this process may use, in bytes: that of the machine, or of the container that it runs in. */
export function memory(): number {
  const whole = totalmem();
  // 0, or a number beyond all memory, where nothing is set.
  const set = process.constrainedMemory?.() ?? 0;
  return set > 0 && set < whole ? set : whole;
}

/** Throws if a work needs more bytes than there is memory; `what` says of what they are. */
export function demandMemory(where: string, bytes: number, what: string, hint: string): void {
  const available = memory();
  if (bytes <= available) return;
  const expected = `${what} in the ${inGigabytes(available)} of memory that there are`;
  throw new NormtapeError({ where, expected, received: `about ${inGigabytes(bytes)}`, hint });
}

/**
 * The most numbers that the results of a run may have. Each takes about 45 characters of results.json, and a text in
 * JavaScript has at most 2²⁹.
 */
const NUMBERS = 5e6;

/** Throws if a run would have more results than one file of JSON holds. */
export function demandReportable(where: string, numbers: number, hint: string): void {
  if (numbers <= NUMBERS) return;
  const expected = `results of at most ${NUMBERS} numbers, which one file of JSON holds`;
  throw new NormtapeError({ where, expected, received: numbers, hint });
}

const inGigabytes = (bytes: number): string => `${Number((bytes / 2 ** 30).toPrecision(2))} GB`;
