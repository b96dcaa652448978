import type { Line } from './figure.js';

/** A line through the mean of the finite values at each x; a gap if there are none. */
export const meanLine = (
  name: string,
  x: readonly number[],
  valuesAt: (x: number) => readonly (number | undefined)[],
): Line => ({
  name,
  values: x.map((at) => {
    const known = valuesAt(at).filter((value) => value !== undefined && Number.isFinite(value));
    return known.length === 0 ? null : known.reduce<number>((sum, value) => sum + value!, 0) / known.length;
  }),
});
