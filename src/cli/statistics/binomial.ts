/**
 * P(X ≥ hits) for a binomial X: the probability that this many of `trials` guesses, each right with `probability`, are
 * right.
 */
export function binomialTail(hits: number, trials: number, probability: number): number {
  if (hits <= 0) return 1;
  if (probability <= 0 || probability >= 1) return probability >= 1 ? 1 : 0;
  const odds = Math.log(probability) - Math.log1p(-probability);
  let term = trials * Math.log1p(-probability);
  let sum = 0;
  for (let k = 1; k <= trials; k++) {
    term += Math.log((trials - k + 1) / k) + odds;
    if (k >= hits) sum += Math.exp(term);
  }
  return Math.min(1, sum);
}
