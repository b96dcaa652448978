import type { Timing } from './clock.js';
import { COPY, type Pass, nameOf } from './passes.js';

/** One pass of a norm at one width. */
export interface Cost extends Timing {
  /** The time beside that of copying x. */
  readonly ratio: number;
}

/** The costs of a norm, by width. */
export interface Ranked {
  readonly type: string;
  readonly forward: readonly Cost[];
  /** Forward and backward. */
  readonly both: readonly Cost[];
  /** The geometric mean of the ratios of `both`: what the norms are ranked by. */
  readonly score: number;
}

/** The norms from the cheapest to the most expensive, of timings by contender at each width. */
export function ranked(
  types: readonly string[],
  timings: readonly ReadonlyMap<string, Timing>[],
): readonly Ranked[] {
  const costs = (type: string, pass: Pass): Cost[] =>
    timings.map((byName) => {
      const own = byName.get(nameOf(type, pass))!;
      return { ...own, ratio: own.nanoseconds / byName.get(COPY)!.nanoseconds };
    });
  return types
    .map((type) => {
      const both = costs(type, 'both');
      const logarithms = both.map(({ ratio }) => Math.log(ratio));
      const score = Math.exp(logarithms.reduce((sum, value) => sum + value) / both.length);
      return { type, forward: costs(type, 'forward'), both, score };
    })
    .sort((a, b) => a.score - b.score);
}
