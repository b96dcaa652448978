import type { Table } from '../report/table.js';

/** How wide the tables of experiments may be in the terminal. */
export const WIDTH = 80;

/** What a column needs beside its words: two blanks and a line. */
const FRAME = 3;

/** No name is broken into pieces shorter than this. */
const SHORTEST = 10;

/**
 * The table with the words of its left-aligned columns, such as long names, broken into lines where it would be wider
 * than `width` characters; the widest is broken first. Numbers are left whole.
 */
export function narrowed(table: Table, width = WIDTH): Table {
  const widths = table.columns.map(({ title }, i) =>
    Math.max(title.length, ...table.rows.map(({ cells }) => longest(cells[i] ?? ''))),
  );
  const left = table.columns.flatMap(({ align }, i) => (align === 'left' ? [i] : []));
  for (;;) {
    const excess = widths.reduce((sum, own) => sum + own + FRAME, 1) - width;
    const [widest] = left
      .filter((i) => widths[i]! > SHORTEST)
      .sort((a, b) => widths[b]! - widths[a]!);
    if (excess <= 0 || widest === undefined) break;
    widths[widest]!--;
  }
  const fitted = (text: string, i: number): string => (left.includes(i) ? broken(text, widths[i]!) : text);
  return {
    columns: table.columns.map((column, i) => ({ ...column, title: fitted(column.title, i) })),
    rows: table.rows.map((row) => ({ ...row, cells: row.cells.map(fitted) })),
  };
}

const longest = (text: string): number => Math.max(...text.split('\n').map((line) => line.length));

/** Text in lines of at most so many characters: broken behind a blank, a comma, a colon or an underscore, if there is one. */
function broken(text: string, width: number): string {
  if (longest(text) <= width) return text;
  const lines = [''];
  for (const piece of text.split(/(?<=[ ,:_])/).flatMap((piece) => cut(piece, width))) {
    if ((lines.at(-1)! + piece).trimEnd().length > width) lines.push('');
    lines[lines.length - 1] += piece;
  }
  return lines.map((line) => line.trimEnd()).join('\n');
}

const cut = (piece: string, width: number): readonly string[] =>
  Array.from({ length: Math.ceil(piece.length / width) }, (_, i) => piece.slice(i * width, (i + 1) * width));
