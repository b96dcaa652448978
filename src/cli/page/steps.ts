import type { Line } from '../report/figure.js';

/**
 * The numbers of steps that hold until the next, for a plot that would draw nothing of the last: it holds for as long as
 * the one before it.
 */
export function closed(x: readonly number[], lines: readonly Line[]): [number[], ...(number | null)[][]] {
  const last = x.at(-1) ?? 0;
  const width = last - (x.at(-2) ?? last - 1);
  return [[...x, last + width], ...lines.map(({ values }) => [...values, values.at(-1) ?? null])];
}

/** The step that a place lies in, where the start of another may be nearer. */
export const stepAt = (x: readonly number[], nearest: number, at: number): number =>
  Math.min(x.length - 1, nearest > 0 && (x[nearest] ?? Infinity) > at ? nearest - 1 : nearest);
