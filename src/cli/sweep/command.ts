import { basename, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { resolve } from '../../option/index.js';
import { circumstances, moment } from '../circumstances.js';
import { makeFolder, writeWhole } from '../files.js';
import { toJson } from '../json.js';
import { type OwnNorms, ownNorms, splitNames } from '../norms/named.js';
import { report } from '../report/document.js';
import { inTerminal } from '../report/table.js';
import type { Terminal } from '../terminal.js';
import { count } from '../words.js';
import { type Plan, variantsOf } from './plan.js';
import { SILENT, bar } from './progress.js';
import { reportOf } from './report.js';
import { type Results, factsOf, resultsOf, summary } from './results.js';
import { SETTINGS, type Settings } from './settings.js';
import { load } from './source.js';
import { sweep } from './sweep.js';
import { rankingTable } from './table.js';

/** What may be said on the command line; settings that were not are undefined. */
export type SweepFlags = { readonly [K in keyof Settings]?: Settings[K] } & {
  readonly data: string;
  readonly out: string;
  readonly norms?: string;
  readonly config?: string;
  readonly label?: string;
  readonly standardize?: boolean;
  readonly name?: string;
  readonly json?: boolean;
  readonly quiet?: boolean;
};

/** Trains, prints the ranking and writes the report; returns the exit code. */
export async function sweepCommand(flags: SweepFlags, terminal: Terminal): Promise<number> {
  const { json = false, quiet = false, out } = flags;
  const plan = planOf(flags, await ownNorms(splitNames(flags.norms ?? '')));
  const folder = join(out, plan.name);
  makeFolder(folder);
  if (!json) terminal.print(summary(factsOf(plan)));

  const watcher = json || quiet ? SILENT : bar(plan, terminal);
  const runs = await sweep(plan, watcher, terminal.interrupted).finally(() => watcher.stop());
  const interrupted = terminal.interrupted.aborted;
  const results = resultsOf(plan, runs, circumstances(interrupted));
  const page = join(folder, 'report.html');
  if (runs.length > 0) {
    writeWhole(join(folder, 'results.json'), `${toJson(results)}\n`);
    writeWhole(page, await report(reportOf(results)));
  }
  if (json) terminal.print(toJson(results));
  else conclude(results, page, terminal);
  return interrupted ? 130 : 0;
}

/** Reads and checks all there is to read before any work begins. */
function planOf(
  { data, norms, config, label, standardize, name, ...flags }: SweepFlags,
  own: OwnNorms,
): Plan {
  const given = Object.entries(flags).filter(([flag]) => Object.hasOwn(SETTINGS, flag));
  const settings = resolve('sweep', SETTINGS, Object.fromEntries(given));
  const variants = variantsOf(norms, config, own);
  const { testShare, seed } = settings;
  const split = load({ data, label, standardize, testShare, seed });
  const title = name ?? `${basename(data).replace(/\.csv$/i, '')}-${moment()}`;
  return { name: title, source: data, split, variants, settings };
}

function conclude({ ranking, interrupted, runs }: Results, page: string, terminal: Terminal): void {
  if (interrupted) terminal.print(`Interrupted after ${count(runs.length, 'finished run')}.`);
  if (runs.length === 0) return;
  terminal.print(inTerminal(rankingTable(ranking)));
  const diverged = ranking.filter((rank) => rank.diverged > 0);
  if (diverged.length > 0) terminal.print('Accuracy and loss are those of the runs that did not diverge.');
  terminal.print(`Report: ${pathToFileURL(page).href}`);
}
