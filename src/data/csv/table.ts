import { NormtapeError } from '../../error.js';
import { type Dialect, numberOf } from './dialect.js';
import { type Speak, eachRecord } from './records.js';

/** Cells, in capitals, that say that there is no value. */
const MISSING = new Set(['', 'NA', 'N/A', '#N/A', 'NAN', '-NAN', 'NULL', '?']);

export const isMissingWord = (cell: string): boolean => MISSING.has(cell.toUpperCase());

/** Beyond these, two different whole numbers may be one number. */
const isUnsafe = (value: number): boolean => Math.abs(value) > Number.MAX_SAFE_INTEGER;

/** A column of a table, as numbers where its cells are numbers, and as words elsewhere. */
export class Column {
  #numbers = new Float64Array(64);
  readonly #words = new Map<number, string>();
  readonly #known = new Map<string, string>();

  set(row: number, cell: string, decimal: Dialect['decimal']): void {
    if (row >= this.#numbers.length) {
      const more = new Float64Array(2 * row);
      more.set(this.#numbers);
      this.#numbers = more;
    }
    const value = numberOf(cell, decimal);
    this.#numbers[row] = value;
    if (cell === '' || !(Number.isNaN(value) || isUnsafe(value))) return;
    const known = this.#known.get(cell) ?? cell;
    this.#known.set(cell, known);
    this.#words.set(row, known);
  }

  /** NaN if the cell says no number. */
  number(row: number): number {
    return this.#numbers[row]!;
  }

  /** The cell as one writes it: 1.0 is "1"; empty if there was nothing. */
  title(row: number): string {
    const word = this.#words.get(row);
    if (word !== undefined) return word;
    const value = this.#numbers[row]!;
    return Number.isNaN(value) ? '' : String(value);
  }

  isNumber(row: number): boolean {
    return !Number.isNaN(this.#numbers[row]!);
  }

  isMissing(row: number): boolean {
    return !this.isNumber(row) && isMissingWord(this.title(row));
  }

  isWord(row: number): boolean {
    return !this.isNumber(row) && !this.isMissing(row);
  }
}

/** What stands in a file: cells by column and row, and the line of each row. */
export interface Table {
  readonly columns: readonly Column[];
  /** The line that each row ends in. */
  readonly lines: readonly number[];
  /** The cells of the first row as they stand there: names, maybe. */
  readonly first: readonly string[];
}

/** Reads a text cell by cell. Throws if it is empty, or a line has more or fewer cells than the first. */
export function readTable(
  where: string,
  text: string,
  dialect: Dialect,
  skipped: number,
  speak: Speak,
): Table {
  const lines: number[] = [];
  let columns: readonly Column[] = [];
  let first: readonly string[] = [];
  eachRecord(
    where,
    text,
    dialect,
    (given, line) => {
      let cells = given;
      if (lines.length === 0) {
        first = cells;
        columns = cells.map(() => new Column());
      } else if (cells.length !== first.length) {
        // A delimiter at the end of every line but the first.
        if (cells.length === first.length + 1 && cells.at(-1) === '') cells = cells.slice(0, -1);
        else throw ragged(where, line, lines[0]!, cells, first.length, dialect, speak);
      }
      cells.forEach((cell, column) => columns[column]!.set(lines.length, cell, dialect.decimal));
      lines.push(line);
    },
    { skipped, speak },
  );
  if (lines.length === 0) {
    throw new NormtapeError({ where, expected: 'at least one line', received: text.slice(0, 60) });
  }
  return { columns, lines, first };
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
