import { NormtapeError, suggest } from '../../error.js';
import { listing } from '../listing.js';
import type { Column } from './column.js';
import { LABEL_NAMES } from './header.js';
import type { Speak } from './records.js';

/** The rows of a table below its header row. */
export interface Body {
  readonly columns: readonly Column[];
  /** The names of the columns; undefined without a header row. */
  readonly names: readonly string[] | undefined;
  /** The position of the column of each name; −1 if two columns have it. */
  readonly places: ReadonlyMap<string, number>;
  /** The first row that is a sample, and the number of rows in all. */
  readonly from: 0 | 1;
  readonly rows: number;
}

/** The name of a column in errors and notes: "kind", or column 3 if it has no name. */
export const called = ({ names }: Pick<Body, 'names'>, column: number): string =>
  names?.[column] ? `"${names[column]}"` : `column ${column + 1}`;

/**
 * The position of a column, given by name or position (0 is the first, −1 the last).
 * @throws if there is no such column, or two have this name.
 */
export function columnAt(where: string, { columns, names, places }: Body, wanted: string | number): number {
  const place = typeof wanted === 'string' ? places.get(wanted) : undefined;
  if (place === -1) {
    const expected = 'the name of one column';
    throw new NormtapeError({
      where,
      expected,
      received: wanted,
      hint: 'Two columns have this name: give a position.',
    });
  }
  if (place !== undefined) return place;
  const position = typeof wanted === 'number' ? wanted : /^-?\d+$/.test(wanted) ? Number(wanted) : NaN;
  const column = position < 0 ? position + columns.length : position;
  if (columns[column]) return column;
  const positions = `a position from 0 to ${columns.length - 1}`;
  throw new NormtapeError({
    where,
    expected: names
      ? `one of the columns ${listing(names, 20)}, or ${positions}`
      : `${positions}, because there is no header row`,
    received: wanted,
    hint: names ? suggest(wanted, names) : undefined,
  });
}

/** A column seen as classes. */
export interface ClassCount {
  readonly rows: number;
  readonly distinct: number;
  /** Whether the values look like measurements, or like names of single rows, which never repeat. */
  readonly unlike: 'measurements' | 'names' | undefined;
}

/** Counts the different values of a column, without missing ones. */
export function classCount(column: Column, body: Body): ClassCount {
  const { numbers, places, present } = column.distinct(samplesOf(body));
  // Numbers that are kept as words are whole.
  const values = places.map((place) => column.cells.valueAt(place));
  const words = values.some(Number.isNaN);
  const fractions = numbers.some((value) => !Number.isInteger(value));
  let [least, largest] = [numbers[0] ?? Infinity, numbers[numbers.length - 1] ?? -Infinity];
  for (const value of values) [least, largest] = [Math.min(least, value), Math.max(largest, value)];
  const distinct = numbers.length + places.length;
  const many = 2 * distinct > present;
  const sparse = distinct >= 4 && largest - least >= 4 * distinct;
  const measured = !words && (fractions || (many && (distinct > 20 || sparse)));
  const single = words && distinct === present && present >= 10;
  return {
    rows: present,
    distinct,
    unlike: measured && distinct > 1 ? 'measurements' : single || column.isCrowded ? 'names' : undefined,
  };
}

/** The positions of all samples. */
const samplesOf = ({ from, rows }: Body): Uint32Array =>
  Uint32Array.from({ length: rows - from }, (_, i) => i + from);

/**
 * Guesses the label column: one with a name such as class; else the last, unless it looks unlike classes and there is
 * exactly one column of words.
 */
export function guessLabel(body: Body, usable: readonly number[], numbers: boolean): number {
  const last = usable.at(-1)!;
  const named = usable.filter((i) => LABEL_NAMES.has(body.names?.[i]?.toLowerCase() ?? ''));
  if (named.length === 1) return named[0]!;
  const kinds = usable.map((i) => body.columns[i]!.kind(body.from));
  if (numbers) return usable[kinds.lastIndexOf('numbers')] ?? last;
  const words = usable.filter((_, i) => kinds[i] === 'words');
  const [only] = words;
  if (words.length !== 1 || only === undefined || only === last) return last;
  // If the last column has classes, such as 0 and 1, a column of words may be a feature.
  const { distinct, rows, unlike } = classCount(body.columns[last]!, body);
  return unlike || 2 * distinct > rows ? only : last;
}

/** Throws if the column has only one class, or if its values look like measurements or names, unless `areGiven`. */
export function demandClasses(
  where: string,
  body: Body,
  column: number,
  others: readonly number[],
  { areGiven, speak }: { readonly areGiven: boolean; readonly speak: Speak },
): void {
  const { distinct, rows, unlike } = classCount(body.columns[column]!, body);
  if (distinct > 1 && (!unlike || areGiven)) return;
  const fitting = others
    .map((other) => ({ other, ...classCount(body.columns[other]!, body) }))
    .filter((count) => count.distinct > 1 && !count.unlike && 2 * count.distinct <= Math.max(count.rows, 4))
    .map(({ other, distinct: classes }) => `${called(body, other)} (${classes} classes)`);
  const choices = `Choose another column by ${speak('label')}${fitting.length ? `; these look like classes: ${listing(fitting)}` : ''}.`;
  const first = body.columns[column]!.title(body.from);
  if (distinct < 2) {
    const received = distinct === 0 ? 'no labels' : `${first} in all ${rows} rows`;
    const expected = `at least 2 classes in ${called(body, column)}`;
    throw new NormtapeError({ where: `${where}: label`, expected, received, hint: choices });
  }
  const regression = `These look like measurements: ${speak('task', 'numbers')} predicts numbers, and ${speak('task', 'classes')} takes each as a class. `;
  throw new NormtapeError({
    where: `${where}: label`,
    expected: `classes in ${called(body, column)}`,
    received: `${distinct} different values in ${rows} rows, ${first} for one`,
    hint:
      unlike === 'measurements' ? regression + choices : `These look like names of single rows. ${choices}`,
  });
}
