import { type Difference, holm } from './paired.js';

/** Whether a difference is significant. 'tied': it is not; 'unknown': there are too few pairs. */
export type Verdict = 'better' | 'worse' | 'tied' | 'unknown';

/** The probability that any difference is called significant though there is none. */
export const LEVEL = 0.05;

/** A difference, judged together with others. */
export interface Judged extends Difference {
  /** The p value adjusted for all differences that are judged together (Holm). */
  readonly adjusted: number;
  readonly verdict: Verdict;
}

/**
 * Judges differences together, larger being better. Differences of one group (`groupOf`) are the same comparison, which
 * counts once, with the largest of their p values.
 */
export function judge(
  differences: ReadonlyMap<string, Difference>,
  groupOf: (name: string) => string,
): ReadonlyMap<string, Judged> {
  const largest = new Map<string, number>();
  for (const [name, { p }] of differences) {
    const group = groupOf(name);
    largest.set(group, Math.max(p, largest.get(group) ?? 0));
  }
  const adjusted = holm([...largest.values()]);
  const byGroup = new Map([...largest.keys()].map((group, i) => [group, adjusted[i]!]));
  return new Map(
    [...differences].map(([name, difference]) => {
      const value = byGroup.get(groupOf(name))!;
      return [name, { ...difference, adjusted: value, verdict: verdictOf(difference, value) }];
    }),
  );
}

function verdictOf({ pairs, mean }: Difference, adjusted: number): Verdict {
  if (pairs < 2) return 'unknown';
  if (adjusted > LEVEL) return 'tied';
  return mean > 0 ? 'better' : 'worse';
}
