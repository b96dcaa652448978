import { exitCodeOf } from './interruption.js';
import { knownWith } from './norms/known.js';
import { ownNorms, splitNames } from './norms/named.js';
import { patientBar } from './progress.js';
import { readingJson } from './read-json.js';
import type { Terminal } from './terminal.js';
import { type Work, inTurns } from './turns.js';
import { judging, printingJson, printingText } from './verdict.js';

/** The flags of `normtape validate`. */
export interface ValidateFlags {
  /** Script files that export your own norms, separated by commas. */
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
    terminal.tell('Interrupted: mistakes are printed only after the whole file is checked.');
    return exitCodeOf(terminal.interrupted);
  }
  const printing = (json ? printingJson : printingText)(file, checked, terminal);
  if (!(await inTurns(printing, terminal.interrupted))) return exitCodeOf(terminal.interrupted);
  return checked.mistakes.length === 0 ? 0 : 1;
}
