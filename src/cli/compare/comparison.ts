import { NormtapeError } from '../../error.js';
import { type Estimate, estimateOf } from '../statistics/estimate.js';
import { type Judged, judge } from '../statistics/verdict.js';
import { type Guessing, accuracyOf, resolutionOf } from '../sweep/outcome.js';
import { differenceOf } from '../sweep/ranking.js';
import { type Results, finalRuns } from '../sweep/results.js';
import type { TaskName } from '../sweep/task.js';

/** The results of one normalization in two runs. */
export interface Compared {
  readonly variant: string;
  readonly a: Estimate;
  readonly b: Estimate;
  /** The accuracy in b minus that in a under the same seed. */
  readonly difference: Judged;
}

/** The comparison of two runs. */
export interface Comparison {
  readonly a: string;
  readonly b: string;
  readonly task: TaskName;
  /** The settings in which the runs differ, with the values of both. */
  readonly settings: Readonly<Record<string, readonly [unknown, unknown]>>;
  readonly sameData: boolean;
  readonly normalizations: readonly Compared[];
  /** The normalizations without a common seed, with the reason: they are in only one run, or failed in one. */
  readonly notCompared: readonly { readonly variant: string; readonly reason: string }[];
}

/**
 * Compares two results.
 * @throws if they have no normalization or no seed in common.
 */
export function comparisonOf(
  [a, b]: readonly [string, string],
  [first, second]: readonly [Results, Results],
): Comparison {
  const [inA, inB] = [accuraciesIn(first), accuraciesIn(second)];
  const common = [...inA.keys()].filter((variant) => inB.has(variant));
  const { task } = first.data;
  if (task !== second.data.task) {
    const received = [task, second.data.task];
    throw new NormtapeError({ where: 'compare', expected: 'two runs of one task', received });
  }
  const testSamples = Math.min(first.data.testSamples, second.data.testSamples);
  const resolution = resolutionOf({ task, testSamples });
  const differences = new Map(
    common.flatMap((variant) => {
      const difference = differenceOf(inB.get(variant)!, inA.get(variant), resolution);
      return difference ? [[variant, difference] as const] : [];
    }),
  );
  if (differences.size === 0) {
    const expected = 'two runs with a normalization and a seed in common';
    throw new NormtapeError({ where: 'compare', expected, received: [[...inA.keys()], [...inB.keys()]] });
  }
  const groupOf = (name: string): string =>
    first.same.find(
      (twins) =>
        twins.includes(name) && second.same.some((others) => twins.every((twin) => others.includes(twin))),
    )?.[0] ?? name;
  return {
    a,
    b,
    task,
    settings: settingsApart(first, second),
    sameData: first.fingerprint === second.fingerprint,
    normalizations: [...judge(differences, groupOf)].map(([variant, difference]) => ({
      variant,
      a: estimateOf([...inA.get(variant)!.values()], resolution)!,
      b: estimateOf([...inB.get(variant)!.values()], resolution)!,
      difference,
    })),
    notCompared: [...new Set([...variantsIn(first), ...variantsIn(second)])]
      .filter((variant) => !differences.has(variant))
      .map((variant) => ({ variant, reason: reasonFor(variant, first, second) })),
  };
}

/** The normalizations of a run, including those that failed. */
const variantsIn = ({ variants, failures }: Results): readonly string[] => [
  ...variants.map(({ name }) => name),
  ...failuresIn({ failures }).map(({ name }) => name),
];

/** Results of earlier versions do not list failures. */
const failuresIn = ({ failures }: { readonly failures?: Results['failures'] }): Results['failures'] =>
  failures ?? [];

/** The reason why two runs have no common seed of a normalization. */
function reasonFor(variant: string, a: Results, b: Results): string {
  const sides = Object.entries({ A: a, B: b });
  const failed = sides.filter(([, run]) => failuresIn(run).some(({ name }) => name === variant));
  if (failed.length > 0) return `which failed in ${failed.map(([side]) => side).join(' and ')}`;
  const [only, ...others] = sides.filter(([, run]) => variantsIn(run).includes(variant));
  return only && others.length === 0 ? `which is in ${only[0]} only` : 'of which no seed ended in both';
}

/** The accuracies of the final runs, by variant and seed. */
function accuraciesIn(results: Results): ReadonlyMap<string, ReadonlyMap<number, number>> {
  const guessing: Guessing = results.data;
  const found = new Map<string, Map<number, number>>();
  for (const run of finalRuns(results)) {
    const seeds = found.get(run.variant) ?? new Map<number, number>();
    // JSON has null for undefined.
    const { divergedIn } = run as { readonly divergedIn: number | null | undefined };
    seeds.set(run.seed, accuracyOf({ ...run, divergedIn: divergedIn ?? undefined }, guessing));
    found.set(run.variant, seeds);
  }
  return found;
}

function settingsApart(a: Results, b: Results): Comparison['settings'] {
  const [inA, inB] = [a, b].map(({ settings, data: { source } }): Readonly<Record<string, unknown>> => ({
    data: source,
    ...settings,
  }));
  const names = [...new Set([...Object.keys(inA!), ...Object.keys(inB!)])];
  return Object.fromEntries(
    names
      .filter((name) => JSON.stringify(inA![name]) !== JSON.stringify(inB![name]))
      .map((name) => [name, [inA![name], inB![name]] as const]),
  );
}
