/** Where two lists of digests differ by more than the tolerance beside the size of the numbers; undefined: nowhere. */
export function difference(ours, theirs, tolerance) {
  for (const [k, own] of ours.entries()) {
    const other = theirs[k];
    // A peer need not return everything: those that cannot give a gradient of the gain leave it out.
    if (other === undefined) break;
    if (own.size !== other.size) return `result ${k} has ${other.size} numbers instead of ${own.size}`;
    for (const [i, value] of own.sample.entries()) {
      const off = Math.abs(value - other.sample[i]) / (own.rms + Math.abs(value));
      if (!(off <= tolerance)) return `result ${k} is ${other.sample[i]} instead of ${value}`;
    }
  }
  return undefined;
}
