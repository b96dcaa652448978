import fc from 'fast-check';
import {
  type CsvDataset,
  type CsvOptions,
  type CsvRegressionDataset,
  readCsv,
} from '../../../src/data/index.js';
import { NormtapeError } from '../../../src/error.js';
import { door } from '../door.js';
import { type Garbage, garbage } from '../garbage.js';

const number = fc.oneof(
  fc.integer({ min: -50, max: 50 }).map(String),
  fc.double({ noNaN: true, noDefaultInfinity: true }).map(String),
  fc.constantFrom('1.50', '+3', '-0', '.5', '5.', '1e3', '1E-400', '9007199254740993'),
);
const strange = fc.oneof(
  fc.constantFrom(
    '1,5',
    '1e309',
    'NA',
    '?',
    '',
    'null',
    'NaN',
    'Infinity',
    '0x10',
    '1_000',
    '1,234.5',
    '"',
    "''",
    '"a""b"',
  ),
  fc.constantFrom('__proto__', 'constructor', '\0', '\ufeff', '\ud800', 'é', '𝒳', 'a\nb', ' ', '\u2028'),
  fc.string({ maxLength: 6 }),
);
const word = fc.constantFrom('ant', 'bee', 'cat');

/** A table that can be read: columns of numbers, perhaps one of words, labels, and a header row. */
const table = fc
  .record({
    features: fc.integer({ min: 1, max: 4 }),
    header: fc.boolean(),
    kind: fc.constantFrom('word', 'digit'),
  })
  .chain(({ features, header, kind }) =>
    fc.record({
      names: fc.constant(header ? [...Array.from({ length: features }, (_, i) => `x${i}`), 'kind'] : []),
      rows: fc.array(
        fc.tuple(
          fc.array(number, { minLength: features, maxLength: features }),
          kind === 'word' ? word : fc.constantFrom('0', '1', '2'),
        ),
        { minLength: 2, maxLength: 8 },
      ),
      cells: fc.array(fc.tuple(fc.nat({ max: 50 }), strange), { maxLength: 1 }),
    }),
  );

const edit = fc.record({
  at: fc.double({ min: 0, max: 1, noNaN: true }),
  length: fc.constantFrom(0, 0, 1, 3),
  text: fc.oneof(fc.constantFrom('', ',', ';', '\t', '"', '\n', '\r', '\r\n', 'sep=;\n', '\0', '|'), strange),
});

const encodings = ['text', 'utf-8', 'utf-16le', 'utf-16be', 'latin1'] as const;
type Encoding = (typeof encodings)[number];

function encoded(text: string, encoding: Encoding): string | Uint8Array {
  if (encoding === 'text') return text;
  if (encoding === 'utf-8') return new TextEncoder().encode(text);
  const units = Array.from({ length: text.length }, (_, i) => text.charCodeAt(i));
  if (encoding === 'latin1') return Uint8Array.from(units);
  const isLittle = encoding === 'utf-16le';
  return Uint8Array.from(
    units.flatMap((unit) => (isLittle ? [unit & 255, unit >> 8] : [unit >> 8, unit & 255])),
  );
}

const option: fc.Arbitrary<readonly [string, unknown]> = fc.oneof(
  fc.tuple(fc.constant('label'), fc.constantFrom<unknown>('kind', 'x0', 0, -1, 9, '1')),
  fc.tuple(fc.constant('header'), fc.constantFrom<unknown>(true, false, 'auto')),
  fc.tuple(fc.constant('delimiter'), fc.constantFrom(',', ';', ' ', 'tab', '||', '"', '\n')),
  fc.tuple(fc.constant('decimal'), fc.constantFrom('.', ',', 'auto')),
  fc.tuple(fc.constant('quote'), fc.constantFrom('"', "'", '', '""', ',')),
  fc.tuple(fc.constant('missing'), fc.constantFrom('refuse', 'drop', 'mean')),
  fc.tuple(fc.constant('text'), fc.constantFrom('refuse', 'oneHot')),
  fc.tuple(fc.constant('ignore'), fc.constantFrom<unknown>([0], ['x0'], [-1], [])),
  fc.tuple(
    fc.constant('classes'),
    fc.constantFrom(['ant', 'bee', 'cat'], ['0', '1', '2'], ['NA', 'ant'], ['ant', 'ant']),
  ),
  fc.tuple(fc.constant('task'), fc.constantFrom('classes', 'numbers')),
  fc.tuple(fc.constant('dtype'), fc.constantFrom('float32', 'float64')),
);

/** One or two options, usually of the right kind. */
const options: fc.Arbitrary<Garbage> = fc.oneof(
  {
    weight: 12,
    arbitrary: fc.array(option, { maxLength: 2 }).map((made) => ({
      words: JSON.stringify(made),
      make: () => Object.fromEntries(made),
    })),
  },
  {
    weight: 1,
    arbitrary: fc
      .tuple(
        fc.constantFrom('label', 'header', 'ignore', 'classes', 'task', 'like', 'name', 'quote'),
        garbage,
      )
      .map(([name, { words, make }]) => ({ words: `${name}: ${words}`, make: () => ({ [name]: make() }) })),
  },
);

type Read = CsvDataset | CsvRegressionDataset;

const numbersOf = (data: Read): readonly number[] => [
  ...data.features.value.data,
  ...('labels' in data ? data.labels : data.targets.value.data),
];

const summary = (data: Read): string =>
  JSON.stringify([data.features.shape, numbersOf(data), data.columns, 'classes' in data && data.classes]);

function demand(holds: boolean, law: string): void {
  if (!holds) throw new Error(law);
}

/** The number of lines that are not empty, if the text is simple enough to count them; otherwise undefined. */
function plainLines(text: string): number | undefined {
  const lines = text.replace(/^\ufeff/, '').split(/\r\n|\n|\r/);
  const isPlain = lines.every((line) => line === '' || /[a-z0-9]/i.test(line));
  return isPlain && !/["']|sep=/i.test(text) ? lines.filter((line) => line !== '').length : undefined;
}

/** Readable tables with a few cells and characters exchanged, in all encodings and with options of all kinds. */
export const csv = door({
  name: 'csv',
  input: fc
    .record({
      table,
      delimiter: fc.constantFrom(',', ';', '\t', '|', ' '),
      end: fc.constantFrom('\n', '\r\n', '\r'),
      edits: fc.oneof(fc.constant([]), fc.array(edit, { maxLength: 2 })),
      encoding: fc.constantFrom(...encodings),
      mark: fc.boolean(),
      given: options,
    })
    .map(({ table: { names, rows, cells }, delimiter, end, edits, encoding, mark, given }) => {
      const lines = rows.map(([numbers, label]) => [...numbers, label]);
      for (const [at, cell] of cells) {
        const line = lines[at % lines.length]!;
        line[at % line.length] = cell;
      }
      let text = [names, ...lines].map((line) => line.join(delimiter) + end).join('');
      for (const { at, length, text: added } of edits) {
        const place = Math.floor(at * text.length);
        text = text.slice(0, place) + added + text.slice(place + length);
      }
      const words = `${JSON.stringify(text)} in ${encoding} with ${given.words}`;
      return { words, text: mark ? `\ufeff${text}` : text, encoding, make: given.make };
    }),
  enter({ text, encoding, make }) {
    const given = make() as CsvOptions;
    const content = encoded(text, encoding);
    const data: Read = readCsv(content, given);
    const [rows = 0, width = 0] = data.features.shape;
    demand(numbersOf(data).every(Number.isFinite), 'all numbers are finite');
    demand(rows > 0 && width > 0, 'there are samples and features');
    demand(summary(readCsv(content, given)) === summary(data), 'reading twice gives the same data');
    if ('labels' in data) {
      const most = data.classes.length;
      demand(data.labels.length === rows && data.labels.every((label) => label < most), 'labels are classes');
    }
    const lines = encoding === 'latin1' ? undefined : plainLines(text);
    const isWhole = !data.notes.some(({ option }) => option === 'missing');
    const { quote = '"' } = given;
    if (lines !== undefined && isWhole && quote !== ',') {
      demand(rows === lines - Number(data.columns !== undefined), 'each line is a sample');
    }
    try {
      const same = readCsv(content, {
        ...given,
        label: undefined,
        ignore: undefined,
        like: data as CsvDataset,
      });
      demand(summary(same) === summary(data), 'a file can be read like itself');
    } catch (error) {
      if (!(error instanceof NormtapeError)) throw error;
    }
  },
});
