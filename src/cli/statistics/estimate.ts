import { confidenceInterval } from '../../train/metrics/interval.js';

/** A mean over seeds, and how far its 95 % interval reaches to either side. */
export interface Estimate {
  readonly count: number;
  readonly mean: number;
  /** Half the width of Student's 95 % interval of the mean; undefined for a single value. */
  readonly reach: number | undefined;
}

/** The mean of some values with its 95 % interval; undefined if there are none. */
export function estimateOf(values: readonly number[]): Estimate | undefined {
  const [first] = values;
  if (first === undefined) return undefined;
  if (values.length === 1) return { count: 1, mean: first, reach: undefined };
  const { count, mean, high } = confidenceInterval(values);
  return { count, mean, reach: high - mean };
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
  const decimals = reach ? Math.max(0, Math.min(digits, 1 - Math.floor(Math.log10(factor * reach)))) : digits;
  const rounded = (factor * mean).toFixed(decimals).replace(/^-(?=[0.]*$)/, '');
  const shown = (signed && Number(rounded) > 0 ? `+${rounded}` : rounded).replace('-', '−');
  return reach === undefined ? shown : `${shown} ± ${(factor * reach).toFixed(decimals)}`;
}
