import type { Command } from 'commander';
import type { Terminal } from '../terminal.js';
import { declareExperiment } from './declare.js';
import { language } from './language/language.js';
import { ood } from './ood/ood.js';
import { vision } from './vision/vision.js';

/** Gives a program the command experiment, with a subcommand for each there is. */
export function declareExperiments(
  program: Command,
  terminal: Terminal,
  ended: (code: number) => void,
): void {
  const command = program
    .command('experiment')
    .description('Train what the norms are used in, and show what they do to it.');
  declareExperiment(command, language, terminal, ended);
  declareExperiment(command, vision, terminal, ended);
  declareExperiment(command, ood, terminal, ended);
}
