import { NormtapeError } from '../../error.js';
import type { Dialect } from './dialect.js';

/**
 * Called for each line that is not empty, with its trimmed cells and its number in the file. The list of cells is
 * reused for the next line. Returning false ends the reading.
 */
type Visit = (cells: readonly string[], line: number) => unknown;

/** Formats an option in an error, as written in code or on the command line. */
export type Speak = (option: string, value?: string) => string;

/** The most characters in a cell: a quote that is not closed would put the rest of the file into one cell. */
const LONGEST_CELL = 1 << 20;

/** The most cells in a line. */
const MOST_COLUMNS = 1 << 20;

/** The number of characters of a line that an error shows. */
const SHOWN = 60;

const [TAB, LINE_FEED, FORM_FEED, CARRIAGE_RETURN, BLANK] = [9, 10, 12, 13, 32] as const;

/**
 * Reads the cells of a text (RFC 4180, with any line endings) in pieces, and keeps only the cells of one line. Lines
 * with only empty cells are skipped.
 *
 * @param skipped the number of lines of the file above the text.
 * @throws if quotes are wrong, or a cell or a line is too long.
 */
export function eachRecord(
  where: string,
  pieces: Iterable<string>,
  dialect: Pick<Dialect, 'delimiter' | 'quote'>,
  visit: Visit,
  { skipped = 0, speak }: { skipped?: number; speak: Speak },
): void {
  const reader = new Reader(where, dialect, visit, skipped + 1, speak);
  for (const piece of pieces) if (!reader.read(piece, false)) return;
  reader.read('', true);
}

class Reader {
  readonly #where: string;
  readonly #delimiter: string;
  readonly #quote: string;
  readonly #visit: Visit;
  readonly #speak: Speak;
  readonly #isBlanks: boolean;
  /** Whether blanks around a quoted cell are ignored; a tab that is the delimiter is not a blank. */
  readonly #trims: boolean;
  readonly #cells: string[] = [];
  #count = 0;
  /** Whether a cell of the line is not empty. */
  #isFull = false;
  #line: number;
  /** The text from the beginning of a cell that has not ended yet. */
  #rest = '';
  /** The beginning of the line, if it is no longer in the current text. */
  #head: string | undefined;

  constructor(
    where: string,
    { delimiter, quote }: Pick<Dialect, 'delimiter' | 'quote'>,
    visit: Visit,
    line: number,
    speak: Speak,
  ) {
    this.#where = where;
    this.#delimiter = delimiter;
    this.#quote = quote;
    this.#isBlanks = delimiter === ' ';
    this.#trims = delimiter !== '\t';
    this.#visit = visit;
    this.#line = line;
    this.#speak = speak;
  }

  /** Reads the next piece; `isLast` if none follows. Returns false if the visitor ended the reading. */
  read(piece: string, isLast: boolean): boolean {
    const text = this.#rest + piece;
    const { length } = text;
    const margin = Math.max(this.#delimiter.length, this.#quote.length, 2);
    let [at, begin] = [0, 0];
    while (at < length || (isLast && this.#count > 0)) {
      const head = (): string => this.#head ?? beginning(text, begin);
      const from = this.#trims ? this.#skip(text, at) : at;
      const isQuoted = this.#isAt(this.#quote, text, from);
      const end = isQuoted ? this.#closed(text, from, isLast) : this.#ended(text, from, head);
      if (end < 0 && isLast) throw this.#wrongQuotes(head());
      const stop = end >= 0 && (isQuoted ? this.#trims : this.#isBlanks) ? this.#skip(text, end) : end;
      // The piece may end within a mark after the cell: if so, read the cell again with the next piece.
      const isCut = !isLast && (stop < 0 || stop + margin > length);
      this.#demandShort((isCut ? length : stop) - at, isQuoted, head);
      if (isCut) break;
      const code = text.charCodeAt(stop);
      const endsLine = stop >= length || code === LINE_FEED || code === CARRIAGE_RETURN;
      const goesOn = endsLine || (this.#isBlanks && stop > end) || this.#isAt(this.#delimiter, text, stop);
      if (!goesOn && isQuoted) throw this.#wrongQuotes(head());
      this.#add(isQuoted ? this.#unquoted(text, from, end) : trimmed(text, from, end));
      if (endsLine) {
        if (!this.#finish()) return false;
        at = stop + (code === CARRIAGE_RETURN && text.charCodeAt(stop + 1) === LINE_FEED ? 2 : 1);
        begin = at;
      } else at = this.#isBlanks ? stop : stop + this.#delimiter.length;
    }
    if (this.#count > 0) this.#head ??= beginning(text, begin);
    this.#rest = at < length ? text.slice(at) : '';
    return true;
  }

  /** The position after the quote that closes a cell; −1 if it is not in the text yet. */
  #closed(text: string, from: number, isLast: boolean): number {
    const quote = this.#quote;
    for (let at = from + quote.length; ; at += 2 * quote.length) {
      at = text.indexOf(quote, at);
      const end = at + quote.length;
      if (at < 0 || (!isLast && end + quote.length > text.length)) return -1;
      if (!this.#isAt(quote, text, end)) return end;
    }
  }

  /** The position where a cell without quotes ends. */
  #ended(text: string, from: number, head: () => string): number {
    const delimiter = this.#delimiter.charCodeAt(0);
    const quote = this.#quote.charCodeAt(0);
    for (let at = from; at < text.length; at++) {
      const code = text.charCodeAt(at);
      if (code === LINE_FEED || code === CARRIAGE_RETURN) return at;
      if (code === delimiter && this.#isAt(this.#delimiter, text, at)) return at;
      if (code === TAB && this.#isBlanks) return at;
      if (code === quote && this.#isAt(this.#quote, text, at)) throw this.#wrongQuotes(head());
    }
    return text.length;
  }

  #isAt(mark: string, text: string, at: number): boolean {
    return mark.length === 1 ? text[at] === mark : mark !== '' && text.startsWith(mark, at);
  }

  /** The position of the first character from `at` on that is not a blank. */
  #skip(text: string, at: number): number {
    let place = at;
    while (isBlank(text.charCodeAt(place)) && (this.#isBlanks || !this.#isAt(this.#delimiter, text, place))) {
      place++;
    }
    return place;
  }

  #unquoted(text: string, from: number, end: number): string {
    const quote = this.#quote;
    const inner = text.slice(from + quote.length, end - quote.length);
    if (/[\r\n]/.test(inner)) this.#line += inner.match(/\r\n|\n|\r/g)!.length;
    return (inner.includes(quote) ? inner.replaceAll(quote + quote, quote) : inner).trim();
  }

  #add(cell: string): void {
    if (this.#count === MOST_COLUMNS) {
      throw new NormtapeError({
        where: `${this.#where}: line ${this.#line}`,
        expected: `at most ${MOST_COLUMNS} columns`,
        received: 'more columns',
        hint: `Each line is one sample. Set the delimiter by ${this.#speak('delimiter')}.`,
      });
    }
    this.#cells[this.#count++] = cell;
    this.#isFull ||= cell !== '';
  }

  #finish(): boolean {
    if (this.#cells.length !== this.#count) this.#cells.length = this.#count;
    const goesOn = !this.#isFull || this.#visit(this.#cells, this.#line) !== false;
    this.#count = 0;
    this.#isFull = false;
    this.#head = undefined;
    this.#line++;
    return goesOn;
  }

  #demandShort(length: number, isQuoted: boolean, head: () => string): void {
    if (length <= LONGEST_CELL) return;
    if (isQuoted) throw this.#wrongQuotes(head(), ` within ${LONGEST_CELL} characters`);
    throw new NormtapeError({
      where: `${this.#where}: line ${this.#line}`,
      expected: `cells of at most ${LONGEST_CELL} characters`,
      received: head(),
      hint: `Set the delimiter by ${this.#speak('delimiter')}.`,
    });
  }

  #wrongQuotes(received: string, within = ''): NormtapeError {
    return new NormtapeError({
      where: `${this.#where}: line ${this.#line}`,
      expected: `quotes that enclose a whole cell and are closed${within}`,
      received,
      hint: `Inside quotes, a quote is written twice; ${this.#speak('quote', '')} reads quotes as letters. Set the delimiter by ${this.#speak('delimiter')}.`,
    });
  }
}

/** The beginning of a line, as an error shows it. */
const beginning = (text: string, from: number): string =>
  text.slice(from, from + SHOWN).split(/[\r\n]/, 1)[0]!;

const isBlank = (code: number): boolean => code === BLANK || code === TAB || code === FORM_FEED;

/** A part of a text without the white space around it. */
function trimmed(text: string, from: number, end: number): string {
  const cell = text.slice(from, end);
  return isPlain(text.charCodeAt(from)) && isPlain(text.charCodeAt(end - 1)) ? cell : cell.trim();
}

const isPlain = (code: number): boolean => code > BLANK && code < 128;
