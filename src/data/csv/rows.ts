import { NormtapeError } from '../../error.js';
import { placeOf } from './features.js';
import { kindBelow } from './header.js';
import type { Body } from './label.js';
import type { Note } from './open.js';
import type { ReadOptions } from './options.js';
import type { Speak } from './records.js';

interface Reading {
  readonly name: string;
  readonly missing: ReadOptions['missing'];
  readonly label: number;
  /** The positions of the columns that give features. */
  readonly features: readonly number[];
  /** Words that are classes, even if they look like missing values. */
  readonly classes: ReadonlySet<string> | undefined;
  readonly lines: readonly number[];
  readonly speak: Speak;
  readonly note: Note;
}

/** The rows that are read, which is all of them unless missing values may leave some out. Throws if none is left. */
export function rowsOf(body: Body, reading: Reading): readonly number[] {
  const { name, missing, label, features, classes, lines, note } = reading;
  const { columns } = body;
  const all = Array.from({ length: body.rows - body.from }, (_, i) => i + body.from);
  const gapsOf = (row: number) => features.filter((position) => columns[position]!.isMissing(row));
  const isUnlabelled = (row: number): boolean =>
    columns[label]!.isMissing(row) && !classes?.has(columns[label]!.title(row));
  const unlabelled = all.filter(isUnlabelled);
  const hasGap = (row: number): boolean => features.some((position) => columns[position]!.isMissing(row));
  const gapped = all.filter(hasGap);
  if (missing === 'refuse' && unlabelled.length + gapped.length > 0) {
    const row = Math.min(unlabelled[0] ?? Infinity, gapped[0] ?? Infinity);
    const [gap = label] = gapsOf(row);
    throw gapError(body, reading, row, gap, gap === label ? unlabelled : gapped);
  }
  const out = new Set(missing === 'drop' ? [...unlabelled, ...gapped] : unlabelled);
  const rows = out.size > 0 ? all.filter((row) => !out.has(row)) : all;
  if (rows.length === 0) {
    const where = `${name}: missing`;
    throw new NormtapeError({
      where,
      expected: 'a row without missing values',
      received: `${all.length} with some`,
    });
  }
  if (out.size > 0) {
    const left = [...out].sort((a, b) => a - b).map((row) => lines[row]!);
    note('missing', `${out.size} of ${all.length} rows left out, ${listed(left)}`, false);
  }
  const filled = missing === 'mean' ? rows.reduce((sum, row) => sum + gapsOf(row).length, 0) : 0;
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
  alike: readonly number[],
): NormtapeError {
  const isLabel = column === label;
  const isWords = kindBelow(body.columns[column]!, body.rows, body.from) === 'words';
  const drop = `${speak('missing', 'drop')} leaves such rows out`;
  const fill = isLabel ? '' : `, ${speak('missing', 'mean')} fills in the mean of the column`;
  const known =
    alike.length > 1 ? ` Missing in ${alike.length} rows, ${listed(alike.map((i) => lines[i]!))}.` : '';
  return new NormtapeError({
    where: placeOf(name, body, column, lines[row]!),
    expected: isLabel ? 'a label' : isWords ? 'a word' : 'a finite number',
    received: body.columns[column]!.title(row),
    hint: `${drop}${fill}.${known}`,
  });
}

const listed = (lines: readonly number[]): string =>
  `${lines.length === 1 ? 'line' : 'lines'} ${lines.length > 8 ? `${lines.slice(0, 8).join(', ')} and so on` : lines.join(', ')}`;
