import { type Table, isMissingWord } from './table.js';

/** Usual names of label columns. */
export const LABEL_NAMES = new Set(['label', 'labels', 'class', 'target', 'species', 'category', 'outcome']);

/**
 * Whether the first row is a header row. It is if it has no number, and a word above numbers; if its numbers count the
 * columns; or if all but one of its cells are numbers, and that one, the first or the last, is a word above numbers. If
 * all cells are words, it is a header row if none of them occurs again in its column. A cell such as NaN is a missing
 * value, not a name.
 */
export function isHeader({ columns, lines, first }: Table): boolean {
  const rows = lines.length;
  const places = [...columns.keys()];
  const words = places.filter((i) => columns[i]!.isWord(0));
  const numbers = places.filter((i) => columns[i]!.isNumber(0));
  if (rows === 1) return words.length === places.length;
  if (words.length === 0 || words.some((i) => columns[i]!.isRepeated(rows))) return false;
  const above = places.filter((i) => columns[i]!.kind(1) === 'numbers');
  const namesNumbers = above.some((i) => columns[i]!.isWord(0));
  if (numbers.length > 0) {
    const [name] = words.length === 1 ? words : [];
    const isLabel = name !== undefined && LABEL_NAMES.has(first[name]!.toLowerCase());
    const atEdge = name === 0 || name === places.length - 1;
    const values = numbers.map((i) => columns[i]!.number(0));
    return (atEdge && (namesNumbers || isLabel)) || countsColumns(values, namesNumbers);
  }
  if (above.length > 0) return namesNumbers;
  const named = first.filter((cell) => cell !== '');
  return new Set(named).size === named.length && !named.some(isMissingWord);
}

/** Whether these are the numbers that pandas gives to columns without names: 0, 1, 2 and so on. */
const countsColumns = (values: readonly number[], namesNumbers: boolean): boolean =>
  values.length >= (namesNumbers ? 2 : 3) && values.every((value, i) => value === i);
