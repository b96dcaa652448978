import CliTable from 'cli-table3';
import { escaped } from '../../escape.js';

/** A table of texts, for the terminal and for the page. */
export interface Table {
  readonly columns: readonly Column[];
  readonly rows: readonly Row[];
}

export interface Column {
  readonly title: string;
  /** The alignment; right by default. */
  readonly align?: 'left' | 'right';
}

export interface Row {
  readonly cells: readonly string[];
  /** The line whose ink marks the row on the page. */
  readonly name?: string;
  /** The columns whose cells are marked as best, and those marked as bad. */
  readonly best?: readonly number[];
  readonly bad?: readonly number[];
}

/** The table with the control characters in its texts escaped, so that each cell is one line. */
export const inLines = ({ columns, rows }: Table): Table => ({
  columns: columns.map((column) => ({ ...column, title: escaped(column.title) })),
  rows: rows.map((row) => ({ ...row, cells: row.cells.map(escaped) })),
});

/** The table as text for the terminal. */
export function inTerminal({ columns, rows }: Table): string {
  const made = new CliTable({
    head: columns.map(({ title }) => title),
    colAligns: columns.map(({ align = 'right' }) => align),
    style: { head: [], border: [], compact: true },
  });
  made.push(...rows.map(({ cells }) => [...cells]));
  return made.toString();
}
