import { pairedDifference } from './paired.js';

/** A mean over seeds, and how far its 95 % interval reaches to either side. */
export interface Estimate {
  readonly count: number;
  readonly mean: number;
  /** Half the width of Student's 95 % interval of the mean; undefined for a single value. */
  readonly reach: number | undefined;
}

/**
 * The mean of some values with its 95 % interval; undefined if there are none. Values that were counted in steps of
 * `resolution`, such as one test sample, are believed to deviate by the rounding to such steps at least.
 */
export function estimateOf(values: readonly number[], resolution = 0): Estimate | undefined {
  // The mean of differences to 0.
  const found = pairedDifference(values, resolution);
  return found && { count: found.pairs, mean: found.mean, reach: found.reach };
}

/**
 * '97.96 ± 0.41', with as many decimals as the interval can bear: two of its digits count. `factor` is 100 for
 * percentages; at most `digits` decimals are shown. A dash stands for nothing.
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

/** From here on, numbers are shown with an exponent. */
const LARGE = 1e5;

function showLarge(...numbers: readonly (number | undefined)[]): string {
  const known = numbers.filter((number) => number !== undefined);
  return known.map((number) => number.toExponential(1).replace('e+', 'e')).join(' ± ');
}
