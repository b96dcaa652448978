import { type CsvError, parse } from 'csv-parse/browser/esm/sync';
import { NormtapeError } from '../../error.js';
import type { Dialect } from './dialect.js';

/** What hears of each line that is not empty: its cells, and its number in the file. */
export type Visit = (cells: readonly string[], line: number) => void;

/** How an error names an option: as code does, or as the command does. */
export type Speak = (option: string, value?: string) => string;

/**
 * Reads the cells of a text (RFC 4180, with line ends of any kind) line by line, so that no list of all cells is made.
 * Lines whose cells are all empty are passed over. Throws if quotes are wrong.
 *
 * @param skipped how many lines of the file stood above the text.
 */
export function eachRecord(
  where: string,
  text: string,
  { delimiter, quote }: Pick<Dialect, 'delimiter' | 'quote'>,
  visit: Visit,
  { skipped = 0, most, speak }: { skipped?: number; most?: number | undefined; speak: Speak },
): void {
  const blanks = delimiter === ' ';
  const source = blanks ? text.replace(/^[ \t]+|[ \t]+$/gm, '').replace(/[ \t]+/g, ' ') : text;
  try {
    parse(new TextEncoder().encode(source), {
      delimiter,
      quote: quote === '' ? false : quote,
      escape: quote === '' ? '"' : quote,
      record_delimiter: ['\r\n', '\n', '\r'],
      relax_column_count: true,
      skip_empty_lines: true,
      // A tab that delimits is no blank.
      trim: !blanks && delimiter !== '\t',
      ...(most !== undefined && { to: most }),
      on_record: (record: readonly string[], { lines }: { readonly lines: number }) => {
        const cells = record.map((cell) => cell.trim());
        if (cells.some((cell) => cell !== '')) visit(cells, lines + skipped);
        return null;
      },
    });
  } catch (error) {
    if (error instanceof NormtapeError) throw error;
    const { code, lines } = error as CsvError & { readonly lines?: number };
    const quotes = String(code).includes('QUOTE');
    const line = lines === undefined ? undefined : source.split(/\r\n|\n|\r/)[lines - 1];
    throw new NormtapeError({
      where: lines === undefined ? where : `${where}: line ${lines + skipped}`,
      expected: quotes
        ? 'quotes that enclose a whole cell and are closed'
        : 'cells with delimiters between them',
      received: line?.slice(0, 60) ?? String(error),
      hint: quotes
        ? `Inside quotes, a quote is written twice; ${speak('quote', '')} takes quotes as letters. What stands between two cells is said by ${speak('delimiter')}.`
        : undefined,
    });
  }
}
