import type { CsvForm } from './form.js';
import { decode } from './decode.js';
import { type Dialect, guessDecimal, guessDelimiter, separated } from './dialect.js';
import { isHeader } from './header.js';
import type { Body } from './label.js';
import type { CsvNote, ReadOptions } from './options.js';
import { type Speak, eachRecord } from './records.js';
import { type Table, readTable } from './table.js';

/** Hears of something that was guessed, left out or filled in. */
export type Note = (option: CsvNote['option'], text: string, guessed?: boolean) => void;

/** The table in a file, whose encoding and dialect are guessed unless the options say them. */
export function tableOf(content: string | Uint8Array, options: ReadOptions, speak: Speak, note: Note): Table {
  const { name, quote } = options;
  const { text: whole, guessed } = decode(name, content);
  if (guessed !== undefined) note('encoding', guessed);
  const { text, delimiter: stated, lines: skipped } = separated(whole);
  const delimiter = named(options.delimiter) || (stated ?? guessDelimiter(text, quote));
  if (options.delimiter === '' && stated === undefined && delimiter !== ',') {
    note('delimiter', DELIMITERS[delimiter] ?? delimiter);
  }
  const dialect: Dialect = {
    delimiter,
    quote,
    decimal:
      options.decimal === 'auto' ? decimalOf(name, text, { delimiter, quote }, speak) : options.decimal,
  };
  if (options.decimal === 'auto' && dialect.decimal === ',') note('decimal', 'comma');
  return readTable(name, text, dialect, skipped, speak);
}

const DELIMITERS: Readonly<Record<string, string>> = {
  '\t': 'tab',
  ';': 'semicolon',
  '|': 'bar',
  ' ': 'any run of blanks',
};

/** A delimiter by its name on a command line, where a tab is hard to type. */
const named = (delimiter: string): string =>
  delimiter === 'tab' || delimiter === '\\t' ? '\t' : delimiter === 'space' ? ' ' : delimiter;

/** How many lines are looked at for a decimal mark. */
const LINES = 500;

function decimalOf(
  where: string,
  text: string,
  dialect: Pick<Dialect, 'delimiter' | 'quote'>,
  speak: Speak,
): '.' | ',' {
  const cells: string[] = [];
  eachRecord(where, text, dialect, (record) => void cells.push(...record), { most: LINES, speak });
  return guessDecimal(cells, dialect.delimiter);
}

/** The samples of a table, below its header if it has one. */
export function bodyOf(
  table: Table,
  { header, label }: Pick<ReadOptions, 'header' | 'label'>,
  like: CsvForm | undefined,
  note: Note,
): Body {
  const { columns, lines, first } = table;
  const known = typeof label === 'string' ? label : like?.label.name;
  const isKnown = known !== undefined && !/^-?\d+$/.test(known) && first.includes(known);
  const isNamed = header === 'auto' ? isKnown || isHeader(table) : header;
  if (header === 'auto' && !isKnown) {
    note('header', isNamed ? `line ${lines[0]} names the columns` : `none, line ${lines[0]} is a sample`);
  }
  return { columns, names: isNamed ? first : undefined, from: Number(isNamed), rows: lines.length };
}
