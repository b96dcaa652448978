/** A quantile, interpolated between neighbors. */
export function quantile(numbers, share) {
  const sorted = [...numbers].sort((a, b) => a - b);
  const at = share * (sorted.length - 1);
  const [low, high] = [sorted[Math.floor(at)], sorted[Math.ceil(at)]];
  return low + (high - low) * (at % 1);
}

/** The median, and the distance between the quartiles as a share of it. */
export function summary(samples) {
  const median = quantile(samples, 0.5);
  return {
    median,
    spread: (quantile(samples, 0.75) - quantile(samples, 0.25)) / median,
    rounds: samples.length,
  };
}

/** A copy in random order. */
export function shuffled(list) {
  const copy = [...list];
  for (let i = copy.length - 1; i > 0; i--) {
    const j = Math.floor(Math.random() * (i + 1));
    [copy[i], copy[j]] = [copy[j], copy[i]];
  }
  return copy;
}
