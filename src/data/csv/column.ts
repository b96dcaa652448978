import type { Cells } from './cells.js';

/** The cells of a column: numbers and words. */
export class Column {
  /** The counts of numbers and words below the first row. */
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

  /** The number in a cell; NaN if it is a word. */
  number(row: number): number {
    return this.cells.number(row, this.position);
  }

  /** The cell as text: the number 1.0 is "1"; a missing value is empty. */
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

  /** The kind of the cells from the first or the second row on. */
  kind(from: 0 | 1): 'numbers' | 'words' | 'mixed' | 'nothing' {
    const numbers = this.#numbers + Number(from === 0 && this.isNumber(0));
    const words = this.#words + Number(from === 0 && this.isWord(0));
    if (words === 0) return numbers === 0 ? 'nothing' : 'numbers';
    return numbers === 0 ? 'words' : 'mixed';
  }

  /** Whether any cell from a row on is a missing value. */
  hasGaps(from: 0 | 1, rows: number): boolean {
    return rows - 1 > this.#numbers + this.#words || (from === 0 && this.isMissing(0));
  }

  /** Whether the word in the first cell occurs again below. */
  isRepeated(rows: number): boolean {
    const place = this.cells.place(0, this.position);
    for (let row = 1; row < rows; row++) if (this.cells.place(row, this.position) === place) return true;
    return false;
  }

  /** The different values in these rows, without missing ones: numbers in order, and indices of words. */
  distinct(rows: ArrayLike<number>): {
    readonly numbers: Float64Array;
    readonly places: readonly number[];
    /** The number of cells that are not missing. */
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
