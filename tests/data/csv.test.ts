import { expect } from 'chai';
import fc from 'fast-check';
import { type CsvOptions, readCsv } from '../../src/data/index.js';

/** A table, and the format of its file. */
const written = fc
  .record({
    features: fc.integer({ min: 1, max: 4 }),
    classes: fc.constantFrom(
      ['red', 'green', 'a "quoted" one'],
      ['blue; sky', 'a, b', 'tab\there'],
      ['9', '10', '-3'],
    ),
    delimiter: fc.constantFrom(',', ';', '\t', '|'),
    decimal: fc.constantFrom('.', ','),
    header: fc.boolean(),
    ends: fc.array(fc.constantFrom('\n', '\r\n'), { minLength: 1, maxLength: 3 }),
    quoted: fc.boolean(),
    encoding: fc.constantFrom('text', 'utf-8', 'utf-8 with mark', 'utf-16le', 'utf-16be'),
  })
  .chain((form) =>
    fc.record({
      form: fc.constant(form),
      label: fc.integer({ min: 0, max: form.features }),
      rows: fc.array(
        fc.record({
          numbers: fc.array(
            fc.integer({ min: -99999, max: 99999 }).map((n) => n / 16),
            { minLength: form.features, maxLength: form.features },
          ),
          title: fc.constantFrom(...form.classes),
        }),
        { minLength: 2, maxLength: 8 },
      ),
    }),
  )
  .filter(({ rows }) => new Set(rows.map(({ title }) => title)).size > 1);

function encoded(text: string, encoding: string): string | Uint8Array {
  if (encoding === 'text') return text;
  if (encoding === 'utf-8') return new TextEncoder().encode(text);
  if (encoding === 'utf-8 with mark') return new TextEncoder().encode(`\ufeff${text}`);
  const units = [...`\ufeff${text}`].map((character) => character.charCodeAt(0));
  const bytes = units.flatMap((unit) => [unit & 255, unit >> 8]);
  const swapped = units.flatMap((unit) => [unit >> 8, unit & 255]);
  return Uint8Array.from(encoding === 'utf-16le' ? bytes : swapped);
}

describe('CSV files', () => {
  it('return every number and class in any format', () => {
    fc.assert(
      fc.property(written, ({ form, label, rows }) => {
        const { delimiter, decimal, header, ends, quoted, encoding } = form;
        const quote = (cell: string) => `"${cell.replaceAll('"', '""')}"`;
        const cellOf = (cell: string) => (quoted || /[",;\t|]/.test(cell) ? quote(cell) : cell);
        const lineOf = (numbers: readonly string[], title: string) =>
          [...numbers.slice(0, label), title, ...numbers.slice(label)].map(cellOf).join(delimiter);
        const names = rows[0]!.numbers.map((_, i) => `x${i}`);
        const lines = [
          ...(header ? [lineOf(names, 'kind')] : []),
          ...rows.map(({ numbers, title }) =>
            lineOf(
              numbers.map((value) => String(value).replace('.', decimal)),
              title,
            ),
          ),
        ];
        const text = lines.map((line, i) => line + ends[i % ends.length]!).join('');
        // A comma between commas may be a thousands separator, so the decimal mark is stated, not guessed.
        const options: CsvOptions = {
          label: header ? 'kind' : label,
          ...(delimiter === ',' && { decimal: decimal as '.' | ',' }),
          ...(!header && { header: false }),
        };
        const { features, labels, classes, columns } = readCsv(encoded(text, encoding), options);
        expect(features.toArray()).to.deep.equal(
          rows.map(({ numbers }) => numbers.map((value) => value + 0)),
        );
        expect([...labels].map((i) => classes[i])).to.deep.equal(rows.map(({ title }) => title));
        expect(columns).to.deep.equal(header ? names : undefined);
      }),
    );
  });

  it('number classes in numeric order if all are numbers, otherwise alphabetically', () => {
    expect(readCsv('1,10\n2,9\n3,-1').classes).to.deep.equal(['-1', '9', '10']);
    expect(readCsv('1,10\n2,9\n3,b').classes).to.deep.equal(['10', '9', 'b']);
  });

  it('return float64 unless float32 is requested', () => {
    const text = '0.1,a\n0.2,b';
    expect(readCsv(text).features.toArray()).to.deep.equal([[0.1], [0.2]]);
    expect(readCsv(text, { dtype: 'float32' }).features.dtype).to.equal('float32');
  });

  it('list what was guessed in notes, and not what was given', () => {
    const said = (text: string, options: CsvOptions = {}) =>
      readCsv(text, options).notes.map((note) => `${note.option}: ${note.text}`);
    const text = 'x;y;kind\n1,5;2;cat\n3;4;ant';
    expect(said(text)).to.deep.equal([
      'delimiter: semicolon',
      'decimal: comma',
      'header: line 1 is a header row',
      'label: the last column, "kind"',
    ]);
    expect(said(text, { delimiter: ';', decimal: ',', header: true, label: 'kind' })).to.deep.equal([]);
    expect(said('1,2,a\n3,4,b', { label: -1 })).to.deep.equal(['header: none, line 1 is a sample']);
  });

  it('accept a label column by name, by position, and counted from the end', () => {
    const text = 'kind,x,y\ncat,1,2\nant,3,4';
    for (const label of ['kind', 0, -3, '0', undefined]) {
      const { features, classes, columns } = readCsv(text, { label });
      expect(features.toArray()).to.deep.equal([
        [1, 2],
        [3, 4],
      ]);
      expect([classes, columns]).to.deep.equal([
        ['ant', 'cat'],
        ['x', 'y'],
      ]);
    }
    expect(readCsv('7,1,2\n8,3,4', { label: 0, header: false }).classes).to.deep.equal(['7', '8']);
  });

  it('use given classes in their order, so that two files number them equally', () => {
    const classes = ['ant', 'dog', 'eel'];
    const { labels } = readCsv('1,eel\n2,ant', { classes });
    expect([...labels]).to.deep.equal([2, 0]);
    expect([...readCsv('1,1.0\n2,3', { classes: ['3', '1'] }).labels]).to.deep.equal([1, 0]);
    expect(readCsv('1,NA\n2,UK', { classes: ['NA', 'UK'] }).classes).to.deep.equal(['NA', 'UK']);
    expect(() => readCsv('1,ant\n2,ell', { classes, label: -1 })).to.throw(
      'csv: line 2, column 2: expected one of the classes ant, dog, eel, received "ell". Did you mean eel?',
    );
  });

  it('are read like another file: columns by name, classes, words, means', () => {
    const train = readCsv('color,x,kind\nred,1,cat\nblue,3,dog\nred,,eel', {
      text: 'oneHot',
      missing: 'mean',
    });
    expect(train.columns).to.deep.equal(['color=blue', 'color=red', 'x']);
    const test = readCsv('kind,x,color\neel,5,blue\ncat,NA,blue', { like: train, missing: 'mean' });
    expect(test.features.toArray()).to.deep.equal([
      [1, 0, 5],
      [1, 0, 2],
    ]);
    expect([...test.labels]).to.deep.equal([2, 0]);
    expect(test.classes).to.deep.equal(train.classes);
    expect(() => readCsv('kind,x,color\neel,5,green\ncat,1,red', { like: train })).to.throw(
      'csv: line 2, column 3 (color): expected one of blue, red, received "green".',
    );
    expect(() => readCsv('kind,y,color\neel,5,blue\ncat,1,red', { like: train })).to.throw(
      'csv: like: expected one of the columns kind, y, color, or a position from 0 to 2, received "x".',
    );
  });

  it('warn that float32 is too coarse for a column, if it is read as float32', () => {
    const text = 't,y\n1700000000,a\n1700000001,b\n1700000003,a';
    const notes = (dtype: 'float32' | 'float64') => readCsv(text, { dtype }).notes.map(({ text }) => text);
    expect(notes('float32')).to.include('too coarse for t: read float64, and standardize');
    expect(notes('float64').join()).not.to.include('coarse');
  });

  it('return numbers to predict', () => {
    const { targets, features, form } = readCsv('x;price\n1;101,5\n2;152,25', { task: 'numbers' });
    expect(targets.toArray()).to.deep.equal([[101.5], [152.25]]);
    expect([targets.dtype, features.shape, form.task]).to.deep.equal(['float64', [2, 1], 'numbers']);
  });
});

const mistakes: Readonly<Record<string, readonly [string, CsvOptions, string]>> = {
  'no line at all': ['\n\n', {}, 'csv: expected at least one line, received "\\n\\n".'],
  'a header alone': ['a,b', {}, 'csv: expected at least one sample below the header, received 0.'],
  'a single column': [
    '1\n2',
    {},
    'csv: line 1: expected a feature and a label, with a delimiter between them, received ["1"]. Set the delimiter by the option delimiter.',
  ],
  'a line too short': [
    'x,y,c\n1,2,a\n\n1,a',
    {},
    'csv: line 4: expected 3 columns, as in line 1, received 2.',
  ],
  'a line too long': ['1,2,a\n1,2,3,a', {}, 'csv: line 2: expected 3 columns, as in line 1, received 4.'],
  'a word for a number': [
    'x,y,c\n1,2,a\n1,two,b',
    { name: 'data.csv' },
    'data.csv: line 3, column 2 (y): expected a finite number, received "two".',
  ],
  'a number missing': [
    '1,2,a\n,2,b\n3,?,a',
    {},
    "csv: line 2, column 1: expected a finite number, received \"\". missing: 'drop' leaves such rows out, missing: 'mean' fills in the mean of the column. Missing in 2 rows, lines 2, 3.",
  ],
  'a word in the first line': [
    '1,two,a\n1,2,b',
    {},
    'csv: line 1, column 2: expected a finite number, received "two". If line 1 is a header row: header: true.',
  ],
  'an infinity': [
    '1,2,a\n1,Infinity,b',
    {},
    'line 2, column 2: expected a finite number, received "Infinity".',
  ],
  'a number beyond float64': ['1,2,a\n1,1e309,b', {}, 'expected a finite number, received "1e309".'],
  'a number beyond float32': [
    '1,2,a\n1,1e39,b',
    { dtype: 'float32' },
    'csv: line 2, column 2: expected a number that float32 can hold, received "1e39".',
  ],
  'labels missing': [
    '1,2,a\n1,2,\n3,4,b\n3,4,NaN\n3,4,null',
    {},
    'csv: line 2, column 3: expected a label, received "". missing: \'drop\' leaves such rows out. Missing in 3 rows, lines 2, 4, 5.',
  ],
  'an open quote': [
    '1,2,a\n1,"2,a',
    {},
    'csv: line 2: expected quotes that enclose a whole cell and are closed, received "1,\\"2,a". Inside quotes, a quote is written twice; quote: \'\' reads quotes as letters.',
  ],
  'a column that is not there': [
    'x,kind,y\n1,a,2',
    { label: 'kinds', header: true },
    'csv: label: expected one of the columns x, kind, y, or a position from 0 to 2, received "kinds". Did you mean kind?',
  ],
  'a label named without a header': [
    '1,2,a\n2,3,b',
    { label: 'kind' },
    'csv: label: expected a position from 0 to 2, because there is no header row, received "kind".',
  ],
  'two columns of one name': ['x,x,c\n1,2,a\n3,4,b', { label: 'x' }, 'expected the name of one column'],
  'one class': [
    '3,0,9,0\n1,8,0,0',
    {},
    'csv: label: expected at least 2 classes in column 4, received "0 in all 2 rows". Choose another column by the option label; these look like classes: column 1 (2 classes)',
  ],
  measurements: [
    'x,y\n1,101.5\n2,152.25\n3,203',
    {},
    'csv: label: expected classes in "y", received "3 different values in 3 rows, 101.5 for one". These look like measurements: task: \'numbers\' predicts numbers',
  ],
  'words as numbers to predict': [
    'x,y\n1,a\n2,b',
    { task: 'numbers', label: 'y' },
    'csv: line 2, column 2 (y): expected a number to predict, received "a".',
  ],
  'one number to predict': ['1,5\n2,5', { task: 'numbers' }, 'expected numbers that differ in column 2'],
};

describe('CSV files are rejected', () => {
  for (const [name, [text, options, message]] of Object.entries(mistakes)) {
    it(`for ${name}`, () => {
      expect(() => readCsv(text, options)).to.throw(message);
    });
  }

  it('for bytes of another format', () => {
    expect(() => readCsv(Uint8Array.of(0x1f, 0x8b, 8))).to.throw('It is compressed with gzip');
    expect(() => readCsv(Uint8Array.of(0x50, 0x4b, 3, 4))).to.throw('save the sheet as CSV');
    expect(() => readCsv(Uint8Array.of(0, 0, 8, 3))).to.throw('It looks like an IDX file');
    expect(() => readCsv(5 as never)).to.throw('expected the text or the bytes of a CSV file, received 5.');
  });

  it('for options of the wrong kind', () => {
    const given = (options: object) => () => readCsv('1,a\n2,b', options);
    expect(given({ header: 'yes' })).to.throw(
      'readCsv.header: expected true, false or \'auto\', received "yes".',
    );
    expect(given({ ignore: 'x' })).to.throw('readCsv.ignore: expected a list of names or positions');
    expect(given({ classes: [1] })).to.throw('readCsv.classes: expected a list of strings');
    expect(given({ task: 'regression' })).to.throw("readCsv.task: expected 'classes' or 'numbers'");
    expect(given({ labels: 'x' })).to.throw('Did you mean label?');
  });
});
