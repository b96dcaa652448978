import Table from 'cli-table3';

/** A table at most as wide as the screen, unless a word is too long for that. */
export function fittedTable(
  width: number,
  head: readonly string[],
  rows: readonly (readonly string[])[],
): string {
  const columns = head.map((title, column) => [title, ...rows.map((row) => row[column]!)]);
  const colWidths = fit(columns, Math.max(width, 60) - head.length - 1);
  const made = new Table({ head: [...head], colWidths, wordWrap: true, style: PLAIN });
  made.push(...rows.map((row) => [...row]));
  return made.toString();
}

/** Column widths that fill `room`: a column of short texts takes what it needs, and the others share the rest. */
function fit(columns: readonly (readonly string[])[], room: number): number[] {
  const widest = (texts: readonly string[]): number => 2 + Math.max(...texts.map(({ length }) => length));
  const needs = columns.map((texts, column) => ({
    column,
    least: widest(texts.flatMap((text) => text.split(' '))),
    most: widest(texts),
  }));
  const widths = columns.map(() => 0);
  let left = room;
  needs
    .sort((a, b) => a.most - b.most)
    .forEach(({ column, least, most }, i) => {
      // Reserve the least width that each remaining column needs.
      const reserved = needs.slice(i + 1).reduce((sum, later) => sum + later.least, 0);
      const fair = Math.floor(left / (needs.length - i));
      widths[column] = Math.max(least, Math.min(most, fair, left - reserved));
      left -= widths[column];
    });
  return widths;
}

const PLAIN = { head: [], border: [], compact: true };
