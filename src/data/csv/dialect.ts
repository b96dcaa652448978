/** How the cells of a file are written. */
export interface Dialect {
  /** ' ' stands for any run of blanks. */
  readonly delimiter: string;
  readonly decimal: '.' | ',';
  /** Empty if cells are never quoted. */
  readonly quote: string;
}

/** The line that Excel writes above a table to name the delimiter, such as "sep=;". */
const SEPARATOR = /^sep=(.)\r?\n/i;

/** Splits off a first line such as "sep=;": the text below it, its delimiter, and the number of lines it took. */
export function separated(text: string): {
  readonly text: string;
  readonly delimiter?: string | undefined;
  readonly lines: number;
} {
  const found = SEPARATOR.exec(text);
  return found
    ? { text: text.slice(found[0].length), delimiter: found[1], lines: 1 }
    : { text, delimiter: undefined, lines: 0 };
}

/**
 * The candidates for a delimiter, in order of preference. The comma is last: if another is as regular, it is a decimal
 * mark.
 */
const CANDIDATES = ['\t', ';', '|', ','];

/** The number of characters and of lines that a guess looks at. */
const SAMPLE = 1 << 16;
const LINES = 200;

/** The delimiter that occurs equally often in the most lines, outside quotes; a comma if there is none. */
export function guessDelimiter(text: string, quote: string): string {
  const whole = text.slice(0, SAMPLE);
  const lines = linesOf(whole, quote);
  if (text.length > SAMPLE && lines.length > 1) lines.pop();
  const sample = lines.slice(0, LINES);
  const regularity = (delimiter: string): number =>
    shareOfMode(sample.map((line) => fieldsOf(line, delimiter)));
  const ranked = CANDIDATES.map((delimiter) => ({ delimiter, share: regularity(delimiter) }))
    .filter(({ share }) => share > 0)
    .sort((a, b) => b.share - a.share);
  const [best] = ranked;
  // Runs of blanks may contain tabs.
  if ((best?.share ?? 0) < 0.9 && regularity(' ') === 1) return ' ';
  return best?.delimiter ?? ',';
}

/** The lines that are not blank, without their quoted cells. */
function linesOf(text: string, quote: string): string[] {
  const mark = quote === '' ? undefined : quote;
  // A quote encloses a cell only at its beginning; within a cell it is a letter.
  const bare = mark === undefined ? text : text.replaceAll(enclosed(mark), '$1Q');
  return bare.split(/\r\n|\n|\r/).filter((line) => line.trim() !== '');
}

const enclosed = (mark: string): RegExp => {
  const q = mark.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&');
  return new RegExp(`(^|[\\t;|, \\r\\n])${q}(?:[^${q}]|${q}${q})*${q}`, 'g');
};

const fieldsOf = (line: string, delimiter: string): number =>
  delimiter === ' ' ? line.trim().split(/\s+/).length : line.split(delimiter).length;

/** The share of the lines with the most frequent number of fields; 0 if that number is 1. */
function shareOfMode(counts: readonly number[]): number {
  const frequencies = new Map<number, number>();
  for (const count of counts) frequencies.set(count, (frequencies.get(count) ?? 0) + 1);
  const [mode = 1, frequency = 0] = [...frequencies].sort((a, b) => b[1] - a[1] || b[0] - a[0])[0] ?? [];
  return mode === 1 ? 0 : frequency / counts.length;
}

/**
 * Guesses the decimal mark of cells: a comma if some numbers have a comma and none has a point. Between commas as
 * delimiters, "1,234" may be one thousand: such cells alone decide nothing.
 */
export class DecimalGuess {
  #commas = 0;
  #points = 0;

  constructor(readonly delimiter: string) {}

  /** Counts the decimal marks in the cells of a line; false once a number with a point has decided. */
  observe(cells: readonly string[]): boolean {
    for (const cell of cells) {
      if (/^[+-]?\d*\.\d+(e[+-]?\d+)?$/i.test(cell)) this.#points++;
      const isComma = /^[+-]?\d*,\d+(e[+-]?\d+)?$/i.test(cell);
      const mayBeThousands = this.delimiter === ',' && /^[+-]?[1-9]\d{0,2},\d{3}$/.test(cell);
      if (isComma && !mayBeThousands) this.#commas++;
    }
    return this.#points === 0;
  }

  get mark(): '.' | ',' {
    return this.#commas > 0 && this.#points === 0 ? ',' : '.';
  }
}

const NUMBER = { '.': /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i, ',': /^[+-]?(\d+,?\d*|,\d+)(e[+-]?\d+)?$/i };

/** The number in a cell; NaN if it is not a number, or too large for float64. */
export function numberOf(cell: string, decimal: '.' | ','): number {
  const short = shortNumber(cell, decimal);
  if (!Number.isNaN(short) || !NUMBER[decimal].test(cell)) return short;
  const value = Number(decimal === ',' ? cell.replace(',', '.') : cell);
  return Number.isFinite(value) ? value : NaN;
}

/**
 * Numbers of up to 15 digits: both the digits without the mark (below 2^53) and the power of ten are exact, so the
 * quotient is rounded once.
 */
const SHORT = 15;
const POWERS = Array.from({ length: SHORT + 1 }, (_, i) => 10 ** i);
const [ZERO, NINE, MINUS] = [48, 57, 45] as const;

/** The value of a few digits with a decimal mark; NaN for longer numbers and other formats. */
function shortNumber(cell: string, decimal: '.' | ','): number {
  const mark = decimal.charCodeAt(0);
  const isNegative = cell.charCodeAt(0) === MINUS;
  let [whole, digits, after] = [0, 0, -1];
  if (cell.length > SHORT + 2) return NaN;
  for (let i = Number(isNegative); i < cell.length; i++) {
    const code = cell.charCodeAt(i);
    if (code >= ZERO && code <= NINE) {
      whole = 10 * whole + (code - ZERO);
      digits++;
    } else if (code === mark && after < 0) after = digits;
    else return NaN;
  }
  if (digits === 0 || digits > SHORT) return NaN;
  const value = after < 0 ? whole : whole / POWERS[digits - after]!;
  return isNegative ? -value : value;
}
