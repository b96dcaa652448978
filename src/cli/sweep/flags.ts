import type { Command } from 'commander';
import { Option as Flag } from 'commander';
import { declareFlags, parseNumber } from '../flags.js';
import { type DataFlags, declareData } from './data-flags.js';
import { SETTINGS, type Settings } from './settings.js';

/** The flags of `normtape sweep`; settings that were not given are undefined. */
export type SweepFlags = DataFlags & { readonly [K in keyof Settings]?: Settings[K] } & {
  readonly norms?: string;
  readonly config?: string;
  readonly baseline?: string;
  readonly learningRate?: number;
  readonly momentum?: number;
  readonly out: string;
  readonly name?: string;
  readonly resume?: string;
  readonly json?: boolean;
  readonly csv?: boolean;
  readonly quiet?: boolean;
};

/** The flags that only say where and how results are shown. */
const SHOWING: readonly string[] = ['out', 'name', 'resume', 'json', 'csv', 'quiet'];

/** The flags that decide the results, which a resumed run takes over. */
export const doing = (flags: SweepFlags): Partial<SweepFlags> =>
  Object.fromEntries(Object.entries(flags).filter(([flag]) => !SHOWING.includes(flag)));

/** Adds the flags of the sweep to a command. */
export function declareSweep(command: Command): Command {
  declareData(command)
    .description('Train one network with each normalization, and test which differ from none.')
    .option(
      '--norms <types>',
      'types, and files with your own norms, separated by commas; none trains without normalization, all stands for none and every norm that keeps the shape of its input (default: none and 12 common norms)',
    )
    .option('--config <file>', 'a JSON file with named configurations to train with, besides none')
    .option('--baseline <norm>', 'the norm that others are compared with (default: none, or else the first)')
    .addOption(
      new Flag('--learning-rate <number>', 'one learning rate for all norms, without tuning').argParser(
        parseNumber,
      ),
    )
    .addOption(
      new Flag(
        '--momentum <number>',
        'the momentum of running statistics (default: 0.9, or less in runs of fewer than 44 steps)',
      ).argParser(parseNumber),
    )
    .option('--name <name>', 'the name of the run (default: the data and the time)')
    .option('--out <folder>', 'the folder in which the run creates its own folder', 'runs')
    .option('--resume <run>', 'continue an interrupted run, or add --seeds to one')
    .option('--json', 'print the results as JSON, and nothing else')
    .option('--csv', 'print all epochs of all runs as CSV, and nothing else')
    .option('--quiet', 'print no progress');
  declareFlags(command, SETTINGS);
  return command;
}
