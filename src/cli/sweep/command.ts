import { existsSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { NormtapeError } from '../../error.js';
import { resolve } from '../../option/index.js';
import { circumstances, moment } from '../circumstances.js';
import { claimFolder, writeWhole } from '../files.js';
import { toJson } from '../json.js';
import { ownNorms, splitNames } from '../norms/named.js';
import { bar } from '../progress.js';
import { report } from '../report/document.js';
import { inTerminal } from '../report/table.js';
import { type Terminal, linesOf } from '../terminal.js';
import { count } from '../words.js';
import { csvOf } from './csv.js';
import { type SweepFlags, doing } from './flags.js';
import { lock, workerOn } from './lock.js';
import { anyKeepsStatistics, withMomentum } from './momentum.js';
import { type Plan, baselineOf, stepsOf, trainingCount, tuningOf, variantsOf } from './plan.js';
import {
  type Header,
  type SweepRecord,
  addToRecord,
  demandRecord,
  differing,
  headerOf,
  readRecord,
  removeRecord,
  writeRecord,
} from './record.js';
import { TIMES, readingOf, remarksOf, tuningNote } from './remarks.js';
import { reportOf } from './report.js';
import { type Results, factsOf, resultsOf, summary } from './results.js';
import { SETTINGS, type Settings } from './settings.js';
import { sourceOf } from './data-flags.js';
import { load } from './source.js';
import { demandScorable } from './task.js';
import { TIMING_WEIGHT, sweep } from './sweep.js';
import { costTable, narrow, rankingTable, tuningTables } from './table.js';
import type { Run } from './training.js';

/** A sweep that is ready to begin or to go on. */
interface Begun {
  readonly plan: Plan;
  readonly folder: string;
  /** The trainings that ended before. */
  readonly done: readonly Run[];
}

/** Trains, prints the ranking and writes the report; returns the exit code. */
export async function sweepCommand(flags: SweepFlags, terminal: Terminal): Promise<number> {
  const { json = false, csv = false, quiet = false } = flags;
  const { plan, folder, done } = await (flags.resume === undefined
    ? begin(flags, terminal)
    : resume(flags, terminal));
  const forMachines = json || csv;
  if (!forMachines) announce(plan, done, terminal);

  const left = trainingCount(plan) - done.length;
  const weights = [...Array.from({ length: left }, () => 1), TIMING_WEIGHT];
  const watcher = bar(left + 1, forMachines || quiet ? { screen: undefined } : terminal, weights);
  const { interrupted } = terminal;
  const keep = (run: Run): void => addToRecord(folder, run);
  const unlock = lock(folder);
  const swept = await sweep(plan, { done, keep, watcher, interrupted }).finally(() => {
    watcher.stop();
    unlock();
  });
  const results = resultsOf(plan, swept, circumstances(interrupted.aborted));
  const page = join(folder, 'report.html');
  if (results.runs.length === 0) removeRecord(folder);
  else {
    writeWhole(join(folder, 'results.json'), `${toJson(results)}\n`);
    writeWhole(join(folder, 'results.csv'), csvOf(results));
    if (results.ranking.length > 0) writeWhole(page, await report(reportOf(results)));
  }
  if (json) terminal.print(linesOf(toJson(results)));
  else if (csv) terminal.print(linesOf(csvOf(results).trimEnd()));
  else conclude(results, folder, terminal);
  return interrupted.aborted ? 130 : 0;
}

/** A new folder; or that of a run of this name that was interrupted, if it was to do the same. */
async function begin(flags: SweepFlags, terminal: Terminal): Promise<Begun> {
  const { out, name } = flags;
  const plan = await planOf(flags, terminal);
  const header = headerOf(plan, doing(flags));
  const before = name === undefined ? undefined : readRecord(join(out, name));
  if (before && isUnfinished(before) && isSame(before.header, header) && !workerOn(join(out, name!))) {
    return takeUp(join(out, name!), { header, runs: before.runs }, before.header, plan, terminal);
  }
  const free = claimFolder(out, plan.name);
  if (free !== plan.name) terminal.tell(`${join(out, plan.name)} is there already: this run is ${free}.`);
  const folder = join(out, free);
  writeRecord(folder, { header, runs: [] });
  return { plan: { ...plan, name: free }, folder, done: [] };
}

const isUnfinished = ({ header, runs }: SweepRecord): boolean => runs.length < header.trainings;

const isSame = (a: Header, b: Header): boolean => a.seeds === b.seeds && differing(a, b).length === 0;

/** The folder of a run, with what it was to do unless more seeds are asked for. */
async function resume(flags: SweepFlags, terminal: Terminal): Promise<Begun> {
  const { resume = '', out } = flags;
  const folder = existsSync(resume) ? resume : join(out, resume);
  const { header: before, runs } = demandRecord(folder);
  const worker = workerOn(folder);
  if (worker !== undefined) {
    const received = `process ${worker} at work on it`;
    throw new NormtapeError({ where: '--resume', expected: 'a run that has ended', received });
  }
  const given = { ...before.flags, ...doing(flags) };
  const plan = await planOf({ ...given, out: dirname(folder) }, terminal);
  const header = headerOf(plan, given);
  const changed = differing(before, header);
  if (changed.length > 0) {
    throw new NormtapeError({
      where: '--resume',
      expected: `what ${folder} was begun with`,
      received: `another ${changed.join(', another ')}`,
      hint: 'Leave these flags out, or begin a new run; there may only be more seeds.',
    });
  }
  if (header.seeds < before.seeds) {
    const expected = `at least the ${count(before.seeds, 'seed')} that it was begun with`;
    throw new NormtapeError({ where: '--resume', expected, received: header.seeds });
  }
  return takeUp(folder, { header, runs }, before, plan, terminal);
}

function takeUp(
  folder: string,
  { header, runs }: SweepRecord,
  { engine }: Header,
  plan: Plan,
  terminal: Terminal,
): Begun {
  const others = Object.entries(header.engine).filter(([name, version]) => engine[name] !== version);
  if (others.length > 0) {
    const was = others.map(([name]) => `${name} ${engine[name]}`).join(', ');
    terminal.tell(`Begun with ${was}: numbers may be rounded otherwise now.`);
  }
  writeRecord(folder, { header, runs });
  return { plan: { ...plan, name: basename(folder) }, folder, done: runs };
}

/** Reads and checks all there is to read before any work begins. */
async function planOf(flags: SweepFlags, terminal: Terminal): Promise<Plan> {
  const { norms, config, name, momentum, json, csv, quiet } = flags;
  const settings = settingsOf(flags);
  const own = await ownNorms(splitNames(norms ?? ''));
  const stated = variantsOf(norms, config, own);
  const baseline = baselineOf(stated, flags.baseline);
  const { testShare, seed } = settings;
  const source = sourceOf(flags);
  const { data } = source;
  const { notes, ...split } = load(
    { ...source, testShare, seed },
    json || csv || quiet ? undefined : terminal,
  );
  demandScorable(data, split);
  if (momentum !== undefined) demandMomentum(momentum, anyKeepsStatistics(stated));
  const variants = withMomentum(stated, stepsOf(split, settings), momentum);
  const title = name ?? `${basename(data).replace(/\.csv$/i, '')}-${moment()}`;
  return {
    name: title,
    source: data,
    split,
    notes,
    tuning: tuningOf(split, settings),
    variants,
    baseline,
    settings,
  };
}

function settingsOf({ learningRate, ...flags }: SweepFlags): Settings {
  const given = Object.entries(flags).filter(([flag]) => Object.hasOwn(SETTINGS, flag));
  const settings = resolve('sweep', SETTINGS, {
    ...Object.fromEntries(given),
    ...(learningRate !== undefined && { learningRates: [learningRate] }),
  });
  const { learningRates } = settings;
  const where = 'sweep.learningRates';
  if (learningRate !== undefined && flags.learningRates) {
    const received = '--learning-rate and --learning-rates';
    throw new NormtapeError({ where, expected: 'one of the two flags', received });
  }
  if (learningRates.length === 0 || new Set(learningRates).size < learningRates.length) {
    throw new NormtapeError({ where, expected: 'rates, each once', received: learningRates });
  }
  return settings;
}

function demandMomentum(momentum: number, isHeard: boolean): void {
  if (!(momentum >= 0 && momentum <= 1)) {
    throw new NormtapeError({ where: '--momentum', expected: 'a number from 0 to 1', received: momentum });
  }
  if (!isHeard) {
    const expected = 'a normalization with running statistics among --norms';
    throw new NormtapeError({ where: '--momentum', expected, received: 'none that has any' });
  }
}

function announce(plan: Plan, done: readonly Run[], terminal: Terminal): void {
  const facts = factsOf(plan);
  terminal.print(summary(facts));
  for (const note of facts.notes) terminal.print(note);
  for (const warning of facts.warnings) terminal.print(warning);
  if (done.length > 0) {
    terminal.print(`Goes on: ${done.length} of ${count(trainingCount(plan), 'training')} ended before.`);
  }
}

function conclude(results: Results, folder: string, terminal: Terminal): void {
  const { interrupted, runs, ranking, settings, warnings } = results;
  if (interrupted) {
    terminal.print(`Interrupted after ${count(runs.length, 'finished training')}.`);
    if (runs.length > 0) terminal.print(`To go on: normtape sweep --resume ${folder}`);
  }
  if (ranking.length === 0) return;
  terminal.print(linesOf(inTerminal(narrow(rankingTable(results)))));
  terminal.print(readingOf(results));
  terminal.print(linesOf(inTerminal(narrow(costTable(results)))));
  if (ranking.some(({ time }) => time)) terminal.print(TIMES);
  if (settings.learningRates.length > 1) {
    for (const table of tuningTables(results)) terminal.print(linesOf(inTerminal(table)));
    terminal.print(tuningNote(results));
  }
  for (const remark of remarksOf(results)) if (!warnings.includes(remark)) terminal.print(remark);
  terminal.print(`Report: ${pathToFileURL(join(folder, 'report.html')).href}`);
}
