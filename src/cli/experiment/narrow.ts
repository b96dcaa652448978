import { type Table, inLines } from '../report/table.js';

/** How wide the tables of experiments may be in the terminal. */
export const WIDTH = 80;

/** How much wider a column is than its text: two blanks and a line. */
const FRAME = 3;

/** No name is broken into pieces shorter than this. */
const SHORTEST = 10;

/**
 * The table with its words broken into lines where it would be wider than `width` characters: the cells of left-aligned
 * columns, such as long names, and the titles of all; the widest column is broken first. Numbers are left whole.
 */
export function narrowed(table: Table, width = WIDTH): Table {
  const { columns, rows } = inLines(table);
  const left = columns.map(({ align }) => align === 'left');
  const content = columns.map((_, i) => Math.max(0, ...rows.map(({ cells }) => longest(cells[i] ?? ''))));
  const least = content.map((own, i) => (left[i] ? SHORTEST : Math.max(own, SHORTEST)));
  const widths = columns.map(({ title }, i) => Math.max(longest(title), content[i]!));
  for (let excess = widths.reduce((sum, own) => sum + own + FRAME, 1) - width; excess > 0; excess--) {
    const [widest] = [...widths.keys()]
      .filter((i) => widths[i]! > least[i]!)
      .sort((a, b) => widths[b]! - widths[a]!);
    if (widest === undefined) break;
    widths[widest]!--;
  }
  return {
    columns: columns.map((column, i) => ({ ...column, title: broken(column.title, widths[i]!) })),
    rows: rows.map((row) => ({
      ...row,
      cells: row.cells.map((cell, i) => (left[i] ? broken(cell, widths[i]!) : cell)),
    })),
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
