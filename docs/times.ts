import { readFileSync } from 'node:fs';
import { builtInTypes } from '../src/norms/built-in.js';

/** The time of each type, forward and backward, relative to that of layer_norm, as docs/benchmarks.md has it. */
export function relativeTimes(): ReadonlyMap<string, string> {
  const rows = readFileSync('docs/benchmarks.md', 'utf8').matchAll(
    /^\| \d+\. `(\w+)` .*\| +\**([\d.]+)\** \| +\d+ \|$/gm,
  );
  return new Map([...rows].map(([, type, time]) => [type!, time!]));
}

/** A configuration `{ type: 'layer_norm' … }`, and the remark or the cell after it that states its time. */
const TIMED = new RegExp(
  `(type: '(${builtInTypes.join('|')})'[^\\n]*\\}(?:,[^\\n]*?// time |\` +\\| +))[\\d.]+`,
  'g',
);

/** A page or an example with the times beside its configurations brought up to date. */
export function withTimes(text: string): string {
  const times = relativeTimes();
  return text.replace(TIMED, (_, before: string, type: string) => `${before}${times.get(type)}`);
}
