import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { type Failure, failureText } from '../failures.js';
import { writeWhole } from '../files.js';
import { exitCodeOf } from '../interruption.js';
import { toJson } from '../json.js';
import { type Report, report } from '../report/document.js';
import { type Table, inTerminal } from '../report/table.js';
import { Saving } from '../saving.js';
import { type Terminal, type Text, linesOf } from '../terminal.js';
import { count, duration } from '../words.js';
import type { Trials } from './experiment.js';
import { narrowed } from './narrow.js';
import { type Outcome, runTrials } from './trials.js';

/** The flags that say how results are shown. */
interface Showing {
  readonly json?: boolean;
  readonly csv?: boolean;
  readonly quiet?: boolean;
}

/** The results of an experiment, in every form in which they are shown and saved. */
export interface Found {
  /** The count of finished trainings; without any, no file is written. */
  readonly trainings: number;
  /** The data that --json prints and results.json holds. */
  readonly results: unknown;
  /** The text that --csv prints and results.csv holds; left out if the experiment has no such form. */
  readonly csv?: string;
  /** The tables and texts for the terminal, from top to bottom. */
  readonly shown: readonly (Table | Text)[];
  /** The contents of report.html; undefined if there is nothing to draw. */
  readonly page: Omit<Report, 'results'> | undefined;
  /** The duration in seconds, if the terminal shows it. */
  readonly seconds?: number;
}

/** An experiment that is ready to begin, in a folder of its own. */
interface Job<R> {
  readonly trials: Trials<R>;
  readonly folder: string;
  /** The lines to print before it begins. */
  readonly announced: readonly string[];
  /** The results so far. */
  conclude(outcome: Outcome<R>): Found;
  /** Saves the results so far, after each trial that gave one. */
  keep(outcome: Outcome<R>, saving: Saving): void | Promise<void>;
  /** Called at the end, before the files are written. */
  end?(found: Found, saving: Saving): void;
  /** Called whenever results.json was written. */
  saved?(): void;
}

/** Runs the trials of an experiment, prints its results and writes them to files; returns the exit code. */
export async function carryOut<R>(
  job: Job<R>,
  { json = false, csv = false, quiet = false }: Showing,
  terminal: Terminal,
): Promise<number> {
  const { trials, announced } = job;
  const { interrupted, supervisor } = terminal;
  const tell = (failure: Failure): void => terminal.tell(failureText(failure));
  const forMachines = json || csv;
  if (!forMachines) for (const line of announced) terminal.print(line);
  trials.failures?.forEach(tell);
  const screen = forMachines || quiet ? undefined : terminal.screen;
  const saving = new Saving(terminal);
  const keep = (outcome: Outcome<R>) => job.keep(outcome, saving);
  const outcome = await runTrials(trials, { screen, interrupted }, { failed: tell, ended: keep });
  supervisor?.acknowledge();
  const found = job.conclude(outcome);
  // Print before writing: the disk may be full.
  if (json) terminal.print(linesOf(toJson(found.results)));
  else if (csv) terminal.print(linesOf((found.csv ?? '').trimEnd()));
  else show(found, outcome.isWhole, terminal);
  job.end?.(found, saving);
  const page = await save(found, job, saving);
  if (page !== undefined && !forMachines) {
    const took = found.seconds === undefined ? '' : `Took ${duration(found.seconds)}. `;
    terminal.print(`${took}Report: ${pathToFileURL(page).href}`);
  }
  if (!outcome.isWhole || interrupted.aborted) return exitCodeOf(interrupted);
  return saving.hasFailed || outcome.failures.length > 0 ? 1 : 0;
}

/** Writes the files of an experiment, each even if others fail; returns the path of the report. */
export async function save(
  { trainings, results, csv, page }: Found,
  { folder, saved }: Pick<Job<never>, 'folder' | 'saved'>,
  saving: Saving,
): Promise<string | undefined> {
  if (trainings === 0) return undefined;
  const write = (name: string, file: string, text: string): boolean =>
    saving.attempt(name, () => writeWhole(join(folder, file), text));
  if (write('json', 'results.json', `${toJson(results)}\n`)) saved?.();
  if (csv !== undefined) write('csv', 'results.csv', csv);
  if (!page) return undefined;
  const text = await report({ ...page, results });
  return write('page', 'report.html', text) ? join(folder, 'report.html') : undefined;
}

function show({ trainings, shown }: Found, isWhole: boolean, terminal: Terminal): void {
  if (!isWhole) terminal.print(`Interrupted after ${count(trainings, 'finished training')}.`);
  for (const part of shown) {
    const isText = typeof part === 'string' || Array.isArray(part);
    terminal.print(isText ? part : linesOf(inTerminal(narrowed(part as Table))));
  }
}
