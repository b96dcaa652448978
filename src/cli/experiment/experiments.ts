import type { Command } from 'commander';
import type { Terminal } from '../terminal.js';

/** Gives a program the command experiment, with a subcommand for each there is. */
export function declareExperiments(
  program: Command,
  _terminal: Terminal,
  _ended: (code: number) => void,
): void {
  program.command('experiment').description('Train what the norms are used in, and show what they do to it.');
}
