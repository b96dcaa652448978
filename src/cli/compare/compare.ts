import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { NormtapeError } from '../../error.js';
import { isPlainObject } from '../../option/index.js';
import { readJson } from '../read-json.js';
import { toJson } from '../json.js';
import { inTerminal } from '../report/table.js';
import { type Estimate, estimateOf } from '../statistics/estimate.js';
import { type Judged, judge } from '../statistics/verdict.js';
import { type Guessing, accuracyOf, resolutionOf } from '../sweep/outcome.js';
import { differenceOf } from '../sweep/ranking.js';
import { type Results, finalRuns } from '../sweep/results.js';
import { narrow } from '../sweep/table.js';
import type { TaskName } from '../sweep/task.js';
import { type Terminal, linesOf } from '../terminal.js';
import { tableOf } from './table.js';

/** The flags of the command line. */
export interface CompareFlags {
  readonly out: string;
  readonly json?: boolean;
}

/** One normalization in two runs. */
export interface Compared {
  readonly variant: string;
  readonly a: Estimate;
  readonly b: Estimate;
  /** The accuracy in b minus that in a under the same seed. */
  readonly difference: Judged;
}

/** The settings that two runs share, and those in which they differ. */
export interface Comparison {
  readonly a: string;
  readonly b: string;
  readonly task: TaskName;
  /** The settings in which the runs differ, as they are in both. */
  readonly settings: Readonly<Record<string, readonly [unknown, unknown]>>;
  readonly sameData: boolean;
  readonly normalizations: readonly Compared[];
  /** The normalizations that have no seed in common, and why: they are in one run only, or failed in one. */
  readonly notCompared: readonly { readonly variant: string; readonly reason: string }[];
}

/** Compares the accuracies of two sweeps, norm by norm and seed by seed, and prints the differences. */
export function compare(
  a: string,
  b: string,
  { json = false, out }: CompareFlags,
  terminal: Terminal,
): number {
  const comparison = comparisonOf([a, b], [resultsIn(a, out), resultsIn(b, out)]);
  if (json) {
    terminal.print(linesOf(toJson(comparison)));
    return 0;
  }
  const { task, settings, sameData, normalizations, notCompared } = comparison;
  for (const [name, [inA, inB]] of Object.entries(settings)) {
    terminal.print(`${name}: A ${JSON.stringify(inA)}, B ${JSON.stringify(inB)}`);
  }
  if (!sameData) {
    terminal.print('The runs saw different data: that the same seeds are paired says little then.');
  }
  terminal.print(linesOf(inTerminal(narrow(tableOf(normalizations, task)))));
  terminal.print(readingOf(normalizations, task));
  for (const { variant, reason } of notCompared) terminal.print(`Not compared: ${variant}, ${reason}.`);
  return 0;
}

/** Compares two results; throws if they have no normalization or no seed in common. */
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

/** The normalizations that a run was to train, those that failed among them. */
const variantsIn = ({ variants, failures }: Results): readonly string[] => [
  ...variants.map(({ name }) => name),
  ...failuresIn({ failures }).map(({ name }) => name),
];

/** Results of earlier versions say nothing of failures. */
const failuresIn = ({ failures }: { readonly failures?: Results['failures'] }): Results['failures'] =>
  failures ?? [];

/** Why two runs have no seed of a normalization in common. */
function reasonFor(variant: string, a: Results, b: Results): string {
  const sides = Object.entries({ A: a, B: b });
  const failed = sides.filter(([, run]) => failuresIn(run).some(({ name }) => name === variant));
  if (failed.length > 0) return `which failed in ${failed.map(([side]) => side).join(' and ')}`;
  const [only, ...others] = sides.filter(([, run]) => variantsIn(run).includes(variant));
  return only && others.length === 0 ? `which is in ${only[0]} only` : 'of which no seed ended in both';
}

/** The accuracies of the runs that were compared, by variant and seed. */
function accuraciesIn(results: Results): ReadonlyMap<string, ReadonlyMap<number, number>> {
  const guessing: Guessing = results.data;
  const found = new Map<string, Map<number, number>>();
  for (const run of finalRuns(results)) {
    const seeds = found.get(run.variant) ?? new Map<number, number>();
    // In JSON, what is undefined is null.
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

function readingOf(normalizations: readonly Compared[], task: TaskName): string {
  const pairs = Math.max(...normalizations.map(({ difference }) => difference.pairs));
  if (pairs < 2) return 'One seed in common tells nothing of chance: there are no verdicts.';
  return (
    `${task === 'numbers' ? 'R²' : 'Accuracy in %'}; ` +
    "± is the 95 % interval of the mean over the seeds (Student's t), of B − A over those in common. " +
    'Better and worse are proven at 5 %, all rows together (paired t tests, Holm); tied cannot be told apart.'
  );
}

/** The results in the folder of a sweep, or in one of that name under the folder of all runs. */
function resultsIn(named: string, out: string): Results {
  const folder = existsSync(named) ? named : join(out, named);
  const file = existsSync(folder) && statSync(folder).isDirectory() ? join(folder, 'results.json') : folder;
  const content = readJson(file);
  const isSweep = isPlainObject(content) && Array.isArray(content['runs']) && isPlainObject(content['data']);
  if (!isSweep || !('fingerprint' in content)) {
    const received = isPlainObject(content) ? Object.keys(content) : content;
    throw new NormtapeError({ where: file, expected: 'the results of a sweep', received });
  }
  return content as unknown as Results;
}
