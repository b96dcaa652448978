import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Results } from '../../src/cli/sweep/results.js';

/** The incomplete files below a folder, and left-over drafts and locks; empty if all is well. */
export function wrongIn(folder: string, { isEnded = true } = {}): readonly string[] {
  if (!existsSync(folder)) return [];
  const files = readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => join(parentPath, name));
  return files.flatMap((path) => {
    if (path.endsWith('.part') || path.endsWith('running.pid')) return isEnded ? [`${path} is left`] : [];
    const text = readFileSync(path, 'utf8');
    return isWhole(path, text, isEnded) ? [] : [`${path} is not whole: …${text.slice(-40)}`];
  });
}

function isWhole(path: string, text: string, isEnded: boolean): boolean {
  if (path.endsWith('.json')) return parses(text);
  if (path.endsWith('.html')) return text.endsWith('</html>\n');
  // The last line may be incomplete until the sweep is resumed.
  const lines = text.split('\n');
  if (path.endsWith('.jsonl')) return (!isEnded || lines.at(-1) === '') && lines.slice(0, -1).every(parses);
  if (path.endsWith('.csv'))
    return new Set(lines.slice(0, -1).map((line) => line.split(',').length)).size === 1;
  return true;
}

function parses(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

/** The finished trainings in the record of a sweep, as text. */
export const keptIn = (folder: string): readonly string[] => {
  const path = join(folder, 'trainings.jsonl');
  return existsSync(path) ? readFileSync(path, 'utf8').split('\n').slice(1, -1) : [];
};

/** The results that must be the same to the bit in two runs: all but the times of steps. */
export function numbersIn(folder: string): string {
  const results = JSON.parse(readFileSync(join(folder, 'results.json'), 'utf8')) as Results;
  const { runs, tunings, settings, variants, same, failures, ranking, interrupted } = results;
  const untimed = ranking.map((rank) => ({ ...rank, time: null }));
  return JSON.stringify({ runs, tunings, settings, variants, same, failures, untimed, interrupted });
}
