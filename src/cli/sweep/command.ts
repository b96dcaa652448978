import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { circumstances } from '../circumstances.js';
import { type Failure, failureText } from '../failures.js';
import { dropFolder, writeWhole } from '../files.js';
import { exitCodeOf } from '../interruption.js';
import { toJson } from '../json.js';
import { bar } from '../progress.js';
import { report } from '../report/document.js';
import { inTerminal } from '../report/table.js';
import { Saving } from '../saving.js';
import { type Terminal, linesOf } from '../terminal.js';
import { count } from '../words.js';
import { begin, resume } from './begin.js';
import { csvOf } from './csv.js';
import type { SweepFlags } from './flags.js';
import { type Plan, trainingCount } from './plan.js';
import { removeRecord } from './record.js';
import { TIMES, readingOf, remarksOf, tuningNote } from './remarks.js';
import { reportOf } from './report.js';
import { type Results, factsOf, resultsOf, summary } from './results.js';
import { TIMING_WEIGHT, sweep } from './sweep.js';
import { costTable, narrow, rankingTable, tuningTables } from './table.js';
import type { Run } from './training.js';

/** Runs a sweep, prints the ranking and writes the report; returns the exit code. */
export async function sweepCommand(flags: SweepFlags, terminal: Terminal): Promise<number> {
  const { json = false, csv = false, quiet = false } = flags;
  const begun = await (flags.resume === undefined ? begin(flags, terminal) : resume(flags, terminal));
  const { plan, folder, done, recorder, unlock } = begun;
  try {
    const forMachines = json || csv;
    const { interrupted, supervisor } = terminal;
    if (!forMachines && !interrupted.aborted) announce(plan, done, terminal);
    for (const failure of plan.failures ?? []) terminal.tell(failureText(failure));
    const showing = { '--json': json, '--csv': csv, '--quiet': quiet };
    const shown = Object.entries(showing).flatMap(([flag, isSet]) => (isSet ? [flag] : []));
    supervisor?.saveBy(['sweep', `--resume=${folder}`, ...shown]);

    const left = trainingCount(plan) - done.length;
    const weights = [...Array.from({ length: left }, () => 1), TIMING_WEIGHT];
    const watcher = bar(left + 1, forMachines || quiet ? { screen: undefined } : terminal, weights);
    const saving = new Saving(terminal);
    const keep = (run: Run): void => void saving.attempt('record', () => recorder.add(run));
    const fail = (failure: Failure): void => terminal.tell(failureText(failure));
    const swept = await sweep(plan, { done, keep, fail, watcher, interrupted }).finally(() => watcher.stop());
    supervisor?.acknowledge();
    const results = resultsOf(plan, swept, circumstances(interrupted.aborted));
    // Print before writing: the disk may be full.
    if (json) terminal.print(linesOf(toJson(results)));
    else if (csv) terminal.print(linesOf(csvOf(results).trimEnd()));
    else conclude(results, folder, terminal);
    saving.attempt('record', () => recorder.write());
    const page = await save(results, folder, saving);
    if (page !== undefined && !forMachines) terminal.print(`Report: ${pathToFileURL(page).href}`);
    if (interrupted.aborted) return exitCodeOf(interrupted);
    return saving.hasFailed || results.failures.length > 0 ? 1 : 0;
  } finally {
    unlock();
    dropFolder(folder);
  }
}

/** Writes the files of a sweep, each even if others fail; returns the path of the report. */
async function save(results: Results, folder: string, saving: Saving): Promise<string | undefined> {
  if (results.runs.length === 0) {
    saving.attempt('record', () => removeRecord(folder));
    return undefined;
  }
  const page = join(folder, 'report.html');
  saving.attempt('json', () => writeWhole(join(folder, 'results.json'), `${toJson(results)}\n`));
  saving.attempt('csv', () => writeWhole(join(folder, 'results.csv'), csvOf(results)));
  if (results.ranking.length === 0) return undefined;
  const text = await report(reportOf(results));
  return saving.attempt('page', () => writeWhole(page, text)) ? page : undefined;
}

function announce(plan: Plan, done: readonly Run[], terminal: Terminal): void {
  const facts = factsOf(plan);
  terminal.print(summary(facts));
  for (const note of facts.notes) terminal.print(note);
  for (const warning of facts.warnings) terminal.print(warning);
  if (done.length > 0) {
    terminal.print(`Resumed: ${done.length} of ${count(trainingCount(plan), 'training')} finished before.`);
  }
}

function conclude(results: Results, folder: string, terminal: Terminal): void {
  const { interrupted, runs, ranking, settings, warnings } = results;
  if (interrupted) {
    terminal.print(`Interrupted after ${count(runs.length, 'finished training')}.`);
    if (runs.length > 0) terminal.print(`To continue: normtape sweep --resume ${folder}`);
  }
  if (ranking.length === 0) {
    for (const failure of results.failures) terminal.print(failureText(failure));
    return;
  }
  terminal.print(linesOf(inTerminal(narrow(rankingTable(results)))));
  terminal.print(readingOf(results));
  terminal.print(linesOf(inTerminal(narrow(costTable(results)))));
  if (ranking.some(({ time }) => time)) terminal.print(TIMES);
  if (settings.learningRates.length > 1) {
    for (const table of tuningTables(results)) terminal.print(linesOf(inTerminal(table)));
    terminal.print(tuningNote(results));
  }
  for (const remark of remarksOf(results)) if (!warnings.includes(remark)) terminal.print(remark);
}
