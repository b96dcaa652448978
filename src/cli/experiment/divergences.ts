import { count } from '../words.js';

/** A training that may have diverged. */
interface Ended {
  readonly seed: number;
  /** What was not finite; undefined if everything was. */
  readonly diverged: string | undefined;
}

/** A remark on the trainings that diverged; none if none did. */
export function divergences<R extends Ended>(
  runs: readonly R[],
  nameOf: (run: R) => string,
): readonly string[] {
  const diverged = runs.filter((run) => run.diverged !== undefined);
  const [first] = diverged;
  if (!first) return [];
  return [
    `${count(diverged.length, 'training')} diverged and ${diverged.length === 1 ? 'is' : 'are'} left out of the means; ` +
      `the first was ${nameOf(first)}, seed ${first.seed}: ${first.diverged}`,
  ];
}
