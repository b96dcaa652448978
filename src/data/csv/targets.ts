import { fromFlat } from '../../array/index.js';
import { Tensor } from '../../autograd/tape.js';
import { NormtapeError, suggest } from '../../error.js';
import { numberOf } from './dialect.js';
import { placeOf } from './features.js';
import { MOST_CLASSES } from '../classes.js';
import { listing } from '../listing.js';
import { type Body, called } from './label.js';
import type { Speak } from './records.js';

/** The label column, and the rows to read. */
export interface Learned {
  readonly name: string;
  readonly label: number;
  readonly rows: Uint32Array;
  readonly lines: ArrayLike<number>;
}

/**
 * The class of each row: classes are those given, or those found, in numeric order if all are numbers.
 * @throws if there are too many, or a label is not among those given.
 */
export function labelsOf(
  body: Body,
  { name, label, rows, lines }: Learned,
  given: readonly string[] | undefined,
): { readonly labels: Int32Array; readonly classes: readonly string[] } {
  const column = body.columns[label]!;
  const { numbers, places } = column.distinct(rows);
  const count = numbers.length + places.length;
  if (!given && (column.isCrowded || count > MOST_CLASSES)) {
    const expected = `at most ${MOST_CLASSES} classes in ${called(body, label)}`;
    throw new NormtapeError({
      where: `${name}: label`,
      expected,
      received: column.isCrowded ? 'more' : count,
    });
  }
  const titles = [...Array.from(numbers, String), ...places.map((place) => column.cells.wordAt(place))];
  const classes = given ?? sorted(titles);
  const positions = new Map(classes.map((title, i) => [canonical(title), i]));
  const labels = new Int32Array(rows.length);
  rows.forEach((row, i) => {
    const title = column.title(row);
    const position = positions.get(title);
    if (position === undefined) {
      const where = placeOf(name, body, label, lines[row]!);
      const expected = `one of the classes ${listing(classes, 20)}`;
      throw new NormtapeError({ where, expected, received: title, hint: suggest(title, classes) });
    }
    labels[i] = position;
  });
  return { labels, classes };
}

/** A class as a column spells it: "1.0" is "1". */
const canonical = (title: string): string => {
  const value = numberOf(title, '.');
  return Number.isNaN(value) || Math.abs(value) > Number.MAX_SAFE_INTEGER ? title : String(value);
};

function sorted(classes: string[]): string[] {
  const isNumeric = classes.every((title) => Number.isFinite(Number(title)));
  return isNumeric ? classes.sort((a, b) => Number(a) - Number(b)) : classes.sort();
}

/**
 * The numbers to predict, [rows, 1] in float64.
 * @throws if one is a word, or all are equal.
 */
export function targetsOf(
  body: Body,
  { name, label, rows, lines }: Learned,
  isNew: boolean,
  speak: Speak,
): Tensor {
  const column = body.columns[label]!;
  const wrong = rows.find((row) => !column.isNumber(row));
  if (wrong !== undefined) {
    throw new NormtapeError({
      where: placeOf(name, body, label, lines[wrong]!),
      expected: 'a number to predict',
      received: column.title(wrong),
      hint: `Choose another column by ${speak('label')}, or take words as classes: ${speak('task', 'classes')}.`,
    });
  }
  const targets = Float64Array.from(rows, (row) => column.number(row));
  if (isNew && targets.every((value) => value === targets[0])) {
    throw new NormtapeError({
      where: `${name}: label`,
      expected: `numbers that differ in ${called(body, label)}`,
      received: `${targets[0]} in all ${targets.length} rows`,
      hint: `Choose another column by ${speak('label')}.`,
    });
  }
  return new Tensor(fromFlat(targets, [targets.length, 1]));
}
