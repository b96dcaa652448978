import { existsSync, readdirSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import {
  type Dataset,
  type Split,
  digits,
  flatten,
  fromIdx,
  moons,
  readCsv,
  spirals,
  split,
  standardize,
} from '../../data/index.js';
import { NormtapeError, suggest } from '../../error.js';
import { attempt, readBytes, readText } from '../files.js';

/** Where the samples come from, and how to read them. */
export interface Source {
  readonly data: string;
  readonly label?: string | undefined;
  /** Left out: CSV files are, since their columns may be on any scale. */
  readonly standardize?: boolean | undefined;
  readonly testShare: number;
  /** Of the shuffle before the split; left out, the last samples are for testing. */
  readonly seed?: number | undefined;
}

const BUILT_IN: Readonly<Record<string, (seed: number | undefined) => Dataset>> = {
  digits: () => digits(),
  spirals: (seed = 1) => spirals({ seed }),
  moons: (seed = 1) => moons({ seed }),
};

/** Training and test samples, as matrices. A name that ships with the package wins over a file. */
export function load(source: Source): Split {
  const { train, test, tabular } = halvesOf(source);
  const flat = { train: flatten(train), test: flatten(test) };
  return (source.standardize ?? tabular) ? standardize(flat) : flat;
}

/** Training and test samples in the shapes that they have in the files, and whether they come of a table. */
export function halvesOf(source: Source): Split & { readonly tabular: boolean } {
  const { data, label, testShare, seed } = source;
  const builtIn = Object.hasOwn(BUILT_IN, data) ? BUILT_IN[data] : undefined;
  const halves = (whole: Dataset): Split => split(whole, { testShare, ...(seed !== undefined && { seed }) });
  if (builtIn) return { ...halves(builtIn(seed)), tabular: false };
  if (!existsSync(data)) {
    const names = Object.keys(BUILT_IN);
    throw new NormtapeError({
      where: '--data',
      expected: `${names.join(', ')}, a .csv file or a folder of IDX files`,
      received: data,
      hint: suggest(data, names) ?? 'There is no such file.',
    });
  }
  if (!attempt(data, 'a path that can be read', () => statSync(data)).isDirectory()) {
    const whole = readCsv(readText(data), { name: data, ...(label !== undefined && { label }) });
    return { ...halves(whole), tabular: true };
  }
  const { train, test } = idxFolder(data);
  return { ...(test ? { train, test } : halves(train)), tabular: false };
}

/**
 * The files of a folder by what their names say: images or labels, for training or (t10k, test) for testing.
 */
function idxFolder(folder: string): { readonly train: Dataset; readonly test: Dataset | undefined } {
  const names = attempt(folder, 'a folder that can be read', () => readdirSync(folder))
    .filter((name) => /idx|ubyte/i.test(name))
    .sort();
  const read = (title: string, files: readonly string[]): Dataset | undefined => {
    const images = files.find((name) => /image/i.test(name));
    const labels = files.find((name) => /label/i.test(name));
    if (images === undefined && labels === undefined) return undefined;
    if (images === undefined || labels === undefined) {
      throw new NormtapeError({
        where: folder,
        expected: `a file of images and one of labels for ${title}`,
        received: files,
      });
    }
    return fromIdx(
      { images: unpacked(join(folder, images)), labels: unpacked(join(folder, labels)) },
      { name: basename(folder) },
    );
  };
  const isTest = (name: string): boolean => /t10k|test/i.test(name);
  const train = read(
    'training',
    names.filter((name) => !isTest(name)),
  );
  const test = read('testing', names.filter(isTest));
  if (!train) {
    const expected = 'IDX files such as train-images-idx3-ubyte and train-labels-idx1-ubyte';
    throw new NormtapeError({ where: folder, expected, received: names });
  }
  return test ? { train: widened(train, test), test } : { train, test };
}

/** Both halves of a data set have all its classes, even where one lacks the last of them. */
const widened = (train: Dataset, test: Dataset): Dataset =>
  test.classes.length > train.classes.length ? { ...train, classes: test.classes } : train;

/** The bytes of a file, unpacked where its name ends in .gz. */
const unpacked = (path: string): Uint8Array => {
  const bytes = readBytes(path);
  return path.endsWith('.gz') ? attempt(path, 'a file packed by gzip', () => gunzipSync(bytes)) : bytes;
};
