import CliTable from 'cli-table3';
import { escaped } from '../../escape.js';

/** Rows of words: the same in the terminal and on the page. */
export interface Table {
  readonly columns: readonly Column[];
  readonly rows: readonly Row[];
}

export interface Column {
  readonly title: string;
  /** Left out: right. */
  readonly align?: 'left' | 'right';
}

export interface Row {
  readonly cells: readonly string[];
  /** The line whose ink marks the row on the page. */
  readonly name?: string;
  /** The columns to praise, and those to warn of. */
  readonly best?: readonly number[];
  readonly bad?: readonly number[];
}

/** The table with the control characters in its names escaped, so that each cell is one line. */
export const inLines = ({ columns, rows }: Table): Table => ({
  columns: columns.map((column) => ({ ...column, title: escaped(column.title) })),
  rows: rows.map((row) => ({ ...row, cells: row.cells.map(escaped) })),
});

/** A table for the terminal. */
export function inTerminal({ columns, rows }: Table): string {
  const made = new CliTable({
    head: columns.map(({ title }) => title),
    colAligns: columns.map(({ align = 'right' }) => align),
    style: { head: [], border: [], compact: true },
  });
  made.push(...rows.map(({ cells }) => [...cells]));
  return made.toString();
}
