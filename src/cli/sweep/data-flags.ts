import { type Command, Option as Flag } from 'commander';
import { NormtapeError } from '../../error.js';
import type { Source } from './source.js';

/** The flags for data. */
export interface DataFlags {
  readonly data?: string;
  readonly testData?: string;
  readonly label?: string;
  readonly task?: 'classes' | 'numbers';
  readonly header?: 'yes' | 'no' | 'auto';
  readonly delimiter?: string;
  readonly decimal?: string;
  readonly quote?: string;
  readonly missing?: 'refuse' | 'drop' | 'mean';
  readonly text?: 'refuse' | 'oneHot';
  readonly ignore?: string;
  readonly idxSplit?: string;
  readonly standardize?: boolean;
}

/** Adds the flags that choose the data and how they are read. */
export const declareData = (command: Command): Command =>
  command
    .option(
      '--data <source>',
      'digits, spirals, moons, a .csv file, or a folder of IDX files (default: digits)',
    )
    .option('--test-data <file>', 'a CSV file of test samples, read with the same settings as --data')
    .option(
      '--label <column>',
      'the label column of a CSV file: its name or its position, 0 the first, -1 the last (default: guessed)',
    )
    .addOption(
      new Flag('--task <task>', 'what to predict (default: classes)').choices(['classes', 'numbers']),
    )
    .addOption(
      new Flag('--header <when>', 'whether the first line is a header row (default: guessed)').choices([
        'yes',
        'no',
        'auto',
      ]),
    )
    .option(
      '--delimiter <text>',
      'the delimiter between cells: a character, or the word tab or space (default: guessed)',
    )
    .addOption(
      new Flag('--decimal <mark>', 'the decimal separator (default: guessed)').choices(['.', ',', 'auto']),
    )
    .option('--quote <mark>', 'the quote character around cells; empty for none (default: ")')
    .addOption(
      new Flag('--missing <what>', 'how to treat missing values (default: refuse)').choices([
        'refuse',
        'drop',
        'mean',
      ]),
    )
    .addOption(
      new Flag('--text <what>', 'how to treat text columns (default: refuse)').choices(['refuse', 'oneHot']),
    )
    .option('--ignore <columns>', 'columns to leave out, by name or position, separated by commas')
    .option(
      '--idx-split <name>',
      'the split to use in a folder of IDX files with several, such as "balanced" of EMNIST',
    )
    .option('--standardize', 'standardize features to mean 0 and deviation 1 (default for CSV files)')
    .option('--no-standardize', 'leave features as they are');

/** The data settings in the flags. */
export function sourceOf(flags: DataFlags): Omit<Source, 'testShare' | 'seed'> {
  const { data = 'digits', testData, idxSplit, standardize, ignore, header, decimal } = flags;
  const { label, task, delimiter, quote, missing, text } = flags;
  if (ignore === '') throw new NormtapeError({ where: '--ignore', expected: 'columns', received: ignore });
  const given = {
    label,
    task,
    delimiter,
    quote,
    missing,
    text,
    decimal: decimal as '.' | ',' | 'auto' | undefined,
    ignore: ignore?.split(',').map((column) => column.trim()),
    header: header === undefined || header === 'auto' ? header : header === 'yes',
  };
  const stated = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
  return { data, testData, idxSplit, standardize, csv: stated };
}
