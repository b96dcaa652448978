const BARS = '▁▂▃▄▅▆▇█';

/**
 * A curve in at most `width` characters, between two limits. Each character shows the mean of its share of the values,
 * or a blank if none of them is finite.
 */
export function sparkline(
  values: readonly number[],
  width: number,
  [least, most]: readonly [number, number],
): string {
  const columns = Math.min(width, values.length);
  return Array.from({ length: columns }, (_, i) => {
    const from = Math.floor((i * values.length) / columns);
    const to = Math.floor(((i + 1) * values.length) / columns);
    const known = values.slice(from, to).filter(Number.isFinite);
    if (known.length === 0) return ' ';
    const mean = known.reduce((sum, x) => sum + x, 0) / known.length;
    const share = most > least ? (mean - least) / (most - least) : 0;
    return BARS[Math.max(0, Math.min(BARS.length - 1, Math.floor(share * BARS.length)))]!;
  }).join('');
}
