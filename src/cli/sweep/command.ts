import { circumstances } from '../circumstances.js';
import { type Found, carryOut } from '../experiment/carry-out.js';
import type { Outcome } from '../experiment/trials.js';
import { failureText } from '../failures.js';
import type { Table } from '../report/table.js';
import type { Saving } from '../saving.js';
import type { Terminal } from '../terminal.js';
import { count } from '../words.js';
import { begin, resume } from './begin.js';
import { csvOf } from './csv.js';
import type { SweepFlags } from './flags.js';
import { type Plan, trainingCount } from './plan.js';
import { removeRecord } from './record.js';
import { TIMES, readingOf, remarksOf, tuningNote } from './remarks.js';
import { reportOf } from './report.js';
import { type Results, factsOf, resultsOf, summary } from './results.js';
import { costTable, narrow, rankingTable, tuningTables } from './table.js';
import type { Run } from './training.js';
import { sweepOf } from './trials.js';

/** Runs a sweep, prints the ranking and writes the report; returns the exit code. */
export async function sweepCommand(flags: SweepFlags, terminal: Terminal): Promise<number> {
  const begun = await (flags.resume === undefined ? begin(flags, terminal) : resume(flags, terminal));
  const { plan, folder, done, recorder, release } = begun;
  try {
    const { json = false, csv = false, quiet = false } = flags;
    const showing = { '--json': json, '--csv': csv, '--quiet': quiet };
    const shown = Object.entries(showing).flatMap(([flag, isSet]) => (isSet ? [flag] : []));
    terminal.supervisor?.saveBy(['sweep', `--resume=${folder}`, ...shown]);
    const { trials, swept } = sweepOf(plan, done);
    const conclude = (outcome: Outcome<Run>): Found => {
      const results = resultsOf(plan, swept(outcome), circumstances(!outcome.isWhole));
      return {
        trainings: results.runs.length,
        results,
        csv: csvOf(results),
        shown: shownOf(results, folder),
        page: results.ranking.length > 0 ? reportOf(results) : undefined,
      };
    };
    const job = {
      trials,
      folder,
      announced: terminal.interrupted.aborted ? [] : announced(plan, done),
      conclude,
      keep: ({ results }: Outcome<Run>, saving: Saving) =>
        void saving.attempt('record', () => recorder.add(results.at(-1)!)),
      end: ({ trainings }: Found, saving: Saving) =>
        void saving.attempt('record', () => (trainings > 0 ? recorder.write() : removeRecord(folder))),
    };
    return await carryOut(job, { json, csv, quiet }, terminal);
  } finally {
    release();
  }
}

/** The lines that a sweep prints before it begins. */
function announced(plan: Plan, done: readonly Run[]): readonly string[] {
  const facts = factsOf(plan);
  const resumed =
    done.length > 0
      ? [`Resumed: ${done.length} of ${count(trainingCount(plan), 'training')} finished before.`]
      : [];
  return [summary(facts), ...facts.notes, ...facts.warnings, ...resumed];
}

/** The tables and texts of a sweep for the terminal. */
function shownOf(results: Results, folder: string): readonly (Table | string)[] {
  const { interrupted, runs, ranking, settings, warnings, failures } = results;
  const hint = interrupted && runs.length > 0 ? [`To continue: normtape sweep --resume ${folder}`] : [];
  if (ranking.length === 0) return [...hint, ...failures.map(failureText)];
  return [
    ...hint,
    narrow(rankingTable(results)),
    readingOf(results),
    narrow(costTable(results)),
    ...(ranking.some(({ time }) => time) ? [TIMES] : []),
    ...(settings.learningRates.length > 1 ? [...tuningTables(results), tuningNote(results)] : []),
    ...remarksOf(results).filter((remark) => !warnings.includes(remark)),
  ];
}
