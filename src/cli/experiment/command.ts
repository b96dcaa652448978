import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { type Given, type Options, type Values, resolve } from '../../option/index.js';
import { type Circumstances, circumstances, moment } from '../circumstances.js';
import { makeFolder, writeWhole } from '../files.js';
import { toJson } from '../json.js';
import { ownNorms, splitNames, typesOf } from '../norms/named.js';
import { bar } from '../progress.js';
import { type Report, report } from '../report/document.js';
import { words } from '../report/markup.js';
import { inTerminal } from '../report/table.js';
import { type Terminal, linesOf } from '../terminal.js';
import { count, duration } from '../words.js';
import type { Experiment, Findings, Trial, Work } from './experiment.js';
import { narrowed } from './narrow.js';

/** What may be said of every experiment, beside its settings. */
export interface ExperimentFlags {
  readonly norms?: string;
  readonly full?: boolean;
  readonly out: string;
  readonly name?: string;
  readonly json?: boolean;
  readonly quiet?: boolean;
}

/** How long an experiment works before it looks whether somebody wants it to stop. */
const PATIENCE = 20;

/** Carries an experiment out, prints what it found and writes the report; returns the exit code. */
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
  const folder = join(out, title ?? `${name}-${moment()}`);
  makeFolder(folder);
  if (!json) terminal.print(work.summary);

  const started = performance.now();
  const results = await carriedOut(work, json || quiet ? { ...terminal, screen: undefined } : terminal);
  const seconds = (performance.now() - started) / 1000;
  const around = circumstances(terminal.interrupted.aborted);
  const findings = results.length > 0 ? work.conclude(results) : undefined;
  const whole = { experiment: name, ...around, seconds, full, settings, ...findings?.data };
  const page = join(folder, 'report.html');
  if (findings) {
    writeWhole(join(folder, 'results.json'), `${toJson(whole)}\n`);
    const content = reportOf(title ?? `Experiment: ${name}`, work.summary, findings, around, settings, whole);
    writeWhole(page, await report({ ...content, command: `experiment ${name}` }));
  }
  if (json) terminal.print(linesOf(toJson(whole)));
  else {
    if (around.interrupted)
      terminal.print(`Interrupted after ${count(results.length, 'finished training')}.`);
    for (const table of findings?.tables ?? []) terminal.print(linesOf(inTerminal(narrowed(table))));
    if (findings?.reading) terminal.print(linesOf(findings.reading));
    for (const remark of findings?.remarks ?? []) terminal.print(remark);
    if (findings) terminal.print(`Took ${duration(seconds)}. Report: ${pathToFileURL(page).href}`);
  }
  return around.interrupted ? 130 : 0;
}

/** The results of the trials, one after the other; when interrupted, of those that came to their end. */
async function carriedOut<R>({ tuning = [], trials }: Work<R>, terminal: Terminal): Promise<readonly R[]> {
  const results: R[] = [];
  const counted = trials.map(({ run, ...trial }) => ({
    ...trial,
    *run() {
      results.push(yield* run());
    },
  }));
  const all: readonly Trial<void>[] = [...tuning, ...counted];
  const weights = all.map(({ weight = 1 }) => weight);
  const watcher = bar(all.length, terminal, weights);
  let looked = performance.now();
  try {
    for (const trial of all) {
      watcher.start(trial.name);
      const steps = trial.run();
      let next = steps.next();
      while (!next.done) {
        watcher.step(next.value.share, next.value.note);
        if (performance.now() - looked > PATIENCE) {
          await setImmediate();
          looked = performance.now();
        }
        if (terminal.interrupted.aborted) return results;
        next = steps.next();
      }
    }
  } finally {
    watcher.stop();
  }
  return results;
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
  const stopped = interrupted
    ? ['Interrupted: only the trainings that had come to their end are shown.']
    : [];
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
