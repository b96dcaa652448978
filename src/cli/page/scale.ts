import type { Line } from '../report/figure.js';

/** The share of an axis that is left free at each end, and the span of the axis if all values are equal. */
const [AIR, LEAST] = [0.05, 0.02];

/** The range of an axis for these lines, without the first `after` share of each, and with margins. */
export function rangeOf(lines: readonly Line[], after: number): [number, number] {
  const values = lines.flatMap(({ values }) => values.slice(Math.ceil(values.length * after)));
  const known = values.filter((value) => value !== null);
  if (known.length === 0) return [0, 1];
  const least = known.reduce((a, b) => Math.min(a, b));
  const most = known.reduce((a, b) => Math.max(a, b));
  const air = AIR * (most - least) || (LEAST / 2) * Math.max(1, Math.abs(most));
  return [least - air, most + air];
}

/** The values as text, with as many digits as tell them apart. */
export function distinct(values: readonly number[], show: (value: number, more: number) => string): string[] {
  for (let more = 0; ; more++) {
    const shown = values.map((value) => show(value, more));
    if (more >= MOST || new Set(shown).size === new Set(values).size) return shown;
  }
}

/** A number of 64 bits has at most this many digits after the first three. */
const MOST = 14;
