import { pairedDifference } from './paired.js';

/** A mean over seeds with its 95 % confidence interval. */
export interface Estimate {
  readonly count: number;
  readonly mean: number;
  /** Half the width of Student's 95 % interval of the mean; undefined for a single value. */
  readonly reach: number | undefined;
}

/**
 * The mean of some values with its 95 % interval; undefined if there are none. For values counted in steps of
 * `resolution`, such as one test sample, the deviation is at least that of rounding to such steps.
 */
export function estimateOf(values: readonly number[], resolution = 0): Estimate | undefined {
  // The mean of their differences from 0.
  const found = pairedDifference(values, resolution);
  return found && { count: found.pairs, mean: found.mean, reach: found.reach };
}

/**
 * An estimate as text: '97.96 ± 0.41', or a dash if there is none. Two digits of the interval are shown, but at most
 * `digits` decimals; `factor` is 100 for percentages.
 */
export function showEstimate(
  estimate: Pick<Estimate, 'mean' | 'reach'> | undefined,
  digits: number,
  { factor = 1, signed = false }: { readonly factor?: number; readonly signed?: boolean } = {},
): string {
  if (!estimate) return '–';
  const { mean, reach } = estimate;
  if (Math.max(Math.abs(mean), reach ?? 0) * factor >= LARGE)
    return showLarge(factor * mean, reach && factor * reach);
  const decimals = reach ? Math.max(0, Math.min(digits, 1 - Math.floor(Math.log10(factor * reach)))) : digits;
  const rounded = (factor * mean).toFixed(decimals).replace(/^-(?=[0.]*$)/, '');
  const shown = (signed && Number(rounded) > 0 ? `+${rounded}` : rounded).replace('-', '−');
  return reach === undefined ? shown : `${shown} ± ${(factor * reach).toFixed(decimals)}`;
}

/** Numbers from this one on are shown with an exponent. */
const LARGE = 1e5;

function showLarge(...numbers: readonly (number | undefined)[]): string {
  const known = numbers.filter((number) => number !== undefined);
  return known.map((number) => number.toExponential(1).replace('e+', 'e')).join(' ± ');
}
