import { medianInterval, quartiles } from '../statistics/order.js';
import type { Timing } from './clock.js';
import { COPY, type Pass, nameOf } from './passes.js';

/** The time of one pass of a norm at one width. */
export interface Cost {
  /** The median of the rounds. */
  readonly nanoseconds: number;
  /** The time divided by the time of copying x in the same round: the median of the rounds. */
  readonly ratio: number;
  /** The quartiles of the ratio over the rounds. */
  readonly quartiles: readonly [number, number];
}

/** The costs of a norm, by width. */
export interface Ranked {
  readonly type: string;
  /** The rank, from 1. Norms that cannot be told apart share a rank, and the next rank skips as many numbers. */
  readonly rank: number;
  readonly forward: readonly Cost[];
  /** Forward and backward. */
  readonly both: readonly Cost[];
  /** The geometric mean over the widths of the ratios of `both`: the median of the rounds. */
  readonly score: number;
  /** The quartiles of the score over the rounds. */
  readonly quartiles: readonly [number, number];
}

/** The probability that any norm gets a rank of its own by chance. */
const LEVEL = 0.05;

/**
 * The norms from the cheapest to the most expensive, given timings by contender at each width. A norm shares the rank
 * of its leader unless its score is significantly higher: the interval of the median of their quotients over the rounds lies
 * above 1, at a level for all such comparisons together (Bonferroni).
 */
export function ranked(
  types: readonly string[],
  timings: readonly ReadonlyMap<string, Timing>[],
): readonly Ranked[] {
  const ordered = types
    .map((type) => ({ type, ...costsOf(type, timings) }))
    .sort((a, b) => a.score - b.score || (a.type < b.type ? -1 : 1));
  const level = 1 - LEVEL / Math.max(1, types.length - 1);
  let [leader, rank] = [ordered[0], 1];
  return ordered.map(({ scores, ...norm }, i) => {
    const quotients = scores.map((score, round) => score / leader!.scores[round]!);
    const interval = medianInterval(quotients, level);
    if (interval && interval.low > 1) [leader, rank] = [ordered[i], i + 1];
    return { ...norm, rank };
  });
}

function costsOf(type: string, timings: readonly ReadonlyMap<string, Timing>[]) {
  const ratios = (pass: Pass): number[][] =>
    timings.map((byName) => {
      const copies = byName.get(COPY)!.samples;
      return byName.get(nameOf(type, pass))!.samples.map((time, round) => time / copies[round]!);
    });
  const costs = (pass: Pass): Cost[] =>
    ratios(pass).map((ofWidth, i) => {
      const { median: ratio, low, high } = quartiles(ofWidth);
      const { nanoseconds } = timings[i]!.get(nameOf(type, pass))!;
      return { nanoseconds, ratio, quartiles: [low, high] };
    });
  const both = ratios('both');
  const rounds = Math.min(...both.map(({ length }) => length));
  const scores = Array.from({ length: rounds }, (_, round) => {
    const logarithms = both.map((ofWidth) => Math.log(ofWidth[round]!));
    return Math.exp(logarithms.reduce((sum, value) => sum + value) / logarithms.length);
  });
  const { median: score, low, high } = quartiles(scores);
  const forward = costs('forward');
  return { forward, both: costs('both'), score, quartiles: [low, high] as const, scores };
}
