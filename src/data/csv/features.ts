import { LARGEST } from '../../array/index.js';
import { NormtapeError } from '../../error.js';
import type { FeatureColumn } from './form.js';
import { kindBelow } from './header.js';
import { type Body, called } from './label.js';
import type { Speak } from './records.js';

/** How many features a column of words may become. */
const MOST_CATEGORIES = 1000;

/** Looks at a column of the samples; throws if it is one of words, and that is refused. */
export function featureColumn(
  where: string,
  body: Body,
  position: number,
  {
    text,
    rows,
    lines,
    speak,
  }: { text: 'refuse' | 'oneHot'; rows: readonly number[]; lines: readonly number[]; speak: Speak },
): FeatureColumn {
  const column = body.columns[position]!;
  const name = body.names?.[position];
  const kind = kindBelow(column, body.rows, body.from);
  const present = rows.filter((row) => !column.isMissing(row));
  if (kind === 'words' && text === 'oneHot') {
    const categories = [...new Set(present.map((row) => column.title(row)))].sort();
    if (categories.length > MOST_CATEGORIES) {
      const expected = `at most ${MOST_CATEGORIES} different words in ${called(body, position)}`;
      const hint = `${speak('ignore', name ?? String(position))} leaves it out.`;
      throw new NormtapeError({ where, expected, received: categories.length, hint });
    }
    const counts = new Map<string, number>();
    for (const row of present) counts.set(column.title(row), (counts.get(column.title(row)) ?? 0) + 1);
    const fill = categories.map((category) => counts.get(category)! / present.length);
    return { name, position, categories, fill };
  }
  const wrong = present.find((row) => !column.isNumber(row));
  if (wrong !== undefined) throw notANumber(where, body, position, wrong, lines, kind === 'words', speak);
  const mean = present.reduce((sum, row) => sum + column.number(row) / present.length, 0);
  return { name, position, categories: undefined, fill: [mean] };
}

function notANumber(
  where: string,
  body: Body,
  position: number,
  row: number,
  lines: readonly number[],
  isText: boolean,
  speak: Speak,
): NormtapeError {
  const cell = body.columns[position]!.title(row);
  const title = body.names?.[position] || String(position);
  const hint = /^[+-]?\d{1,3}([.,]\d{3})+([.,]\d+)?$/.test(cell)
    ? 'Thousands must not be marked off.'
    : /^[+-]?\d*,\d+$/.test(cell)
      ? `${speak('decimal', ',')} reads decimal commas.`
      : isText
        ? `A column of words: ${speak('text', 'oneHot')} makes a feature of each word, ${speak('ignore', title)} leaves the column out, and ${speak('label', title)} learns it.`
        : row === 0
          ? `If line ${lines[0]} names the columns: ${speak('header', 'yes')}.`
          : undefined;
  return new NormtapeError({
    where: placeOf(where, body, position, lines[row]!),
    expected: 'a finite number',
    received: cell,
    hint,
  });
}

/** A cell, as an error calls it. */
export const placeOf = (where: string, { names }: Body, position: number, line: number): string =>
  `${where}: line ${line}, column ${position + 1}${names?.[position] ? ` (${names[position]})` : ''}`;

/** The numbers of the features in float64, row by row. Throws if a word is unknown, or a number too large for the dtype. */
export function numbersOf(
  where: string,
  body: Body,
  columns: readonly FeatureColumn[],
  { rows, lines, dtype }: { rows: readonly number[]; lines: readonly number[]; dtype: 'float32' | 'float64' },
): { readonly data: Float64Array; readonly width: number } {
  const width = columns.reduce((sum, { fill }) => sum + fill.length, 0);
  const data = new Float64Array(rows.length * width);
  let at = 0;
  for (const { position, categories, fill } of columns) {
    const column = body.columns[position]!;
    const places = categories && new Map(categories.map((category, i) => [category, i]));
    rows.forEach((row, i) => {
      const start = i * width + at;
      if (column.isMissing(row)) return data.set(fill, start);
      const fail = (expected: string): never => {
        const received = column.title(row);
        throw new NormtapeError({ where: placeOf(where, body, position, lines[row]!), expected, received });
      };
      if (places) {
        const place = places.get(column.title(row)) ?? fail(`one of ${categories.join(', ')}`);
        data[start + place] = 1;
      } else {
        const value = column.isNumber(row) ? column.number(row) : fail('a finite number');
        data[start] = Math.abs(value) <= LARGEST[dtype] ? value : fail(`a number that ${dtype} can hold`);
      }
    });
    at += fill.length;
  }
  return { data, width };
}

/** The names of the features: that of a column, with its word where each has one. */
export const featureNames = (columns: readonly FeatureColumn[]): string[] =>
  columns.flatMap(({ name = '', position, categories }) => {
    const title = name || `column ${position + 1}`;
    return categories ? categories.map((category) => `${title}=${category}`) : [title];
  });
