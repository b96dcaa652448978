import type { Line } from '../report/figure.js';

/** How many marks have room beside an axis, and how many it needs to be read. */
const [ROOM, ENOUGH] = [8, 3];

/** What stands between two powers of ten: nothing, or as much as it takes. */
const DIGITS = [
  [1],
  [1, 2, 5],
  [1, 1.5, 2, 3, 4, 5, 6, 7, 8, 9],
  Array.from({ length: 90 }, (_, i) => (10 + i) / 10),
];

/**
 * Lines as the powers of ten that give them, with gaps where there is none. The plotting library has a logarithmic scale of
 * its own, which has no marks beyond 10¹⁷, where a model without norms soon is.
 */
export const powersOf = (lines: readonly Line[]): Line[] =>
  lines.map(({ name, values }) => ({
    name,
    values: values.map((value) => (value !== null && value > 0 ? Math.log10(value) : null)),
  }));

/** The powers to mark on an axis from one to another: whole ones, every so manyth, or others too where those are few. */
export function ticksOf(least: number, most: number): number[] {
  const sets = DIGITS.map((digits) => between(least, most, digits));
  const ticks = sets.find(({ length }) => length >= ENOUGH) ?? sets.at(-1)!;
  const step = Math.ceil(ticks.length / ROOM);
  return ticks.filter((_, i) => i % step === 0);
}

function between(least: number, most: number, digits: readonly number[]): number[] {
  const ticks: number[] = [];
  for (let power = Math.floor(least); power <= most; power++) {
    for (const digit of digits) {
      const tick = power + Math.log10(digit);
      if (tick >= least && tick <= most) ticks.push(tick);
    }
  }
  return ticks;
}

/** '0.01', '200', '1e+7': a power of ten, as short as it can be. */
export function showPower(power: number): string {
  const value = Number((10 ** power).toPrecision(6));
  return value >= 1e5 || value < 1e-3 ? value.toExponential() : String(value);
}
