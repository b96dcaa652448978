import { cast, fromFlat } from '../array/index.js';
import { Tensor } from '../autograd/tape.js';
import { NormtapeError } from '../error.js';
import { coarseColumns } from './coarse.js';
import { featureColumn, featureNames, numbersOf } from './csv/features.js';
import type { CsvForm } from './csv/form.js';
import { type Body, called, columnAt, demandClasses, guessLabel } from './csv/label.js';
import type { Content } from './csv/decode.js';
import { type Note, bodyOf, tableOf } from './csv/open.js';
import {
  type CsvDataset,
  type CsvNote,
  type CsvOptions,
  type CsvRegressionDataset,
  type ReadOptions,
  readOptions,
} from './csv/options.js';
import type { Speak } from './csv/records.js';
import { rowsOf } from './csv/rows.js';
import { labelsOf, targetsOf } from './csv/targets.js';
import { dataset, regressionDataset } from './dataset.js';
import { listing } from './listing.js';

/**
 * Reads a data set from a CSV file (RFC 4180, and what spreadsheets write): one sample per line, features in float64,
 * and one label column of classes, or of numbers with `task: 'numbers'`. Delimiter, decimal mark, header row and label
 * column are guessed unless given, and `notes` lists the guesses.
 *
 * @param content the text of the file, or its bytes in UTF-8, UTF-16 or windows-1252.
 * @throws with line and column if a value is missing or not a number; if there is only one class; if labels look like
 * measurements; and if lines have different numbers of cells.
 */
export function readCsv(
  content: string | Uint8Array,
  given: CsvOptions & ({ readonly task: 'numbers' } | { readonly like: CsvRegressionDataset }),
): CsvRegressionDataset;
export function readCsv(content: string | Uint8Array, given?: CsvOptions): CsvDataset;
export function readCsv(
  content: string | Uint8Array,
  given: CsvOptions = {},
): CsvDataset | CsvRegressionDataset {
  return csvDataset(content, given, inCode);
}

/** An option as written in code. */
const inCode: Speak = (option, value) => {
  if (value === undefined) return `the option ${option}`;
  return `${option}: ${option === 'header' ? 'true' : option === 'ignore' ? `['${value}']` : `'${value}'`}`;
};

/** The same as `readCsv`, also for a file in pieces; `speak` formats options in errors. */
export function csvDataset(
  content: Content,
  given: CsvOptions,
  speak: Speak,
): CsvDataset | CsvRegressionDataset {
  const options = readOptions(given);
  const { name, missing, dtype } = options;
  const like = options.like?.form;
  const task = options.task ?? like?.task ?? 'classes';
  const notes: CsvNote[] = [];
  const note: Note = (option, text, guessed = true) => void notes.push({ option, text, guessed });
  const classes =
    options.classes ?? (options.like && 'classes' in options.like ? options.like.classes : undefined);
  const words = like?.features.flatMap(({ categories = [] }) => categories) ?? [];
  const table = tableOf(content, options, { known: [...(classes ?? []), ...words], speak, note });
  const { lines, first } = table;
  const body = bodyOf(table, options, like, note);
  if (body.from === body.rows) {
    throw new NormtapeError({ where: name, expected: 'at least one sample below the header', received: 0 });
  }

  const { label, usable } = columnsOf(body, options, task, note);
  if (usable.length === 0) {
    throw new NormtapeError({
      where: `${name}: line ${lines[0]}`,
      expected: 'a feature and a label, with a delimiter between them',
      received: first.slice(0, 10),
      hint: `Set the delimiter by ${speak('delimiter')}.`,
    });
  }
  const read =
    like?.features.map(({ name: title, position }) => placeLike(name, body, title, position)) ?? usable;
  const known = classes && new Set(classes);
  const reading = { name, missing, label, features: read, classes: known, lines, speak, note };
  const rows = rowsOf(body, reading);

  const shape = { text: options.text, rows, lines, speak };
  const features =
    like?.features.map((feature, i) => ({ ...feature, position: read[i]! })) ??
    read.map((position) => featureColumn(name, body, position, shape));
  const { data, width } = numbersOf(name, body, features, { rows, lines, dtype });
  const exact = fromFlat(data, [rows.length, width]);
  const titles = featureNames(features);
  if (dtype === 'float32') {
    const coarse = coarseColumns(new Tensor(exact)).map((column) => titles[column]!);
    if (coarse.length > 0)
      note('dtype', `too coarse for ${listing(coarse, 20)}: read float64, and standardize`, false);
  }

  const facts = {
    ...(body.names && { columns: titles }),
    notes,
    form: { label: { name: body.names?.[label], position: label }, task, features } satisfies CsvForm,
  };
  const tensor = new Tensor(cast(exact, dtype));
  const learned = { name, label, rows, lines };
  if (task === 'numbers') {
    return { ...regressionDataset(name, tensor, targetsOf(body, learned, !like, speak)), ...facts };
  }
  if (!classes) demandClasses(name, body, label, usable, { areGiven: options.task === 'classes', speak });
  const { labels, classes: found } = labelsOf(body, learned, classes);
  return { ...dataset(name, tensor, labels, found), ...facts };
}

/** The label column, and the feature columns: all others, unless they are empty or ignored. */
function columnsOf(
  body: Body,
  { name, label: stated, ignore, like }: ReadOptions,
  task: 'classes' | 'numbers',
  note: Note,
): { readonly label: number; readonly usable: readonly number[] } {
  const { columns } = body;
  const places = [...columns.keys()];
  const ignored = new Set(ignore.map((column) => columnAt(`${name}: ignore`, body, column)));
  const isEmpty = (i: number): boolean => columns[i]!.kind(body.from) === 'nothing';
  const empty = places.filter((i) => !ignored.has(i) && isEmpty(i));
  const full = places.filter((i) => !ignored.has(i) && !isEmpty(i));
  const label =
    stated !== undefined
      ? columnAt(`${name}: label`, body, stated)
      : like
        ? placeLike(name, body, like.form.label.name, like.form.label.position)
        : guessLabel(body, full, task === 'numbers');
  if (stated === undefined && !like && full.length > 1) {
    const place =
      label === columns.length - 1
        ? 'the last column'
        : label === 0
          ? 'the first column'
          : `column ${label + 1}`;
    note('label', body.names?.[label] ? `${place}, ${called(body, label)}` : place);
  }
  const left = empty.filter((i) => i !== label).map((i) => called(body, i));
  if (left.length > 0 && !like) note('ignore', `${listing(left, 20)} left out, because empty`, false);
  return { label, usable: full.filter((i) => i !== label) };
}

/** The position in this file of a column of another file: by its name if both have header rows. */
const placeLike = (where: string, body: Body, name: string | undefined, position: number): number =>
  columnAt(`${where}: like`, body, body.names && name ? name : position);
