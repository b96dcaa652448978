import { totalmem } from 'node:os';
import { NormtapeError } from '../error.js';

/** The memory that this process may use, in bytes: the limit of its container, or the memory of the machine. */
export function memory(): number {
  const whole = totalmem();
  // 0, or a number beyond all memory, if no limit is set.
  const set = process.constrainedMemory?.() ?? 0;
  return set > 0 && set < whole ? set : whole;
}

/** Throws if a task needs more bytes than there is memory; `what` names the data that need them. */
export function demandMemory(where: string, bytes: number, what: string, hint: string): void {
  const available = memory();
  if (bytes <= available) return;
  const expected = `${what} in the ${inGigabytes(available)} of available memory`;
  throw new NormtapeError({ where, expected, received: `about ${inGigabytes(bytes)}`, hint });
}

/**
 * The most numbers in the results of a run. Each takes about 45 characters of results.json, and a JavaScript string has
 * at most 2²⁹.
 */
const NUMBERS = 5e6;

/** Throws if a run would have more results than fit into one JSON file. */
export function demandReportable(where: string, numbers: number, hint: string): void {
  if (numbers <= NUMBERS) return;
  const expected = `results of at most ${NUMBERS} numbers, which fit into one JSON file`;
  throw new NormtapeError({ where, expected, received: numbers, hint });
}

const inGigabytes = (bytes: number): string => `${Number((bytes / 2 ** 30).toPrecision(2))} GB`;
