import { type Given, type Options, type Values, resolve } from '../../option/index.js';
import { type Circumstances, circumstances, timestamp } from '../circumstances.js';
import { claimRun } from '../claim.js';
import { dropDrafts } from '../drafts.js';
import { failureText } from '../failures.js';
import { ownNorms, splitNames, typesOf } from '../norms/named.js';
import type { Report } from '../report/document.js';
import { words } from '../report/markup.js';
import type { Saving } from '../saving.js';
import { type Terminal, linesOf } from '../terminal.js';
import { type Found, carryOut, save } from './carry-out.js';
import type { Experiment, Findings } from './experiment.js';
import { type Outcome, seldom } from './trials.js';

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
  const planned = experiment.plan({
    settings,
    norms: norms === undefined ? undefined : typesOf(splitNames(norms), own),
    own,
    flags: { ...flags },
    screen: json || quiet ? undefined : terminal.screen,
  });
  dropDrafts(out);
  const { name: free, folder, release } = claimRun(flags, `${name}-${timestamp()}`, terminal);
  terminal.supervisor?.locked(folder);

  const started = performance.now();
  const conclude = ({ results, failures, isWhole }: Outcome<R>): Found => {
    const findings = results.length > 0 ? planned.conclude(results) : undefined;
    const around = circumstances(!isWhole);
    const seconds = (performance.now() - started) / 1000;
    const told = failures.map(failureText);
    const shown = findings
      ? [...findings.tables, ...(findings.reading ? [linesOf(findings.reading)] : [])]
      : [];
    return {
      trainings: results.length,
      results: { experiment: name, ...around, seconds, full, settings, failures, ...findings?.data },
      shown: [...shown, ...told, ...(findings?.remarks ?? [])],
      page: findings && {
        title: title === undefined ? `Experiment: ${name}` : free,
        command: `experiment ${name}`,
        summary: planned.summary,
        ...contentOf({ ...findings, remarks: [...told, ...findings.remarks] }, around, settings),
      },
      seconds,
    };
  };
  // A folder that holds results is never taken over by another run.
  const job = { trials: planned, folder, announced: [planned.summary], conclude, saved: release };
  const keep = seldom((outcome: Outcome<R>, saving: Saving) => save(conclude(outcome), job, saving));
  try {
    return await carryOut({ ...job, keep }, { json, quiet }, terminal);
  } finally {
    release();
  }
}

/** The part of the page that findings decide. */
function contentOf(
  { sections, names, baseline, remarks }: Findings,
  { created, versions, interrupted }: Circumstances,
  settings: Readonly<Record<string, unknown>>,
): Pick<Report, 'warnings' | 'names' | 'baseline' | 'sections'> {
  const named = Object.entries(settings).map(([key, value]) => [words(key), value] as const);
  const definitions = { ...Object.fromEntries(named), ...versions, created };
  const stopped = interrupted ? ['Interrupted: only finished trainings are shown.'] : [];
  return {
    warnings: [...stopped, ...remarks],
    names,
    baseline,
    sections: [...sections, { id: 'configuration', title: 'Configuration', definitions }],
  };
}
