import { NormtapeError, type Report } from '../error.js';
import { shown } from '../shown.js';
import { type Checked, MOST_MISTAKES, checking } from './configurations.js';
import { type Known, knownWith } from './norms/known.js';
import { ownNorms, splitNames } from './norms/named.js';
import type { Parsed } from './parse-json.js';
import { patientBar } from './progress.js';
import { readingJson } from './read-json.js';
import { type Terminal, linesOf } from './terminal.js';
import { type Work, inTurns } from './turns.js';
import { count } from './words.js';

/** The flags of the command line. */
export interface ValidateFlags {
  /** Files of norms of one's own, with commas between them. */
  readonly norms?: string;
  readonly json?: boolean;
}

/** Prints every mistake of a file of configurations, or that there is none; returns the exit code. */
export async function validate(
  file: string,
  { norms = '', json = false }: ValidateFlags,
  terminal: Terminal,
): Promise<number> {
  const known = knownWith(await ownNorms(splitNames(norms)));
  const watcher = patientBar(2, json ? { screen: undefined } : terminal);
  const done = async <A>(subject: string, work: Work<A>): Promise<A | undefined> => {
    watcher.start(subject);
    return inTurns(work, terminal.interrupted, (share) => watcher.step(share));
  };
  const checked = await done('reading', readingJson(file))
    .then((parsed) => parsed && done('checking', judging(file, parsed, known)))
    .finally(() => watcher.stop());
  if (!checked) {
    terminal.tell('Interrupted: nothing is said of a file before all of it is checked.');
    return 130;
  }
  const printing = (json ? printingJson : printingText)(file, checked, terminal);
  if (!(await inTurns(printing, terminal.interrupted))) return 130;
  return checked.mistakes.length === 0 ? 0 : 1;
}

/** The configurations of a file and the mistakes in them, with keys that stand twice among them. */
function* judging(file: string, { value, repeated }: Parsed, known: Known): Work<Checked> {
  const { configurations, mistakes } = yield* checking(file, value, known);
  return { configurations, mistakes: [...repeated, ...mistakes].slice(0, MOST_MISTAKES) };
}

/** So many mistakes are printed at once. */
const STRIDE = 100;

type Printing = Work<true>;

function* printingText(file: string, { configurations, mistakes }: Checked, terminal: Terminal): Printing {
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

function* printingJson(file: string, { mistakes }: Checked, terminal: Terminal): Printing {
  const { length } = mistakes;
  const valid = length === 0;
  const whole = { file, valid, ...(isStopped(mistakes) && { stopped: true }), mistakes: [] };
  const [head, tail] = JSON.stringify(whole, undefined, 2).split(/(?<=\[)(?=\])/) as [string, string];
  terminal.print(linesOf(valid ? `${head}${tail}` : head));
  for (let i = 0; i < length; i += STRIDE) {
    yield i / length;
    const items = mistakes.slice(i, i + STRIDE).map(forMachines);
    // A list of them in a list, without the brackets, so that the indentation is right.
    const [, , ...lines] = JSON.stringify([items], undefined, 2).split('\n').slice(0, -2);
    terminal.print(i + STRIDE < length ? [...lines.slice(0, -1), `${lines.at(-1)},`] : lines);
  }
  if (!valid) terminal.print(linesOf(`  ${tail}`));
  return true;
}

const isStopped = (mistakes: Checked['mistakes']): boolean => mistakes.length === MOST_MISTAKES;

/** Of longer values machines are told the beginning, as people are. */
const LONGEST = 1000;

function forMachines({ received, ...rest }: Report): Report {
  const { text, isCut } = shown(received, LONGEST);
  // Infinity, which a file may state as 1e999, has no JSON of its own.
  return { ...rest, received: isCut || !isFinal(received) ? text : received };
}

const isFinal = (received: unknown): boolean => typeof received !== 'number' || Number.isFinite(received);
