import type { Line } from '../report/figure.js';

/**
 * Adds a point to the values of steps, each of which holds until the next, so that a plot draws the last one too: as
 * wide as the one before it.
 */
export function closed(x: readonly number[], lines: readonly Line[]): [number[], ...(number | null)[][]] {
  const last = x.at(-1) ?? 0;
  const width = last - (x.at(-2) ?? last - 1);
  return [[...x, last + width], ...lines.map(({ values }) => [...values, values.at(-1) ?? null])];
}

/** The step that contains a position, where the start of the next may be nearer. */
export const stepAt = (x: readonly number[], nearest: number, at: number): number =>
  Math.min(x.length - 1, nearest > 0 && (x[nearest] ?? Infinity) > at ? nearest - 1 : nearest);
