import type { Cells } from './cells.js';

/** The cells of a column: numbers where they say numbers, and words elsewhere. */
export class Column {
  /** How many cells below the first are numbers, and how many are words. */
  #numbers = 0;
  #words = 0;

  constructor(
    readonly cells: Cells,
    readonly position: number,
  ) {}

  /** Counts a cell that was set. */
  count(row: number): void {
    if (row === 0) return;
    if (this.isNumber(row)) this.#numbers++;
    else if (!this.isMissing(row)) this.#words++;
  }

  /** NaN if the cell says no number. */
  number(row: number): number {
    return this.cells.number(row, this.position);
  }

  /** The cell as one writes it: 1.0 is "1"; empty if there was nothing. */
  title(row: number): string {
    const place = this.cells.place(row, this.position);
    return place < 0 ? String(this.number(row)) : this.cells.wordAt(place);
  }

  isNumber(row: number): boolean {
    return !Number.isNaN(this.number(row));
  }

  isMissing(row: number): boolean {
    return this.cells.isMissingAt(this.cells.place(row, this.position));
  }

  isWord(row: number): boolean {
    return !this.isNumber(row) && !this.isMissing(row);
  }

  /** Whether there are so many different words that some were not kept. */
  get isCrowded(): boolean {
    return this.cells.isCrowded(this.position);
  }

  /** What the cells from a row on, the first or the second, are: numbers, words, both, or nothing at all. */
  kind(from: 0 | 1): 'numbers' | 'words' | 'mixed' | 'nothing' {
    const numbers = this.#numbers + Number(from === 0 && this.isNumber(0));
    const words = this.#words + Number(from === 0 && this.isWord(0));
    if (words === 0) return numbers === 0 ? 'nothing' : 'numbers';
    return numbers === 0 ? 'words' : 'mixed';
  }

  /** Whether a cell from a row on, of so many rows in all, says neither a number nor a word. */
  hasGaps(from: 0 | 1, rows: number): boolean {
    return rows - 1 > this.#numbers + this.#words || (from === 0 && this.isMissing(0));
  }

  /** Whether the first cell, a word, comes again. */
  comesAgain(rows: number): boolean {
    const place = this.cells.place(0, this.position);
    for (let row = 1; row < rows; row++) if (this.cells.place(row, this.position) === place) return true;
    return false;
  }

  /** The different values in these rows, their missing cells left out: numbers in their order, and places of words. */
  distinct(rows: ArrayLike<number>): {
    readonly numbers: Float64Array;
    readonly places: readonly number[];
    /** How many cells say something. */
    readonly present: number;
  } {
    const numbers = new Float64Array(rows.length);
    const places = new Set<number>();
    let [count, missing] = [0, 0];
    for (let i = 0; i < rows.length; i++) {
      const place = this.cells.place(rows[i]!, this.position);
      if (place < 0) numbers[count++] = this.number(rows[i]!);
      else if (this.cells.isMissingAt(place)) missing++;
      else places.add(place);
    }
    const sorted = numbers.subarray(0, count).sort();
    let kept = 0;
    for (const value of sorted) if (kept === 0 || value !== sorted[kept - 1]) sorted[kept++] = value;
    return { numbers: sorted.subarray(0, kept), places: [...places], present: rows.length - missing };
  }
}
