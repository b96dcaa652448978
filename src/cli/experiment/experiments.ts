import type { Command } from 'commander';
import type { Terminal } from '../terminal.js';
import * as catalog from './catalog.js';
import { declareExperiment } from './declare.js';
import type { Experiment } from './experiment.js';

/** Adds the command `experiment` to the program, with one subcommand per experiment. */
export function declareExperiments(
  program: Command,
  terminal: Terminal,
  ended: (code: number) => void,
): void {
  const command = program
    .command('experiment')
    .description('Train models that use the norms, and show how the norms change them.');
  const experiments: readonly Experiment[] = Object.values(catalog);
  for (const experiment of experiments) declareExperiment(command, experiment, terminal, ended);
}
