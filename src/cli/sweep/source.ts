import { existsSync, statSync } from 'node:fs';
import { finite, flat } from '../../array/index.js';
import type { Tensor } from '../../autograd/tape.js';
import { coarseColumns } from '../../data/coarse.js';
import { csvDataset } from '../../data/csv.js';
import type { Speak } from '../../data/csv/records.js';
import {
  type AnyDataset,
  type CsvDataset,
  type CsvNote,
  type CsvOptions,
  type CsvRegressionDataset,
  type Dataset,
  type Scaling,
  type Split,
  digits,
  flatten,
  isRegression,
  moons,
  spirals,
  split,
  standardize,
} from '../../data/index.js';
import { NormtapeError, suggest } from '../../error.js';
import { snakeCase } from '../../option/index.js';
import { attempt } from '../files.js';
import { fromPieces } from '../pieces.js';
import type { Terminal } from '../terminal.js';
import { idxFolder } from './idx-folder.js';

/** The source of the samples, and how to read it. */
export interface Source {
  readonly data: string;
  /** A CSV file of test samples; without one, a part of the data is split off. */
  readonly testData?: string | undefined;
  /** The options for CSV files. */
  readonly csv?: CsvOptions | undefined;
  /** The split to use in a folder of IDX files with several, such as "balanced". */
  readonly idxSplit?: string | undefined;
  /** Whether to standardize; by default only CSV files, whose columns may be on any scale. */
  readonly standardize?: boolean | undefined;
  readonly testShare: number;
  /** The seed of the shuffle before the split; without one, the last samples are for testing. */
  readonly seed?: number | undefined;
}

/** Training and test samples, and notes on guesses and changes. */
interface Loaded<D extends AnyDataset = AnyDataset> extends Split<D> {
  /** Sentences for the user. */
  readonly notes: readonly string[];
  /** Converts predictions back to the units of the file; undefined for classes. */
  readonly targets?: Scaling | undefined;
}

/** The stream for a progress bar while a large file is read. */
type Screen = Pick<Terminal, 'screen'>;
const NO_SCREEN: Screen = { screen: undefined };

interface Halves extends Split<AnyDataset> {
  /** Whether they come from a table, whose columns may be on any scale. */
  readonly tabular: boolean;
  readonly notes: readonly string[];
}

const BUILT_IN: Readonly<Record<string, (seed: number | undefined) => Dataset>> = {
  digits: () => digits(),
  spirals: (seed = 1) => spirals({ seed }),
  moons: (seed = 1) => moons({ seed }),
};

/**
 * Training and test samples as matrices in float32, standardized if requested or if they come from a table. Targets are
 * always standardized. A name that ships with the package wins over a file.
 */
export function load(source: Source, screen: Screen = NO_SCREEN): Loaded {
  const { train, test, tabular, notes } = halvesOf(source, screen);
  const rows = { train: flatten(train), test: flatten(test) };
  const isScaled = source.standardize ?? tabular;
  const scaled = isScaled || isRegression(train) ? standardize(rows) : undefined;
  if (isScaled && scaled) return { ...scaled, notes: [...notes, ...constants(rows.train)] };
  const narrow = (half: 'train' | 'test'): AnyDataset => ({
    ...(scaled ?? rows)[half],
    features: inFloat32(rows[half]),
  });
  const { targets } = scaled ?? {};
  return { train: narrow('train'), test: narrow('test'), targets, notes: [...notes, ...coarse(rows.train)] };
}

/** Training and test samples of classes in float32, in the shapes of the files. */
export function classHalvesOf(source: Source, screen: Screen = NO_SCREEN): Split {
  const { train, test } = halvesOf(source, screen);
  if (isRegression(train) || isRegression(test)) {
    throw new NormtapeError({ where: '--task', expected: 'classes', received: 'numbers' });
  }
  return { train: { ...train, features: inFloat32(train) }, test: { ...test, features: inFloat32(test) } };
}

function halvesOf(source: Source, screen: Screen): Halves {
  const { data, testData, csv = {}, idxSplit, testShare, seed } = source;
  const builtIn = Object.hasOwn(BUILT_IN, data) ? BUILT_IN[data] : undefined;
  const halves = <D extends AnyDataset>(whole: D): Split<D> =>
    split(whole, { testShare, ...(seed !== undefined && { seed }) });
  const kind = builtIn ? 'built in' : kindOf(data);
  demandUsed(source, kind);
  if (builtIn) return { ...halves(builtIn(seed)), tabular: false, notes: [] };
  if (kind === 'folder') {
    const { train, test } = idxFolder(data, idxSplit);
    return { ...(test ? { train, test } : halves(train)), tabular: false, notes: [] };
  }
  const train = tableOf(data, csv, screen);
  const notes = train.notes.map(said);
  if (testData === undefined) return { ...halves(train), tabular: true, notes };
  kindOf(testData, '--test-data');
  // Guesses are those of the training file; rows left out and values filled in are reported for this file too.
  const test = tableOf(testData, { ...csv, label: undefined, ignore: undefined, like: train }, screen);
  const more = test.notes.filter(({ guessed }) => !guessed).map((note) => `${testData}: ${said(note)}`);
  return { train, test, tabular: true, notes: [...notes, ...more] };
}

function tableOf(path: string, csv: CsvOptions, screen: Screen): CsvDataset | CsvRegressionDataset {
  return fromPieces(path, screen, (content) => csvDataset(content, { ...csv, name: path }, inCommand));
}

/** An option as typed on the command line. */
const inCommand: Speak = (option, value) => {
  const flag = `--${snakeCase(option).replaceAll('_', '-')}`;
  if (value === undefined) return flag;
  return `${flag} ${/^[\w.-]+$/.test(value) ? value : JSON.stringify(value)}`;
};

/** A note of the reader as a line: "label: the last column, "kind" (guessed; --label chooses)". */
const said = ({ option, text, guessed }: CsvNote): string =>
  `${option}: ${text}${guessed ? ` (guessed${option === 'encoding' ? '' : `; ${inCommand(option)} chooses`})` : ''}`;

function kindOf(path: string, flag = '--data'): 'folder' | 'file' {
  if (!existsSync(path)) {
    const names = flag === '--data' ? Object.keys(BUILT_IN) : [];
    throw new NormtapeError({
      where: flag,
      expected: names.length ? `${names.join(', ')}, a .csv file or a folder of IDX files` : 'a .csv file',
      received: path,
      hint: suggest(path, names) ?? 'No such file exists.',
    });
  }
  return attempt(path, 'a path that can be read', () => statSync(path)).isDirectory() ? 'folder' : 'file';
}

/** Throws if a flag was given that has no effect on data of this kind. */
function demandUsed({ csv = {}, testData, idxSplit }: Source, kind: 'built in' | 'folder' | 'file'): void {
  const tabular = { ...csv, testData };
  const unused = [
    ...(kind === 'file' ? [] : Object.entries(tabular)),
    ...(kind === 'folder' ? [] : [['idxSplit', idxSplit] as const]),
  ].find(([, value]) => value !== undefined);
  if (!unused) return;
  const expected = unused[0] === 'idxSplit' ? '--data with a folder of IDX files' : '--data with a CSV file';
  throw new NormtapeError({
    where: inCommand(unused[0]),
    expected,
    received: kind === 'file' ? 'a file' : kind,
  });
}

function inFloat32({ name, features }: AnyDataset): Tensor {
  const narrow = features.cast('float32');
  if (finite(narrow.value) || !finite(features.value)) return narrow;
  const expected = 'features that float32 can hold';
  throw new NormtapeError({
    where: name,
    expected,
    received: 'features beyond the largest number of float32',
    hint: '--standardize scales them.',
  });
}

function coarse(train: AnyDataset): readonly string[] {
  const names = coarseColumns(train.features).map((column) => titleOf(train, column));
  return names.length === 0
    ? []
    : [`--no-standardize: float32 is too coarse for ${listed(names)}; --standardize keeps the differences`];
}

function constants(train: AnyDataset): readonly string[] {
  const data = flat(train.features.value);
  const names = (train.columns ?? []).filter((_, column, { length }) => {
    for (let i = column; i < data.length; i += length) if (data[i] !== data[column]) return false;
    return true;
  });
  return names.length === 0 ? [] : [`${listed(names)}: the same in all training samples, and so useless`];
}

const titleOf = ({ columns }: AnyDataset, column: number): string =>
  columns?.[column] ?? `column ${column + 1}`;

const listed = (names: readonly string[]): string =>
  names.length > 5 ? `${names.slice(0, 5).join(', ')} and ${names.length - 5} more` : names.join(', ');
