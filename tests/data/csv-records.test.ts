import { expect } from 'chai';
import { parse } from 'csv-parse/sync';
import fc from 'fast-check';
import { eachRecord } from '../../src/data/csv/records.js';
import { NormtapeError } from '../../src/error.js';
import { runs } from '../support/runs.js';

type Line = readonly [cells: readonly string[], line: number];

const speak = (option: string): string => option;

/** The lines of a text that is read in pieces, or the place of the error. */
function linesOf(pieces: readonly string[], delimiter: string, quote: string): readonly Line[] | string {
  const lines: Line[] = [];
  const visit = (cells: readonly string[], line: number): void => void lines.push([[...cells], line]);
  try {
    eachRecord('text', pieces, { delimiter, quote }, visit, { speak });
    return lines;
  } catch (error) {
    if (error instanceof NormtapeError) return error.report.where;
    throw error;
  }
}

/** The same by csv-parse, which reads the whole text. */
function expected(text: string, delimiter: string, quote: string): readonly Line[] | 'an error' {
  const lines: Line[] = [];
  try {
    parse(Buffer.from(text), {
      delimiter,
      quote: quote === '' ? false : quote,
      escape: quote === '' ? '"' : quote,
      record_delimiter: ['\r\n', '\n', '\r'],
      relax_column_count: true,
      skip_empty_lines: true,
      trim: delimiter !== '\t',
      on_record: (record: readonly string[], { lines: line }: { readonly lines: number }) => {
        const cells = record.map((cell) => cell.trim());
        if (cells.some((cell) => cell !== '')) lines.push([cells, line]);
        return null;
      },
    });
    return lines;
  } catch {
    return 'an error';
  }
}

/**
 * Texts of few different characters, so that quotes, delimiters and line endings often meet, and the points where they
 * are cut.
 */
const texts = fc
  .record({
    delimiter: fc.constantFrom(',', ';', '\t', '||', '::'),
    quote: fc.constantFrom('"', "'", '', '""'),
  })
  .chain(({ delimiter, quote }) =>
    fc.record({
      delimiter: fc.constant(delimiter),
      quote: fc.constant(quote),
      parts: fc.array(
        fc.oneof(
          fc.constantFrom('a', 'é', ' ', '\n', '\r\n', '\r', delimiter, delimiter, quote, '12'),
          fc.constantFrom('a b', `${quote}a${delimiter}b${quote}`, `${quote}a\n${quote}`, `${quote}${quote}`),
        ),
        { maxLength: 24 },
      ),
      cuts: fc.array(fc.nat({ max: 40 }), { maxLength: 6 }),
    }),
  );

function cutAt(text: string, places: readonly number[]): string[] {
  const ends = [0, ...[...places].sort((a, b) => a - b), text.length];
  return ends.slice(1).map((end, i) => text.slice(ends[i], end));
}

describe('the lines of a CSV file', () => {
  it('equal those of csv-parse, including errors, wherever the text is cut into pieces', () => {
    fc.assert(
      fc.property(texts, ({ delimiter, quote, parts, cuts }) => {
        // An empty quoted cell directly before another one is an error here, but csv-parse returns the second; and
        // csv-parse counts a line ending of two characters twice within quotes.
        const text = parts.join('');
        fc.pre(quote === '' || !text.replaceAll(' ', '').includes(quote.repeat(3)));
        fc.pre(!text.includes('\r\n') || !text.includes(quote) || quote === '');
        const own = linesOf([text], delimiter, quote);
        const theirs = expected(text, delimiter, quote);
        if (theirs === 'an error') expect(own).to.be.a('string');
        else expect(own).to.deep.equal(theirs);
        expect(linesOf(cutAt(text, cuts), delimiter, quote)).to.deep.equal(own);
      }),
      { numRuns: runs(20) },
    );
  });
});
