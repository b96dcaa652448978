import { LARGEST } from '../../array/index.js';
import { NormtapeError } from '../../error.js';
import { listing } from '../listing.js';
import type { FeatureColumn } from './form.js';
import { type Body, called } from './label.js';
import type { Speak } from './records.js';

/** The most features that one column of words may become. */
const MOST_CATEGORIES = 1000;

/** The most numbers, 2 GB, if words become features: a small file can ask for far more. */
const MOST_NUMBERS = 2 ** 28;

/** The samples to read, with their lines for errors. */
export interface Reading {
  readonly rows: ArrayLike<number>;
  /** The line of each row of the file. */
  readonly lines: ArrayLike<number>;
}

/**
 * Describes the features that a column gives.
 * @throws if it contains words, unless they may become features.
 */
export function featureColumn(
  where: string,
  body: Body,
  position: number,
  { text, rows, lines, speak }: Reading & { readonly text: 'refuse' | 'oneHot'; readonly speak: Speak },
): FeatureColumn {
  const column = body.columns[position]!;
  const name = body.names?.[position];
  const kind = column.kind(body.from);
  if (kind === 'words' && text === 'oneHot') {
    const { places, present } = column.distinct(rows);
    if (places.length > MOST_CATEGORIES) {
      const expected = `at most ${MOST_CATEGORIES} different words in ${called(body, position)}`;
      const hint = `${speak('ignore', name ?? String(position))} leaves it out.`;
      throw new NormtapeError({ where, expected, received: places.length, hint });
    }
    const counts = new Map(places.map((place) => [column.cells.wordAt(place), 0]));
    for (let i = 0; i < rows.length; i++) {
      const count = counts.get(column.title(rows[i]!));
      if (count !== undefined) counts.set(column.title(rows[i]!), count + 1);
    }
    const categories = [...counts.keys()].sort();
    return { name, position, categories, fill: categories.map((word) => counts.get(word)! / present) };
  }
  let present = 0;
  for (let i = 0; i < rows.length; i++) {
    if (column.isNumber(rows[i]!)) present++;
    else if (!column.isMissing(rows[i]!)) {
      throw notANumber(where, body, position, rows[i]!, lines, kind === 'words', speak);
    }
  }
  let mean = 0;
  for (let i = 0; i < rows.length; i++)
    if (column.isNumber(rows[i]!)) mean += column.number(rows[i]!) / present;
  return { name, position, categories: undefined, fill: [mean] };
}

function notANumber(
  where: string,
  body: Body,
  position: number,
  row: number,
  lines: ArrayLike<number>,
  isText: boolean,
  speak: Speak,
): NormtapeError {
  const cell = body.columns[position]!.title(row);
  const title = body.names?.[position] || String(position);
  const hint = /^[+-]?\d{1,3}([.,]\d{3})+([.,]\d+)?$/.test(cell)
    ? 'Write numbers without thousands separators.'
    : /^[+-]?\d*,\d+$/.test(cell)
      ? `${speak('decimal', ',')} reads decimal commas.`
      : isText
        ? `A column of words: ${speak('text', 'oneHot')} makes a feature of each word, ${speak('ignore', title)} leaves the column out, and ${speak('label', title)} learns it.`
        : row === 0
          ? `If line ${lines[0]} is a header row: ${speak('header', 'yes')}.`
          : undefined;
  return new NormtapeError({
    where: placeOf(where, body, position, lines[row]!),
    expected: 'a finite number',
    received: cell,
    hint,
  });
}

/** The name of a cell in an error. */
export const placeOf = (where: string, { names }: Body, position: number, line: number): string =>
  `${where}: line ${line}, column ${position + 1}${names?.[position] ? ` (${names[position]})` : ''}`;

/**
 * The numbers of the features in float64, row by row.
 * @throws if a word is unknown, a number is too large for the dtype, or words give more features than fit into memory.
 */
export function numbersOf(
  where: string,
  body: Body,
  columns: readonly FeatureColumn[],
  { rows, lines, dtype }: Reading & { readonly dtype: 'float32' | 'float64' },
): { readonly data: Float64Array; readonly width: number } {
  const width = columns.reduce((sum, { fill }) => sum + fill.length, 0);
  if (width * rows.length > Math.max(MOST_NUMBERS, columns.length * rows.length)) {
    const expected = `at most ${MOST_NUMBERS} numbers, if words become features`;
    const received = `${width} features of ${rows.length} samples`;
    throw new NormtapeError({ where: `${where}: text`, expected, received });
  }
  const data = new Float64Array(rows.length * width);
  let at = 0;
  for (const { position, categories, fill } of columns) {
    const column = body.columns[position]!;
    const places = categories && new Map(categories.map((category, i) => [category, i]));
    for (let i = 0; i < rows.length; i++) {
      const row = rows[i]!;
      const start = i * width + at;
      const fail = (expected: string): NormtapeError => {
        const received = column.title(row);
        return new NormtapeError({
          where: placeOf(where, body, position, lines[row]!),
          expected,
          received,
        });
      };
      if (column.isMissing(row)) data.set(fill, start);
      else if (places) {
        const place = places.get(column.title(row));
        if (place === undefined) throw fail(`one of ${listing(categories, 20)}`);
        data[start + place] = 1;
      } else {
        const value = column.number(row);
        if (Number.isNaN(value)) throw fail('a finite number');
        if (Math.abs(value) > LARGEST[dtype]) throw fail(`a number that ${dtype} can hold`);
        data[start] = value;
      }
    }
    at += fill.length;
  }
  return { data, width };
}

/** The names of the features: the name of the column, with its word if it has words. */
export const featureNames = (columns: readonly FeatureColumn[]): string[] =>
  columns.flatMap(({ name = '', position, categories }) => {
    const title = name || `column ${position + 1}`;
    return categories ? categories.map((category) => `${title}=${category}`) : [title];
  });
