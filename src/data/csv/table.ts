import { NormtapeError } from '../../error.js';
import { Cells } from './cells.js';
import { Column } from './column.js';
import { type Dialect, numberOf } from './dialect.js';
import { type Speak, eachRecord } from './records.js';

/** Cells, in capitals, that mean a missing value. */
const MISSING = new Set(['', 'NA', 'N/A', '#N/A', 'NAN', '-NAN', 'NULL', '?']);
const LONGEST = 4;

export const isMissingWord = (cell: string): boolean =>
  cell.length <= LONGEST && MISSING.has(cell.toUpperCase());

/** Whether a whole number is too large for float64 to print as the same digits. */
const isBeyondNumbers = (cell: string, value: number): boolean =>
  Math.abs(value) > Number.MAX_SAFE_INTEGER && String(value) !== cell;

/** The content of a file: cells by column and row, and the line of each row. */
export interface Table {
  readonly columns: readonly Column[];
  /** The line where each row ends. */
  readonly lines: Uint32Array;
  /** The cells of the first row as text, which may be a header row. */
  readonly first: readonly string[];
}

/**
 * Reads the cells of a text into columns.
 *
 * @param known words that are always kept, however many there are.
 * @throws if a line has more or fewer cells than the first.
 */
export function readTable(
  where: string,
  pieces: Iterable<string>,
  dialect: Dialect,
  { skipped, known, speak }: { skipped: number; known: readonly string[]; speak: Speak },
): Table {
  let lines = new Uint32Array(64);
  let rows = 0;
  let columns: readonly Column[] = [];
  let first: readonly string[] = [];
  let cells: Cells;
  const visit = (given: readonly string[], line: number): void => {
    if (rows === 0) {
      first = given.map((cell) => ` ${cell}`.slice(1));
      cells = new Cells(first.length, isMissingWord);
      cells.keepAll(known);
      columns = first.map((_, position) => new Column(cells, position));
    }
    // Every line but the first ends with a delimiter.
    const isLonger = given.length === first.length + 1 && given[first.length] === '';
    if (given.length !== first.length && !isLonger) {
      throw ragged(where, line, lines[0]!, given, first.length, dialect, speak);
    }
    cells.ensure(rows);
    for (let column = 0; column < first.length; column++) {
      const cell = given[column]!;
      const value = numberOf(cell, dialect.decimal);
      if (Number.isNaN(value)) cells.setWord(rows, column, cell);
      else if (isBeyondNumbers(cell, value)) cells.setWord(rows, column, cell, value);
      else cells.setNumber(rows, column, value);
      columns[column]!.count(rows);
    }
    if (rows === lines.length) lines = grown(lines);
    lines[rows++] = line;
  };
  eachRecord(where, pieces, dialect, visit, { skipped, speak });
  return { columns, lines: lines.subarray(0, rows), first };
}

function grown(lines: Uint32Array): Uint32Array<ArrayBuffer> {
  const more = new Uint32Array(2 * lines.length);
  more.set(lines);
  return more;
}

function ragged(
  where: string,
  line: number,
  first: number,
  cells: readonly string[],
  width: number,
  { delimiter, quote }: Dialect,
  speak: Speak,
): NormtapeError {
  const hint =
    delimiter === '\t' || delimiter === ' '
      ? `Cells are split at ${delimiter === '\t' ? 'tabs' : 'any run of blanks'}: choose by ${speak('delimiter')}, where " " is any run of blanks.`
      : cells.length > width && cells.some((cell) => cell.includes(quote || '"'))
        ? `Cells with ${delimiter} in them must be in quotes.`
        : cells.length > width && delimiter === ','
          ? 'Numbers with a decimal comma, and words with commas, must be in quotes if a comma delimits.'
          : undefined;
  const expected = `${width} columns, as in line ${first}`;
  return new NormtapeError({ where: `${where}: line ${line}`, expected, received: cells.length, hint });
}
