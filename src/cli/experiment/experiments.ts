import type { Command } from 'commander';
import type { Terminal } from '../terminal.js';
import { declareExperiment } from './declare.js';
import { language } from './language/language.js';
import { ood } from './ood/ood.js';
import { vision } from './vision/vision.js';

/** Adds the command `experiment` to the program, with one subcommand per experiment. */
export function declareExperiments(
  program: Command,
  terminal: Terminal,
  ended: (code: number) => void,
): void {
  const command = program
    .command('experiment')
    .description('Train models that use the norms, and show how the norms change them.');
  declareExperiment(command, language, terminal, ended);
  declareExperiment(command, vision, terminal, ended);
  declareExperiment(command, ood, terminal, ended);
}
