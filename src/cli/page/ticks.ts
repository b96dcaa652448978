import type { Line } from '../report/figure.js';
import { distinct } from './scale.js';

/** How many marks have room beside an axis, and how many it needs to be read. */
const [ROOM, ENOUGH] = [8, 3];

/** The marks between two powers of ten: none, or the usual ones. */
const DIGITS = [[1], [1, 2, 5]];

/**
 * Lines as the powers of ten that give them, with gaps where there is none. The plotting library has a logarithmic scale of
 * its own, which has no marks beyond 10¹⁷, where a model without norms soon is.
 */
export const powersOf = (lines: readonly Line[]): Line[] =>
  lines.map(({ name, values }) => ({
    name,
    values: values.map((value) => (value !== null && value > 0 ? Math.log10(value) : null)),
  }));

/**
 * The powers to mark on an axis from one to another: whole ones, every so manyth; what stands between them if those are
 * few; and on an axis too narrow for these, round numbers at equal distances. Two at least, unless the axis has no length.
 */
export function ticksOf(least: number, most: number): number[] {
  const sets = DIGITS.map((digits) => between(least, most, digits));
  const ticks = sets.find(({ length }) => length >= ENOUGH) ?? roundPowers(least, most);
  const step = Math.ceil(ticks.length / ROOM);
  return ticks.filter((_, i) => i % step === 0);
}

/** The powers of the multiples of 1, 2 or 5 tenths, hundredths … that the axis has room for. */
function roundPowers(least: number, most: number): number[] {
  const [from, to] = [10 ** least, 10 ** most];
  const fine = Math.floor(Math.log10((to - from) / ROOM));
  const steps = [1, 2, 5, 10].map((k) => k * 10 ** fine);
  const step = steps.find((step) => (to - from) / step < ROOM) ?? NaN;
  const first = Math.ceil(from / step);
  const count = Math.floor(to / step) - first + 1;
  return Array.from({ length: Math.max(0, count) || 0 }, (_, i) => Math.log10((first + i) * step)).filter(
    (power) => power >= least && power <= most,
  );
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

/** '0.01', '200', '1e+7': a power of ten, as short as it can be with so many digits. */
export function showPower(power: number, digits = 6): string {
  const value = Number((10 ** power).toPrecision(digits));
  return value >= 1e5 || value < 1e-3 ? value.toExponential() : String(value);
}

/** The marks of an axis in words that differ. */
export const powerLabels = (powers: readonly number[]): string[] =>
  distinct(powers, (power, more) => showPower(power, Math.min(15, 6 + more)));
