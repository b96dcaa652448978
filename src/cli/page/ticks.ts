import type { Line } from '../report/figure.js';
import { distinct } from './scale.js';

/** The number of ticks that fit on an axis, and the number that make it readable. */
const [ROOM, ENOUGH] = [8, 3];

/** The ticks between two powers of ten: the power alone, or 1, 2 and 5 times it. */
const DIGITS = [[1], [1, 2, 5]];

/**
 * Lines in log10, with gaps at values that have no logarithm. The logarithmic scale of the plotting library has no
 * ticks beyond 10¹⁷, where a model without norms soon is.
 */
export const powersOf = (lines: readonly Line[]): Line[] =>
  lines.map(({ name, values }) => ({
    name,
    values: values.map((value) => (value !== null && value > 0 ? Math.log10(value) : null)),
  }));

/**
 * The logarithms to mark on an axis from `least` to `most`: whole powers of ten, every k-th of them; 1, 2, 5 times them
 * if those are few; and round numbers at equal distances on an axis too short for these. At least two, unless the axis
 * has no length.
 */
export function ticksOf(least: number, most: number): number[] {
  const sets = DIGITS.map((digits) => between(least, most, digits));
  const ticks = sets.find(({ length }) => length >= ENOUGH) ?? roundPowers(least, most);
  const step = Math.ceil(ticks.length / ROOM);
  return ticks.filter((_, i) => i % step === 0);
}

/** Logarithms of the multiples of 1, 2 or 5 tenths, hundredths … that fit on the axis. */
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

/** A power of ten as text, as short as possible with this many digits: '0.01', '200', '1e+7'. */
export function showPower(power: number, digits = 6): string {
  const value = Number((10 ** power).toPrecision(digits));
  return value >= 1e5 || value < 1e-3 ? value.toExponential() : String(value);
}

/** Labels of the ticks of an axis, all different. */
export const powerLabels = (powers: readonly number[]): string[] =>
  distinct(powers, (power, more) => showPower(power, Math.min(15, 6 + more)));
