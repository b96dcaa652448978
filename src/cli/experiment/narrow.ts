import { type Table, inLines } from '../report/table.js';

/** The largest width of experiment tables in the terminal. */
export const WIDTH = 80;

/** The width of a column beyond its text: two blanks and a border. */
const FRAME = 3;

/** Names are never broken into pieces shorter than this. */
const SHORTEST = 10;

/**
 * The table with its texts broken into lines, if it is wider than `width` characters: the cells of left-aligned
 * columns, such as long names, and all titles; the widest column is broken first. Numbers are never broken.
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

/**
 * Breaks a text into lines of at most `width` characters: after a blank, a comma, a colon or an underscore, if
 * possible.
 */
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
