import { NormtapeError } from '../../error.js';
import { placeOf } from './features.js';
import type { Body } from './label.js';
import type { Note } from './open.js';
import type { ReadOptions } from './options.js';
import type { Speak } from './records.js';

interface Reading {
  readonly name: string;
  readonly missing: ReadOptions['missing'];
  readonly label: number;
  /** The positions of the feature columns. */
  readonly features: readonly number[];
  /** Words that are classes, even if they look like missing values. */
  readonly classes: ReadonlySet<string> | undefined;
  readonly lines: ArrayLike<number>;
  readonly speak: Speak;
  readonly note: Note;
}

/**
 * The rows to read: all of them, unless missing values leave some out.
 * @throws if no row is left.
 */
export function rowsOf(body: Body, reading: Reading): Uint32Array {
  const { name, missing, label, features, classes, lines, note } = reading;
  const { columns, from } = body;
  const count = body.rows - from;
  const all = Uint32Array.from({ length: count }, (_, i) => i + from);
  const gapped = features.filter((position) => columns[position]!.hasGaps(from, body.rows));
  const gaps = new Uint32Array(body.rows);
  for (const position of gapped) {
    const column = columns[position]!;
    for (const row of all) if (column.isMissing(row)) gaps[row]!++;
  }
  const labels = columns[label]!;
  const isUnlabelled = (row: number): boolean => labels.isMissing(row) && !classes?.has(labels.title(row));
  const isOut = (row: number): boolean => isUnlabelled(row) || (missing !== 'mean' && gaps[row]! > 0);
  const rows = all.filter((row) => !isOut(row));
  const left = count - rows.length;
  if (missing === 'refuse' && left > 0) {
    const row = all.find(isOut)!;
    const gap = gapped.find((position) => columns[position]!.isMissing(row)) ?? label;
    throw gapError(body, reading, row, gap, all.filter(gap === label ? isUnlabelled : (i) => gaps[i]! > 0));
  }
  if (rows.length === 0) {
    const where = `${name}: missing`;
    throw new NormtapeError({
      where,
      expected: 'a row without missing values',
      received: `${count} rows, each with a missing value`,
    });
  }
  if (left > 0) {
    note('missing', `${left} of ${count} rows left out, ${listed(all.filter(isOut), lines)}`, false);
  }
  const filled = rows.reduce((sum, row) => sum + gaps[row]!, 0);
  if (filled > 0) {
    note('missing', `${filled} missing ${filled === 1 ? 'value' : 'values'} filled in by means`, false);
  }
  return rows;
}

function gapError(
  body: Body,
  { name, label, lines, speak }: Reading,
  row: number,
  column: number,
  alike: ArrayLike<number>,
): NormtapeError {
  const isLabel = column === label;
  const isWords = body.columns[column]!.kind(body.from) === 'words';
  const drop = `${speak('missing', 'drop')} leaves such rows out`;
  const fill = isLabel ? '' : `, ${speak('missing', 'mean')} fills in the mean of the column`;
  const known = alike.length > 1 ? ` Missing in ${alike.length} rows, ${listed(alike, lines)}.` : '';
  return new NormtapeError({
    where: placeOf(name, body, column, lines[row]!),
    expected: isLabel ? 'a label' : isWords ? 'a word' : 'a finite number',
    received: body.columns[column]!.title(row),
    hint: `${drop}${fill}.${known}`,
  });
}

/** The line numbers of the first eight of some rows. */
function listed(rows: ArrayLike<number>, lines: ArrayLike<number>): string {
  const first = Array.from({ length: Math.min(rows.length, 8) }, (_, i) => lines[rows[i]!]).join(', ');
  return `${rows.length === 1 ? 'line' : 'lines'} ${first}${rows.length > 8 ? ' and so on' : ''}`;
}
