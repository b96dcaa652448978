import { expect } from 'chai';
import fc from 'fast-check';
import { readCsv } from '../../src/data/index.js';

describe('CSV files', () => {
  it('give back every number and label', () => {
    const row = fc.tuple(
      fc.integer({ min: -999, max: 999 }).map((n) => n / 8),
      fc.integer({ min: -999, max: 999 }).map((n) => n / 8),
      fc.constantFrom('red', 'green', 'a "quoted", one', 'blue\nsky'),
    );
    fc.assert(
      fc.property(
        fc.array(row, { minLength: 1, maxLength: 8 }),
        fc.constantFrom('\n', '\r\n'),
        (rows, end) => {
          const quoted = (title: string) => `"${title.replaceAll('"', '""')}"`;
          const text = rows.map(([a, b, title]) => `${a},${b},${quoted(title)}`).join(end);
          const { features, labels, classes } = readCsv(text);
          expect(features.toArray()).to.deep.equal(rows.map(([a, b]) => [a, b]));
          expect([...labels].map((label) => classes[label])).to.deep.equal(rows.map(([, , title]) => title));
          expect(classes).to.deep.equal([...new Set(rows.map(([, , title]) => title))].sort());
        },
      ),
    );
  });

  it('are read with or without a header, blank lines, spaces and a byte order mark', () => {
    const expected = {
      features: [
        [1, 2],
        [3, 4.5],
      ],
      labels: [1, 0],
      classes: ['9', '10'],
    };
    for (const text of [
      '1,2,10\n3,4.5,9',
      'x,y,class\n1,2,10\n3,4.5,9\n',
      '\ufeffx,y,class\r\n\r\n 1 , 2 , 10 \r\n\r\n3,4.5,9\r\n\r\n',
    ]) {
      const { features, labels, classes } = readCsv(text);
      expect({ features: features.toArray(), labels: [...labels], classes }).to.deep.equal(expected);
    }
  });

  it('may hold the label in any column, and other delimiters', () => {
    const { features, labels, classes } = readCsv('kind;x;y\ncat;1;2\nant;3;4', {
      label: 'kind',
      delimiter: ';',
      name: 'pets',
    });
    expect(features.toArray()).to.deep.equal([
      [1, 2],
      [3, 4],
    ]);
    expect([...labels]).to.deep.equal([1, 0]);
    expect(classes).to.deep.equal(['ant', 'cat']);
  });

  it('have a header of numbers when told so', () => {
    expect(readCsv('0,1,2\n5,6,7', { header: 'yes' }).features.toArray()).to.deep.equal([[5, 6]]);
    expect(readCsv('0,1,2\n5,6,7').features.shape).to.deep.equal([2, 2]);
    expect(readCsv('8,9,class\n5,6,7', { label: 'class' }).classes).to.deep.equal(['7']);
  });

  const mistakes: Readonly<Record<string, readonly [string, object, string]>> = {
    'no line at all': ['\n\n', {}, 'csv: expected at least one line, received "\\n\\n".'],
    'a header alone': ['a,b', {}, 'csv: expected at least one sample below the header, received 0.'],
    'a single column': [
      '1\n2',
      {},
      'csv: line 1: expected a feature and a label, with "," between them, received ["1"].',
    ],
    'a line too short': [
      'x,y,c\n1,2,a\n\n1,a',
      {},
      'csv: line 4: expected 3 columns, as in line 1, received 2.',
    ],
    'a line too long': ['1,2,a\n1,2,3,a', {}, 'csv: line 2: expected 3 columns, as in line 1, received 4.'],
    'a word for a number': [
      'x,y,c\n1,2,a\n1,two,a',
      { name: 'data.csv' },
      'data.csv: line 3, column 2 (y): expected a finite number, received "two".',
    ],
    'a number missing': ['1,2,a\n,2,a', {}, 'csv: line 2, column 1: expected a finite number, received "".'],
    'a word in the first line': [
      '1,two,a\n1,2,a',
      {},
      'csv: line 1, column 2: expected a finite number, received "two".',
    ],
    'an infinity': [
      '1,2,a\n1,Infinity,a',
      {},
      'csv: line 2, column 2: expected a finite number, received "Infinity".',
    ],
    'a number beyond float32': [
      '1,2,a\n1,1e39,a',
      {},
      'csv: line 2, column 2: expected a finite number, received "1e39".',
    ],
    'a label missing': ['1,2,a\n1,2,', {}, 'csv: line 2, column 3: expected a label, received "".'],
    'an open quote': [
      '1,2,a\n1,"2,a',
      {},
      'csv: line 2: expected quotes that enclose a whole column and are closed, received "CSV_QUOTE_NOT_CLOSED". Inside quotes, a quote is written twice.',
    ],
    'a column that is not there': [
      'x,kind,y\n1,a,2',
      { label: 'kinds', header: 'yes' },
      'csv: label: expected one of the columns x, kind, y, received "kinds". Did you mean kind?',
    ],
    'a label named without a header': [
      '1,2,a',
      { label: 'kind' },
      'csv: label: expected a header that names the columns, received "kind".',
    ],
  };
  for (const [name, [text, options, message]] of Object.entries(mistakes)) {
    it(`are refused for ${name}`, () => {
      expect(() => readCsv(text, options)).to.throw(message);
    });
  }
});
