import type { Command } from 'commander';
import type { Options } from '../../option/index.js';
import { declareFlags } from '../flags.js';
import type { Terminal } from '../terminal.js';
import { type ExperimentFlags, experimentCommand } from './command.js';
import type { Experiment } from './experiment.js';

/** Adds the subcommand of one experiment to a command. */
export function declareExperiment<O extends Options, R>(
  parent: Command,
  experiment: Experiment<O, R>,
  terminal: Terminal,
  ended: (code: number) => void,
): void {
  const { name, about, norms, settings, full } = experiment;
  const larger = Object.entries(full).map(([setting, value]) => `${setting} ${String(value)}`);
  const command = parent
    .command(name)
    .description(about)
    .option('--norms <names>', norms)
    .option('--full', `run longer, for reliable numbers: ${larger.join(', ')}`)
    .option('--name <name>', 'the name of the run (default: the experiment and the time)')
    .option('--out <folder>', 'the folder in which the run creates its own folder', 'runs')
    .option('--json', 'print the results as JSON, and nothing else')
    .option('--quiet', 'print no progress');
  experiment.declare?.(command);
  declareFlags(command, settings);
  command.action(async (flags: ExperimentFlags) =>
    ended(await experimentCommand(experiment, flags, terminal)),
  );
}
