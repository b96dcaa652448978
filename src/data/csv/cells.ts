/** The most different words of one column that no other column has; more are identifiers of rows. */
export const MOST_WORDS = 1 << 18;

/** The most different words of a file. */
const MOST_IN_ALL = 1 << 21;

/** The number of cells in a block, unless a few rows have more. */
const BLOCK = 1 << 18;
const LEAST_ROWS = 8;

/** Which half of a float64 holds its low bits. */
const LOW = new Uint8Array(Uint32Array.of(1).buffer)[0] === 1 ? 0 : 1;

/** The indices of the first words: the empty word, and the one that stands for all words beyond the limit. */
const [NOTHING, OTHER] = [0, 1] as const;

/**
 * Cells by row and column, 8 bytes each: a finite number, or a NaN whose low bits are the index of a word. Each word is
 * kept once. Blocks of rows are added while a file is read, column by column, so that nothing is ever copied.
 */
export class Cells {
  readonly #shift: number;
  readonly #mask: number;
  readonly #numbers: Float64Array[] = [];
  readonly #bits: Uint32Array[] = [];
  readonly #places = new Map<string, number>();
  readonly #words: string[] = ['', '…'];
  /** The number that each word spells; NaN for most. */
  readonly #values: number[] = [NaN, NaN];
  readonly #isMissing: boolean[] = [true, false];
  /** For each column: how many words it was the first to have. */
  readonly #own: Uint32Array;
  readonly #crowded = new Set<number>();

  /** @param isMissing whether a word means a missing value. */
  constructor(
    readonly width: number,
    readonly isMissing: (word: string) => boolean,
  ) {
    const rows = Math.max(BLOCK / width, LEAST_ROWS);
    this.#shift = Math.floor(Math.log2(rows));
    this.#mask = 2 ** this.#shift - 1;
    this.#own = new Uint32Array(width);
  }

  /** Allocates blocks up to this row. */
  ensure(row: number): void {
    if (row >> this.#shift < this.#numbers.length) return;
    const block = new Float64Array(this.width << this.#shift);
    this.#numbers.push(block);
    this.#bits.push(new Uint32Array(block.buffer));
  }

  setNumber(row: number, column: number, value: number): void {
    this.#numbers[row >> this.#shift]![(column << this.#shift) + (row & this.#mask)] = value;
  }

  /** @param value the number that the word spells, if float64 would lose some of its digits. */
  setWord(row: number, column: number, word: string, value = NaN): void {
    const place = this.#place(word, value, row, column);
    if (place === OTHER && !Number.isNaN(value)) return this.setNumber(row, column, value);
    const at = (column << this.#shift) + (row & this.#mask);
    this.#numbers[row >> this.#shift]![at] = NaN;
    this.#bits[row >> this.#shift]![2 * at + LOW] = place;
  }

  /** The number in a cell; NaN if it is a word. */
  number(row: number, column: number): number {
    const value = this.#numbers[row >> this.#shift]![(column << this.#shift) + (row & this.#mask)]!;
    return value === value ? value : this.#values[this.place(row, column)]!;
  }

  /** The index of the word in a cell; −1 for a number. */
  place(row: number, column: number): number {
    const at = (column << this.#shift) + (row & this.#mask);
    const value = this.#numbers[row >> this.#shift]![at]!;
    return value === value ? -1 : this.#bits[row >> this.#shift]![2 * at + LOW]!;
  }

  wordAt(place: number): string {
    return this.#words[place]!;
  }

  valueAt(place: number): number {
    return this.#values[place]!;
  }

  isMissingAt(place: number): boolean {
    return place >= 0 && this.#isMissing[place]!;
  }

  /** Whether a column has so many different words that some were not kept. */
  isCrowded(column: number): boolean {
    return this.#crowded.has(column);
  }

  /** Keeps these words, whatever the limit. */
  keepAll(words: Iterable<string>): void {
    for (const word of words) if (!this.#places.has(word)) this.#keep(word, NaN);
  }

  #place(word: string, value: number, row: number, column: number): number {
    if (word === '') return NOTHING;
    const known = this.#places.get(word);
    if (known !== undefined) {
      if (!Number.isNaN(value)) this.#values[known] = value;
      return known;
    }
    const isFull = this.#own[column]! >= MOST_WORDS || this.#words.length >= MOST_IN_ALL;
    if (isFull && row > 0 && !this.isMissing(word)) {
      this.#crowded.add(column);
      return OTHER;
    }
    this.#own[column]!++;
    return this.#keep(word, value);
  }

  #keep(word: string, value: number): number {
    // A slice would keep the whole text in memory.
    const own = ` ${word}`.slice(1);
    const place = this.#words.push(own) - 1;
    this.#places.set(own, place);
    this.#values.push(value);
    this.#isMissing.push(this.isMissing(own));
    return place;
  }
}
