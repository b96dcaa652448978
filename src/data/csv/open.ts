import { NormtapeError } from '../../error.js';
import { type Content, type Encoding, FALLBACK, NotUtf8, PIECE, encodingOf, textOf } from './decode.js';
import { DecimalGuess, type Dialect, guessDelimiter, separated } from './dialect.js';
import type { CsvForm } from './form.js';
import { isHeader } from './header.js';
import type { Body } from './label.js';
import type { CsvNote, ReadOptions } from './options.js';
import { type Speak, eachRecord } from './records.js';
import { type Table, readTable } from './table.js';

/** Records something that was guessed, left out or filled in. */
export type Note = (option: CsvNote['option'], text: string, guessed?: boolean) => void;

/** Options that the caller of a reading adds. */
interface Opening {
  /** Words that are always kept, however many there are. */
  readonly known: readonly string[];
  readonly speak: Speak;
  readonly note: Note;
}

/** Reads the table of a file; encoding and dialect are guessed unless the options state them. */
export function tableOf(content: Content, options: ReadOptions, opening: Opening): Table {
  const encoding = encodingOf(options.name, content);
  try {
    return tableIn(content, encoding, options, opening);
  } catch (error) {
    if (!(error instanceof NotUtf8)) throw error;
    return tableIn(content, FALLBACK, options, opening);
  }
}

function tableIn(content: Content, encoding: Encoding, options: ReadOptions, opening: Opening): Table {
  const { name, quote } = options;
  const { known, speak, note } = opening;
  const whole = textHead(textOf(content, encoding));
  const { text, delimiter: stated, lines: skipped } = separated(whole);
  const delimiter = named(options.delimiter) || (stated ?? guessDelimiter(text, quote));
  const form = { delimiter, quote };
  const guess = new DecimalGuess(delimiter);
  if (options.decimal === 'auto') guessIn(name, text, form, guess, speak);
  const decimal = options.decimal === 'auto' ? guess.mark : options.decimal;
  const pieces = withoutLines(textOf(content, encoding), whole.length - text.length);
  const table = readTable(name, pieces, { ...form, decimal }, { skipped, known, speak });
  if (encoding.guessed !== undefined) note('encoding', encoding.guessed);
  if (options.delimiter === '' && stated === undefined && delimiter !== ',') {
    note('delimiter', DELIMITERS[delimiter] ?? delimiter);
  }
  if (options.decimal === 'auto' && decimal === ',') note('decimal', 'comma');
  if (table.lines.length > 0) return table;
  const expected = 'at least one line';
  throw new NormtapeError({ where: name, expected, received: text.slice(0, 60) });
}

const DELIMITERS: Readonly<Record<string, string>> = {
  '\t': 'tab',
  ';': 'semicolon',
  '|': 'bar',
  ' ': 'any run of blanks',
};

/** A delimiter given by name on a command line, because a tab is hard to type. */
const named = (delimiter: string): string =>
  delimiter === 'tab' || delimiter === '\\t' ? '\t' : delimiter === 'space' ? ' ' : delimiter;

/** The most lines, and the most characters, that a guess of the decimal mark looks at. */
const LINES = 500;
const HEAD = 1 << 22;

/** The beginning of a text. */
function textHead(pieces: Iterable<string>): string {
  const head: string[] = [];
  let length = 0;
  for (const piece of pieces) {
    head.push(piece);
    length += piece.length;
    if (length >= HEAD) break;
  }
  return head.join('');
}

/** A text without its first few characters. */
function* withoutLines(pieces: Iterable<string>, skipped: number): Generator<string, void> {
  let left = skipped;
  for (const piece of pieces) {
    yield piece.slice(left);
    left = Math.max(0, left - piece.length);
  }
}

/**
 * Shows the first lines to the guess. Errors are ignored here, since the last line may be cut off; reading reports real
 * ones.
 */
function guessIn(
  where: string,
  head: string,
  dialect: Pick<Dialect, 'delimiter' | 'quote'>,
  guess: DecimalGuess,
  speak: Speak,
): void {
  let lines = 0;
  const visit = (cells: readonly string[]): boolean => guess.observe(cells) && ++lines < LINES;
  const pieces = Array.from({ length: Math.ceil(head.length / PIECE) }, (_, i) =>
    head.slice(i * PIECE, (i + 1) * PIECE),
  );
  try {
    eachRecord(where, pieces, dialect, visit, { speak });
  } catch (error) {
    if (!(error instanceof NormtapeError)) throw error;
  }
}

/** The rows of a table below its header row, if it has one. */
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
    note('header', isNamed ? `line ${lines[0]} is a header row` : `none, line ${lines[0]} is a sample`);
  }
  return {
    columns,
    names: isNamed ? first : undefined,
    places: isNamed ? placesOf(first) : new Map(),
    from: isNamed ? 1 : 0,
    rows: lines.length,
  };
}

function placesOf(names: readonly string[]): ReadonlyMap<string, number> {
  const places = new Map<string, number>();
  names.forEach((name, i) => places.set(name, places.has(name) ? -1 : i));
  return places;
}
