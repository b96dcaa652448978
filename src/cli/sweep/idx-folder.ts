import { type Dirent, readdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import { type Dataset, fromIdx } from '../../data/index.js';
import { NormtapeError, suggest } from '../../error.js';
import { attempt } from '../files.js';
import { unpacked } from '../pieces.js';

/** Training samples, and test samples if there are files of them. */
interface IdxHalves {
  readonly train: Dataset;
  readonly test: Dataset | undefined;
}

/** How many levels below a folder its files are searched for: torchvision puts them into data/MNIST/raw. */
const DEPTH = 3;

/**
 * The data in the IDX files of a folder, or of its only subfolder that has some. Names of files tell images from
 * labels, and training from test data (t10k, test). If there are several splits, as in EMNIST, `chosen` names one.
 */
export function idxFolder(folder: string, chosen: string | undefined): IdxHalves {
  const { place, names } = filesIn(folder);
  const group = groupOf(place, names, chosen);
  const half = (title: string, isTest: boolean): Dataset | undefined =>
    read(
      place,
      title,
      group.filter((name) => /t10k|test/i.test(name) === isTest),
    );
  const train = half('training', false);
  const test = half('testing', true);
  if (!train) {
    const expected = 'IDX files such as train-images-idx3-ubyte and train-labels-idx1-ubyte';
    throw new NormtapeError({ where: place, expected, received: names });
  }
  if (!test) return { train, test };
  const [ours, theirs] = [train, test].map(({ features }) => features.shape.slice(1));
  if (String(ours) !== String(theirs)) {
    const expected = `samples of one shape to train with and to test, ${JSON.stringify(ours)}`;
    throw new NormtapeError({ where: place, expected, received: theirs });
  }
  return widened(train, test);
}

/** Both parts with the same classes, even if one lacks samples of the last. */
function widened(train: Dataset, test: Dataset): IdxHalves {
  const classes = test.classes.length > train.classes.length ? test.classes : train.classes;
  return { train: { ...train, classes }, test: { ...test, classes } };
}

/** The names of the IDX files, and their folder. Hidden files, as macOS makes them, are ignored. */
function filesIn(folder: string): { readonly place: string; readonly names: readonly string[] } {
  const found = foldersWithFiles(folder, DEPTH);
  const [first] = found;
  if (found.length > 1) {
    const expected = 'one folder of IDX files';
    const received = found.map(({ place }) => place);
    throw new NormtapeError({ where: folder, expected, received, hint: 'Name one of them by --data.' });
  }
  return first ?? { place: folder, names: [] };
}

function foldersWithFiles(
  place: string,
  depth: number,
): { readonly place: string; readonly names: readonly string[] }[] {
  const entries: readonly Dirent[] = attempt(place, 'a folder that can be read', () =>
    readdirSync(place, { withFileTypes: true }),
  ).filter(({ name }) => !name.startsWith('.'));
  const names = entries.filter((entry) => !entry.isDirectory() && isIdx(entry.name)).map(({ name }) => name);
  // A file and its packed copy count as one.
  const own = names
    .filter((name) => !names.includes(name.replace(/\.gz$/i, '')) || !/\.gz$/i.test(name))
    .sort();
  if (own.length > 0) return [{ place, names: own }];
  if (depth === 0) return [];
  return entries
    .filter((entry) => entry.isDirectory())
    .flatMap(({ name }) => foldersWithFiles(join(place, name), depth - 1));
}

const isIdx = (name: string): boolean => /idx|ubyte/i.test(name) && !/\.xz$/i.test(name);

/** The name of the split that a file belongs to, such as "emnist-balanced"; often empty. */
const splitOf = (name: string): string =>
  name
    .toLowerCase()
    .replace(/\.gz$/, '')
    .replace(/idx\d?|ubyte|\bint\b|t10k|train|test|images?|labels?/g, '')
    .replace(/[-_. ]+/g, '-')
    .replace(/^-|-$/g, '');

function groupOf(place: string, names: readonly string[], chosen: string | undefined): readonly string[] {
  const splits = [...new Set(names.map(splitOf))];
  const known = splits.map((split) => split || 'the one without a name');
  if (chosen === undefined) {
    if (splits.length < 2) return names;
    const expected = 'files of one split';
    const hint = 'Choose one by --idx-split.';
    throw new NormtapeError({ where: place, expected, received: known, hint });
  }
  const wanted = chosen.toLowerCase();
  const found =
    splits.find((split) => split === wanted) ?? splits.find((split) => split.endsWith(`-${wanted}`));
  if (found !== undefined) return names.filter((name) => splitOf(name) === found);
  const expected = `one of the splits ${known.join(', ')}`;
  throw new NormtapeError({
    where: '--idx-split',
    expected,
    received: chosen,
    hint: suggest(chosen, splits),
  });
}

function read(place: string, title: string, files: readonly string[]): Dataset | undefined {
  if (files.length === 0) return undefined;
  const images = files.filter((name) => /image/i.test(name));
  const labels = files.filter((name) => /label/i.test(name));
  if (images.length !== 1 || labels.length !== 1) {
    const expected = `a file of images and one of labels for ${title}`;
    throw new NormtapeError({ where: place, expected, received: files });
  }
  const [image, label] = [join(place, images[0]!), join(place, labels[0]!)];
  return fromIdx({ images: unpacked(image), labels: unpacked(label) }, { name: basename(place) });
}
