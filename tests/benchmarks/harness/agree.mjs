/**
 * The first difference between two lists of digests above the tolerance, relative to the magnitude; undefined if there
 * is none.
 */
export function difference(ours, theirs, tolerance) {
  for (const [k, own] of ours.entries()) {
    const other = theirs[k];
    // A peer may return fewer results: some cannot compute the gradient of the gain.
    if (other === undefined) break;
    if (own.size !== other.size) return `result ${k} has ${other.size} numbers instead of ${own.size}`;
    for (const [i, value] of own.sample.entries()) {
      const off = Math.abs(value - other.sample[i]) / (own.rms + Math.abs(value));
      if (!(off <= tolerance)) return `result ${k} is ${other.sample[i]} instead of ${value}`;
    }
  }
  return undefined;
}
