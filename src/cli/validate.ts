import { NormtapeError } from '../error.js';
import { checkConfigurations } from './configurations.js';
import { readJson } from './files.js';
import { knownWith } from './norms/known.js';
import { ownNorms, splitNames } from './norms/named.js';
import type { Terminal } from './terminal.js';
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
  { norms = '', json }: ValidateFlags,
  terminal: Terminal,
): Promise<number> {
  const known = knownWith(await ownNorms(splitNames(norms)));
  const { configurations, mistakes } = checkConfigurations(file, readJson(file), known);
  if (json) {
    terminal.print(JSON.stringify({ file, valid: mistakes.length === 0, mistakes }, undefined, 2));
  } else if (mistakes.length === 0) {
    terminal.print(`${file}: ${count(Object.keys(configurations).length, 'configuration')}, no mistakes.`);
  } else {
    for (const mistake of mistakes) terminal.print(new NormtapeError(mistake).message);
    terminal.print(`${count(mistakes.length, 'mistake')}.`);
  }
  return mistakes.length === 0 ? 0 : 1;
}
