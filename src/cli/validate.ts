import { NormtapeError } from '../error.js';
import { checkConfigurations } from './configurations.js';
import { readJson } from './files.js';
import type { Terminal } from './terminal.js';
import { count } from './words.js';

/** Prints every mistake of a file of configurations, or that there is none; returns the exit code. */
export function validate(file: string, { json }: { readonly json?: boolean }, terminal: Terminal): number {
  const { configurations, mistakes } = checkConfigurations(file, readJson(file));
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
