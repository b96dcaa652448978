/** A mean over seeds, and the standard deviation of a sample of them; of one alone there is none. */
export interface Spread {
  readonly mean: number;
  readonly deviation: number | undefined;
}

/** Undefined of no numbers. */
export function spreadOf(numbers: readonly number[]): Spread | undefined {
  const count = numbers.length;
  if (count === 0) return undefined;
  const mean = numbers.reduce((sum, x) => sum + x, 0) / count;
  const squares = numbers.reduce((sum, x) => sum + (x - mean) ** 2, 0);
  return { mean, deviation: count > 1 ? Math.sqrt(squares / (count - 1)) : undefined };
}

/** '0.912 ± 0.004', '91.2 ± 0.4' with a factor of 100; a dash where there is nothing. */
export const showSpread = (spread: Spread | undefined, digits: number, factor = 1): string =>
  spread
    ? [spread.mean, ...(spread.deviation === undefined ? [] : [spread.deviation])]
        .map((x) => (factor * x).toFixed(digits))
        .join(' ± ')
    : '–';

/** What the least tenth of some times stays under: whatever else the machine did can only have added to them. */
export const quietest = (times: readonly number[]): number =>
  Float64Array.from(times).sort()[Math.floor(times.length / 10)]!;
