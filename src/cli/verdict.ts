import { NormtapeError, type Report } from '../error.js';
import { shown } from '../shown.js';
import { type Checked, MOST_MISTAKES, checking } from './configurations.js';
import type { Known } from './norms/known.js';
import type { Parsed } from '../json.js';
import { type Terminal, linesOf } from './terminal.js';
import type { Work } from './turns.js';
import { count } from './words.js';

/** The configurations of a file and the mistakes in them, including repeated keys. */
export function* judging(file: string, { value, repeated }: Parsed, known: Known): Work<Checked> {
  const { configurations, mistakes } = yield* checking(file, value, known);
  return { configurations, mistakes: [...repeated, ...mistakes].slice(0, MOST_MISTAKES) };
}

/** The number of mistakes that are printed at once. */
const STRIDE = 100;

type Printing = Work<true>;

/** Prints the mistakes as text. */
export function* printingText(
  file: string,
  { configurations, mistakes }: Checked,
  terminal: Terminal,
): Printing {
  const { length } = mistakes;
  for (let i = 0; i < length; i += STRIDE) {
    yield i / length;
    terminal.print(mistakes.slice(i, i + STRIDE).map((mistake) => new NormtapeError(mistake).message));
  }
  if (length === 0) {
    terminal.print(`${file}: ${count(Object.keys(configurations).length, 'configuration')}, no mistakes.`);
  } else
    terminal.print(`${count(length, 'mistake')}${isStopped(mistakes) ? ': the check stopped there' : ''}.`);
  return true;
}

/** Prints the mistakes as JSON. */
export function* printingJson(file: string, { mistakes }: Checked, terminal: Terminal): Printing {
  const { length } = mistakes;
  const valid = length === 0;
  const whole = { file, valid, ...(isStopped(mistakes) && { stopped: true }), mistakes: [] };
  const [head, tail] = JSON.stringify(whole, undefined, 2).split(/(?<=\[)(?=\])/) as [string, string];
  terminal.print(linesOf(valid ? `${head}${tail}` : head));
  for (let i = 0; i < length; i += STRIDE) {
    yield i / length;
    const items = mistakes.slice(i, i + STRIDE).map(forMachines);
    // A list within a list, without its brackets, for the right indentation.
    const [, , ...lines] = JSON.stringify([items], undefined, 2).split('\n').slice(0, -2);
    terminal.print(i + STRIDE < length ? [...lines.slice(0, -1), `${lines.at(-1)},`] : lines);
  }
  if (!valid) terminal.print(linesOf(`  ${tail}`));
  return true;
}

const isStopped = (mistakes: Checked['mistakes']): boolean => mistakes.length === MOST_MISTAKES;

/** Longer values are cut in JSON too. */
const LONGEST = 1000;

function forMachines({ received, ...rest }: Report): Report {
  const { text, isCut } = shown(received, LONGEST);
  // JSON cannot state Infinity, which a file may contain as 1e999.
  return { ...rest, received: isCut || !isFinal(received) ? text : received };
}

const isFinal = (received: unknown): boolean => typeof received !== 'number' || Number.isFinite(received);
