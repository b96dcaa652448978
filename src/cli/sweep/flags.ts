import type { Command } from 'commander';
import { Option as Flag } from 'commander';
import { declareFlags, parseNumber } from '../flags.js';
import { type DataFlags, declareData } from './data-flags.js';
import { SETTINGS, type Settings } from './settings.js';

/** The flags of the command line; settings that were not given are undefined. */
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

/** The flags that say where and how results are shown, and nothing of what is done. */
const SHOWING: readonly string[] = ['out', 'name', 'resume', 'json', 'csv', 'quiet'];

/** The flags that decide what is done: those that a resumed run takes up. */
export const doing = (flags: SweepFlags): Partial<SweepFlags> =>
  Object.fromEntries(Object.entries(flags).filter(([flag]) => !SHOWING.includes(flag)));

/** Gives the command its flags. */
export function declareSweep(command: Command): Command {
  declareData(command)
    .description('Train one network with each normalization, and tell which differ from none.')
    .option(
      '--norms <types>',
      'types, and files of norms of your own, with commas between them; none for no normalization (default: all that keep shapes, and none)',
    )
    .option('--config <file>', 'a JSON dictionary of named configurations to train with, besides none')
    .option('--baseline <norm>', 'what the others are compared with (default: none, or else the first)')
    .addOption(
      new Flag('--learning-rate <number>', 'one rate for all, without a choice').argParser(parseNumber),
    )
    .addOption(
      new Flag(
        '--momentum <number>',
        'of running statistics (default: 0.9, or less in runs of fewer than 44 steps)',
      ).argParser(parseNumber),
    )
    .option('--name <name>', 'what the run is called (default: the data and the time)')
    .option('--out <folder>', 'where the folder of the run is made', 'runs')
    .option('--resume <run>', 'go on with a run that was interrupted, or add --seeds to one')
    .option('--json', 'print the results as JSON, and nothing else')
    .option('--csv', 'print all epochs of all runs as CSV, and nothing else')
    .option('--quiet', 'print no progress');
  declareFlags(command, SETTINGS);
  return command;
}
