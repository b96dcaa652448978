import { type CsvError, parse } from 'csv-parse/browser/esm/sync';
import { fromFlat } from '../array/index.js';
import { NormtapeError, suggest } from '../error.js';
import { type Given, choice, resolve, text } from '../option/index.js';
import { type Dataset, dataset } from './dataset.js';

const OPTIONS = {
  name: text('csv', 'What the data set is called, also in errors.'),
  label: text('', 'The column that holds the class, by its name in the header; empty: the last one.'),
  header: choice(
    'auto',
    'Whether the first line names the columns; auto: it does where it has the label, or no number.',
    ['auto', 'yes', 'no'],
  ),
  delimiter: text(',', 'What stands between two columns.'),
};

/** A line of the file: where it ends, and what its columns say. */
interface Line {
  readonly number: number;
  readonly cells: readonly string[];
}

/**
 * A data set from the text of a CSV file (RFC 4180): a sample a line, features [samples, columns − 1] in
 * float32, and one column of classes. Classes are in numeric order where all are numbers, else in that of the
 * alphabet. Throws with line and column where a line has another number of columns, or a feature is missing
 * or not a finite number.
 */
export function readCsv(content: string, given?: Given<typeof OPTIONS>): Dataset {
  const { name, label, header, delimiter } = resolve('readCsv', OPTIONS, given);
  const lines = linesOf(name, content, delimiter);
  const [first] = lines;
  if (!first) throw new NormtapeError({ where: name, expected: 'at least one line', received: content });
  const width = first.cells.length;
  if (width < 2) {
    throw new NormtapeError({
      where: `${name}: line ${first.number}`,
      expected: `a feature and a label, with ${JSON.stringify(delimiter)} between them`,
      received: first.cells,
    });
  }
  const named = header === 'yes' || (header === 'auto' && isHeader(first, label));
  const target = label === '' ? width - 1 : labelColumn(name, first, named, label);
  const samples = named ? lines.slice(1) : lines;
  if (samples.length === 0) {
    throw new NormtapeError({ where: name, expected: 'at least one sample below the header', received: 0 });
  }

  const features = new Float32Array(samples.length * (width - 1));
  samples.forEach(({ number, cells }, row) => {
    if (cells.length !== width) {
      const expected = `${width} columns, as in line ${first.number}`;
      throw new NormtapeError({ where: `${name}: line ${number}`, expected, received: cells.length });
    }
    cells.forEach((cell, column) => {
      if (column === target) return;
      const value = numberOf(cell);
      if (value === undefined) {
        const title = named ? ` (${first.cells[column]})` : '';
        const where = `${name}: line ${number}, column ${column + 1}${title}`;
        throw new NormtapeError({ where, expected: 'a finite number', received: cell });
      }
      features[row * (width - 1) + column - Number(column > target)] = value;
    });
  });
  const labels = samples.map(({ number, cells }) => {
    const cell = cells[target]!;
    if (cell !== '') return cell;
    const where = `${name}: line ${number}, column ${target + 1}`;
    throw new NormtapeError({ where, expected: 'a label', received: cell });
  });
  const classes = classesOf(labels);
  const numbers = new Map(classes.map((title, i) => [title, i]));
  return dataset(
    name,
    fromFlat(features, [samples.length, width - 1]),
    Int32Array.from(labels, (title) => numbers.get(title)!),
    classes,
  );
}

function linesOf(name: string, content: string, delimiter: string): readonly Line[] {
  try {
    const records = parse(content, {
      bom: true,
      delimiter,
      info: true,
      relax_column_count: true,
      skip_empty_lines: true,
      trim: true,
    }) as unknown as readonly {
      readonly record: readonly string[];
      readonly info: { readonly lines: number };
    }[];
    return records.map(({ record, info }) => ({ number: info.lines, cells: record }));
  } catch (error) {
    const { code, lines } = error as CsvError & { readonly lines?: number };
    const quotes = String(code).includes('QUOTE');
    throw new NormtapeError({
      where: lines === undefined ? name : `${name}: line ${lines}`,
      expected: quotes ? 'quotes that enclose a whole column and are closed' : 'comma-separated values',
      received: code ?? String(error),
      hint: quotes ? 'Inside quotes, a quote is written twice.' : undefined,
    });
  }
}

/**
 * A first line is a header where it names the label, or where none of its columns but the last is a number.
 */
const isHeader = ({ cells }: Line, label: string): boolean =>
  (label !== '' && cells.includes(label)) || cells.slice(0, -1).every((cell) => numberOf(cell) === undefined);

function labelColumn(name: string, { cells }: Line, named: boolean, label: string): number {
  const column = named ? cells.indexOf(label) : -1;
  if (column >= 0) return column;
  throw new NormtapeError({
    where: `${name}: label`,
    expected: named ? `one of the columns ${cells.join(', ')}` : 'a header that names the columns',
    received: label,
    hint: named ? suggest(label, cells) : undefined,
  });
}

/** The number that a cell says; none where it says something else, or more than float32 can hold. */
function numberOf(cell: string): number | undefined {
  const value = cell === '' ? NaN : Math.fround(Number(cell));
  return Number.isFinite(value) ? value : undefined;
}

function classesOf(labels: readonly string[]): string[] {
  const classes = [...new Set(labels)];
  const numeric = classes.every((title) => Number.isFinite(Number(title)));
  return numeric ? classes.sort((a, b) => Number(a) - Number(b)) : classes.sort();
}
