import { Command, CommanderError } from 'commander';
import { NormtapeError } from '../error.js';
import { declareFlags } from './flags.js';
import { info } from './info.js';
import { type SweepFlags, sweepCommand } from './sweep/command.js';
import { SETTINGS } from './sweep/settings.js';
import type { Terminal } from './terminal.js';
import { validate } from './validate.js';
import { version } from './version.js';

interface Machine {
  readonly json?: boolean;
}

/**
 * Runs the command that the arguments ask for; returns the exit code: 1 for a mistake, 2 for wrong usage, 130
 * after Ctrl-C.
 */
export async function run(args: readonly string[], terminal: Terminal): Promise<number> {
  let code = 0;
  const program = new Command('normtape')
    .description('Normalization layers: train with any of them, read about them, check their configurations.')
    .version(version)
    .exitOverride()
    .configureOutput({
      writeOut: (text) => terminal.print(text.trimEnd()),
      writeErr: (text) => terminal.tell(text.trimEnd()),
    });

  const sweep = program
    .command('sweep')
    .description('Train one network with each normalization, and rank them.')
    .option('--data <source>', 'digits, spirals, moons, a .csv file, or a folder of IDX files', 'digits')
    .option(
      '--norms <types>',
      'types with commas between them, none for no normalization (default: all that keep shapes, and none)',
    )
    .option('--config <file>', 'a JSON dictionary of named configurations to train with, beside none')
    .option('--label <column>', 'the column of a CSV file that holds the class (default: the last)')
    .option('--standardize', 'bring features to mean 0 and deviation 1 (default for CSV files)')
    .option('--no-standardize', 'leave features as they are')
    .option('--name <name>', 'what the run is called (default: the data and the time)')
    .option('--out <folder>', 'where the folder of the run is made', 'runs')
    .option('--json', 'print the results as JSON, and nothing else')
    .option('--quiet', 'print no progress')
    .action(async (flags: SweepFlags) => void (code = await sweepCommand(flags, terminal)));
  declareFlags(sweep, SETTINGS);

  program
    .command('info [type]')
    .description('Tell what norms there are, or everything about one.')
    .option('--json', 'print it as JSON')
    .action((type: string | undefined, flags: Machine) => info(type, flags, terminal));

  program
    .command('validate <file>')
    .description('List every mistake in a JSON file of one configuration, or of a dictionary of named ones.')
    .option('--json', 'print it as JSON')
    .action((file: string, flags: Machine) => void (code = validate(file, flags, terminal)));

  try {
    await program.parseAsync([...args], { from: 'user' });
    return code;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
    if (!(error instanceof NormtapeError)) throw error;
    terminal.tell(error.message);
    return 1;
  }
}
