import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { NormtapeError } from '../../error.js';
import { isPlainObject } from '../../option/index.js';
import { readJson } from '../read-json.js';
import { toJson } from '../json.js';
import { inTerminal } from '../report/table.js';
import type { Results } from '../sweep/results.js';
import { narrow } from '../sweep/table.js';
import type { TaskName } from '../sweep/task.js';
import { type Terminal, linesOf } from '../terminal.js';
import { type Compared, comparisonOf } from './comparison.js';
import { tableOf } from './table.js';

/** The flags of `normtape compare`. */
export interface CompareFlags {
  readonly out: string;
  readonly json?: boolean;
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
    terminal.print('The runs used different data, so pairing them by seed means little.');
  }
  terminal.print(linesOf(inTerminal(narrow(tableOf(normalizations, task)))));
  terminal.print(readingOf(normalizations, task));
  for (const { variant, reason } of notCompared) terminal.print(`Not compared: ${variant}, ${reason}.`);
  return 0;
}

function readingOf(normalizations: readonly Compared[], task: TaskName): string {
  const pairs = Math.max(...normalizations.map(({ difference }) => difference.pairs));
  if (pairs < 2) return 'One common seed cannot tell a difference from chance: there are no verdicts.';
  return (
    `${task === 'numbers' ? 'R²' : 'Accuracy in %'}; ` +
    "± is the 95 % interval of the mean over the seeds (Student's t), of B − A over the common seeds. " +
    'Better and worse are significant at 5 %, all rows together (paired t tests, Holm); tied cannot be told apart.'
  );
}

/** The results of a sweep, given its folder, or its name under the folder of all runs. */
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
