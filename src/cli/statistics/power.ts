import { studentQuantile } from '../../train/metrics/student.js';

/** The power: the probability with which a true difference is to be found. */
const POWER = 0.8;

/** The largest number of pairs that is searched for. */
const MOST = 1000;

/**
 * The difference that a paired t test at level α finds four times out of five, in standard deviations of one pair: (t(1
 * − α/2) + t(0.8)) / √n with n − 1 degrees of freedom, close to the exact value of the noncentral t.
 */
const detectableShare = (pairs: number, alpha: number): number =>
  (studentQuantile(1 - alpha, pairs - 1) + studentQuantile(2 * POWER - 1, pairs - 1)) / Math.sqrt(pairs);

/** The mean difference that this many pairs of this deviation tell from 0, four times out of five. */
export const detectable = (deviation: number, pairs: number, alpha: number): number =>
  deviation * detectableShare(pairs, alpha);

/**
 * The number of pairs that tell this mean from 0 four times out of five, if the mean and the deviation are the true
 * ones; Infinity if it is above 1000.
 */
export function pairsToTell(mean: number, deviation: number, alpha: number): number {
  const enough = (pairs: number): boolean => detectable(deviation, pairs, alpha) <= Math.abs(mean);
  if (mean === 0 || !enough(MOST)) return Infinity;
  let [few, many] = [1, MOST];
  while (many - few > 1) {
    const middle = Math.floor((few + many) / 2);
    if (enough(middle)) many = middle;
    else few = middle;
  }
  return many;
}
