import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { type Given, type Options, type Values, resolve } from '../../option/index.js';
import { type Circumstances, circumstances, moment } from '../circumstances.js';
import { dropDrafts } from '../drafts.js';
import { type Failure, failureText } from '../failures.js';
import { claimFolder } from '../claim.js';
import { writeWhole } from '../files.js';
import { exitCodeOf } from '../interruption.js';
import { toJson } from '../json.js';
import { ownNorms, splitNames, typesOf } from '../norms/named.js';
import { type Report, report } from '../report/document.js';
import { words } from '../report/markup.js';
import { inTerminal } from '../report/table.js';
import { Saving } from '../saving.js';
import { type Terminal, linesOf } from '../terminal.js';
import { count, duration } from '../words.js';
import type { Experiment, Findings } from './experiment.js';
import { narrowed } from './narrow.js';
import { type Outcome, carriedOut, seldom } from './trials.js';

/** The flags of every experiment, besides its settings. */
export interface ExperimentFlags {
  readonly norms?: string;
  readonly full?: boolean;
  readonly out: string;
  readonly name?: string;
  readonly json?: boolean;
  readonly quiet?: boolean;
}

/** Runs an experiment, prints its findings and writes the report; returns the exit code. */
export async function experimentCommand<O extends Options, R>(
  experiment: Experiment<O, R>,
  flags: ExperimentFlags,
  terminal: Terminal,
): Promise<number> {
  const { norms, full = false, out, json = false, quiet = false, name: title } = flags;
  const { name, settings: declared } = experiment;
  const given = Object.entries(flags).filter(([flag]) => Object.hasOwn(declared, flag));
  const preset = { ...(full && experiment.full), ...experiment.preset?.({ ...flags }) };
  const stated = { ...preset, ...Object.fromEntries(given) } as Given<O>;
  const settings: Values<O> = resolve(name, declared, stated);
  const own = await ownNorms(splitNames(norms ?? ''));
  const work = experiment.plan({
    settings,
    norms: norms === undefined ? undefined : typesOf(splitNames(norms), own),
    own,
    flags: { ...flags },
    screen: json || quiet ? undefined : terminal.screen,
  });
  const { interrupted, supervisor } = terminal;
  dropDrafts(out);
  const wanted = title ?? `${name}-${moment()}`;
  const { name: free, folder, release } = claimFolder(out, wanted);
  supervisor?.locked(folder);
  if (title !== undefined && free !== title)
    terminal.tell(`${join(out, wanted)} is there already: this run is ${free}.`);
  if (!json) terminal.print(work.summary);
  for (const failure of work.failures ?? []) terminal.tell(failureText(failure));

  const started = performance.now();
  const saving = new Saving(terminal);
  const found = ({ results, failures, isWhole }: Outcome<R>): Found => {
    const findings = results.length > 0 ? work.conclude(results) : undefined;
    const around = circumstances(!isWhole);
    const seconds = (performance.now() - started) / 1000;
    const whole = { experiment: name, ...around, seconds, full, settings, failures, ...findings?.data };
    return { findings, around, failures, whole };
  };
  const save = async ({ findings, around, failures, whole }: Found): Promise<boolean> => {
    if (!findings) return false;
    const json = `${toJson(whole)}\n`;
    // A folder that holds results is never taken over by another run.
    if (saving.attempt('json', () => writeWhole(join(folder, 'results.json'), json))) release();
    const heading = title === undefined ? `Experiment: ${name}` : free;
    const told = { ...findings, remarks: [...failures.map(failureText), ...findings.remarks] };
    const content = reportOf(heading, work.summary, told, around, settings, whole);
    const page = await report({ ...content, command: `experiment ${name}` });
    return saving.attempt('page', () => writeWhole(join(folder, 'report.html'), page));
  };
  try {
    const screen = json || quiet ? undefined : terminal.screen;
    const tell = (failure: Failure): void => terminal.tell(failureText(failure));
    const saved = seldom(async (outcome: Outcome<R>) => void (await save(found(outcome))));
    const outcome = await carriedOut(work, { ...terminal, screen }, tell, saved);
    supervisor?.acknowledge();
    const last = found(outcome);
    // Print before writing: the disk may be full.
    if (json) terminal.print(linesOf(toJson(last.whole)));
    else conclude(last, outcome.results.length, terminal);
    const isSaved = await save(last);
    if (isSaved && !json) {
      const page = pathToFileURL(join(folder, 'report.html')).href;
      terminal.print(`Took ${duration(last.whole.seconds)}. Report: ${page}`);
    }
    if (!outcome.isWhole) return exitCodeOf(interrupted);
    return saving.hasFailed || last.failures.length > 0 ? 1 : 0;
  } finally {
    release();
  }
}

/** The findings so far, in the forms in which they are shown and saved. */
interface Found {
  readonly findings: Findings | undefined;
  readonly around: Circumstances;
  readonly failures: readonly Failure[];
  readonly whole: { readonly seconds: number };
}

function conclude({ findings, around, failures }: Found, trained: number, terminal: Terminal): void {
  if (around.interrupted) terminal.print(`Interrupted after ${count(trained, 'finished training')}.`);
  for (const table of findings?.tables ?? []) terminal.print(linesOf(inTerminal(narrowed(table))));
  if (findings?.reading) terminal.print(linesOf(findings.reading));
  for (const failure of failures) terminal.print(failureText(failure));
  for (const remark of findings?.remarks ?? []) terminal.print(remark);
}

function reportOf(
  title: string,
  summary: string,
  { sections, names, baseline, remarks }: Findings,
  { created, versions, interrupted }: Circumstances,
  settings: Readonly<Record<string, unknown>>,
  results: unknown,
): Omit<Report, 'command'> {
  const named = Object.entries(settings).map(([key, value]) => [words(key), value] as const);
  const definitions = { ...Object.fromEntries(named), ...versions, created };
  const stopped = interrupted ? ['Interrupted: only finished trainings are shown.'] : [];
  return {
    title,
    summary,
    warnings: [...stopped, ...remarks],
    names,
    baseline,
    results,
    sections: [...sections, { id: 'configuration', title: 'Configuration', definitions }],
  };
}
