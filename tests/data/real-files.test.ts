import { expect } from 'chai';
import { type CsvOptions, readCsv } from '../../src/data/index.js';

/** The content of a file: its features, its labels as words or numbers, and the names of its columns. */
interface Content {
  readonly x: readonly (readonly number[])[];
  readonly y: readonly (string | number)[];
  readonly columns?: readonly string[];
  /** A part of a note. */
  readonly note?: string;
}

const bytes = (text: string): Uint8Array => Uint8Array.from(text, (character) => character.charCodeAt(0));

/** Small files as users have them: each is read, or rejected with the cause and the option that helps. */
const files: Readonly<Record<string, readonly [string | Uint8Array, CsvOptions, Content | string]>> = {
  'pixels with the class first': [
    '3,0,9,0\n1,8,0,0\n3,0,7,0\n',
    { label: 0 },
    {
      x: [
        [0, 9, 0],
        [8, 0, 0],
        [0, 7, 0],
      ],
      y: ['3', '1', '3'],
    },
  ],
  'pixels with the class first, under a header': [
    'label,1x1,1x2\n3,0,9\n1,8,0\n',
    {},
    {
      x: [
        [0, 9],
        [8, 0],
      ],
      y: ['3', '1'],
      columns: ['1x1', '1x2'],
      note: 'the first column, "label"',
    },
  ],
  'the header of a DataFrame without names': [
    '0,1,2,target\n5,6,7,1\n4,4,4,0\n',
    {},
    {
      x: [
        [5, 6, 7],
        [4, 4, 4],
      ],
      y: ['1', '0'],
      columns: ['0', '1', '2'],
    },
  ],
  'the same with words for classes': [
    '0,1,2,target\n5,6,7,cat\n4,4,4,ant\n',
    {},
    {
      x: [
        [5, 6, 7],
        [4, 4, 4],
      ],
      y: ['cat', 'ant'],
      columns: ['0', '1', '2'],
    },
  ],
  'the same with the class first': [
    'target,0,1\ncat,6,7\nant,4,4\n',
    {},
    {
      x: [
        [6, 7],
        [4, 4],
      ],
      y: ['cat', 'ant'],
      columns: ['0', '1'],
    },
  ],
  'years as names of columns': [
    '2001,2002,2003,grown\n5,6,7,1\n4,4,4,0\n',
    {},
    {
      x: [
        [5, 6, 7],
        [4, 4, 4],
      ],
      y: ['1', '0'],
      columns: ['2001', '2002', '2003'],
    },
  ],
  'the index of a DataFrame, without a name': [
    ',a,species\n0,1,x\n1,3,y\n2,3,x\n',
    { ignore: [0] },
    { x: [[1], [3], [3]], y: ['x', 'y', 'x'], columns: ['a'] },
  ],
  'a first sample with gaps': [
    'NaN,NaN,x\n1,2,y\n3,4,x',
    { missing: 'drop' },
    {
      x: [
        [1, 2],
        [3, 4],
      ],
      y: ['y', 'x'],
      note: '1 of 3 rows left out, line 1',
    },
  ],
  'a first sample with gaps, refused': [
    'NaN,NaN,x\n1,2,y\n3,4,x',
    {},
    'line 1, column 1: expected a finite number, received "NaN". missing: \'drop\'',
  ],
  'columns that are called NA and NaN': [
    'NA,EU,kind\n1,2,x\n3,4,y',
    {},
    {
      x: [
        [1, 2],
        [3, 4],
      ],
      y: ['x', 'y'],
      columns: ['NA', 'EU'],
    },
  ],
  'classes 1 and 1.0': ['5,1\n6,1.0\n7,2\n8,2.00', {}, { x: [[5], [6], [7], [8]], y: ['1', '1', '2', '2'] }],
  'identifiers beyond 2^53 as classes': [
    '1,9007199254740993\n2,9007199254740992',
    {},
    { x: [[1], [2]], y: ['9007199254740993', '9007199254740992'] },
  ],
  'labels of all the words for nothing': [
    'x,y,c\n1,1,a\n2,2,NaN\n3,3,NA\n4,4,?\n5,5,null\n6,6,\n7,7,b',
    { missing: 'drop' },
    {
      x: [
        [1, 1],
        [7, 7],
      ],
      y: ['a', 'b'],
      note: '5 of 7 rows left out, lines 3, 4, 5, 6, 7',
    },
  ],
  'a German spreadsheet': [
    '"Länge";"Breite";"Art"\r\n5,1;3,5;setosa\r\n4,9;3;virginica\r\n',
    {},
    {
      x: [
        [5.1, 3.5],
        [4.9, 3],
      ],
      y: ['setosa', 'virginica'],
      columns: ['Länge', 'Breite'],
      note: 'comma',
    },
  ],
  'the same in windows-1252': [
    bytes('L\u00e4nge;Art\r\n5,1;Gr\u00fcn\r\n4,9;Rot\r\n'),
    {},
    { x: [[5.1], [4.9]], y: ['Grün', 'Rot'], columns: ['Länge'], note: 'windows-1252' },
  ],
  'UTF-16 without a mark': [
    bytes([...'a;b\n1;x\n2;y\n'].map((c) => `${c}\0`).join('')),
    {},
    { x: [[1], [2]], y: ['x', 'y'], columns: ['a'], note: 'UTF-16' },
  ],
  'a stray zero byte in UTF-8, which is not UTF-16': [
    bytes('a;b\n1;x\0\n2;ya\n3;x\0\n'),
    {},
    { x: [[1], [2], [3]], y: ['x\0', 'ya', 'x\0'], columns: ['a'] },
  ],
  'no bytes at all': [bytes(''), {}, 'expected at least one line'],
  'the line that Excel puts above': [
    'sep=;\r\na;b\r\n1,5;x\r\n2;y\r\n',
    {},
    { x: [[1.5], [2]], y: ['x', 'y'], columns: ['a'], note: 'line 2 is a header row' },
  ],
  'decimal commas in quotes between commas': [
    'a,b\n"1,5",x\n"2,25",y',
    {},
    { x: [[1.5], [2.25]], y: ['x', 'y'], note: 'comma' },
  ],
  'decimal commas that are not in quotes': [
    'a,b\n1,5,x\n2,25,y',
    {},
    'must be in quotes if a comma delimits',
  ],
  thousands: [
    'a,b\n"1,234",x\n"5,678",y',
    {},
    'received "1,234". Write numbers without thousands separators.',
  ],
  'a late decimal comma': [
    `a;b\n${'1;x\n2;y\n'.repeat(300)}3,5;x`,
    {},
    'received "3,5". decimal: \',\' reads decimal commas.',
  ],
  'line ends that change': ['a,b\r\n1,x\n2,y\r3,x\r\n', {}, { x: [[1], [2], [3]], y: ['x', 'y', 'x'] }],
  'blanks between columns': [
    '5.1  3.5\t1\n 4.9 3.0  2\n',
    {},
    {
      x: [
        [5.1, 3.5],
        [4.9, 3],
      ],
      y: ['1', '2'],
    },
  ],
  'tabs, and some doubled': [
    '1\t2\ta\n3\t4\tb\n5\t\t6\ta',
    {},
    {
      x: [
        [1, 2],
        [3, 4],
        [5, 6],
      ],
      y: ['a', 'b', 'a'],
      note: 'any run of blanks',
    },
  ],
  'tabs, and some doubled, if they are said to be single': [
    '1\t2\ta\n3\t4\tb\n5\t\t6\ta',
    { delimiter: 'tab' },
    'Cells are split at tabs: choose by the option delimiter, where " " is any run of blanks.',
  ],
  'the same, split at runs of blanks': [
    '1\t2\ta\n3\t4\tb\n5\t\t6\ta',
    { delimiter: ' ' },
    {
      x: [
        [1, 2],
        [3, 4],
        [5, 6],
      ],
      y: ['a', 'b', 'a'],
    },
  ],
  bars: ['a|b\n1|x\n2|y', {}, { x: [[1], [2]], y: ['x', 'y'], note: 'bar' }],
  'a delimiter at the end of each line': [
    'a,b,\n1,x,\n2,y,\n',
    {},
    { x: [[1], [2]], y: ['x', 'y'], note: 'column 3 left out, because empty' },
  ],
  'a delimiter at the end of each line but the header': [
    'a,b\n1,x,\n2,y,\n',
    {},
    { x: [[1], [2]], y: ['x', 'y'] },
  ],
  'rows of empty cells below': ['a,b\n1,x\n2,y\n,\n,\n', {}, { x: [[1], [2]], y: ['x', 'y'] }],
  'a column that is empty': [
    'a,notes,b\n1,,x\n2,,y',
    {},
    { x: [[1], [2]], y: ['x', 'y'], note: '"notes" left out' },
  ],
  'gaps, filled in': [
    'a,b,c\n1,,x\n3,4,y\n5,8,x',
    { missing: 'mean' },
    {
      x: [
        [1, 6],
        [3, 4],
        [5, 8],
      ],
      y: ['x', 'y', 'x'],
      note: '1 missing value filled in',
    },
  ],
  'nothing but gaps': [
    'a,b\n1,\nNA,x',
    { missing: 'drop', label: 'b' },
    'expected a row without missing values',
  ],
  'words among the features': [
    'sex,age,died\nmale,22,0\nfemale,38,1\nmale,26,1\nfemale,35,0',
    {},
    "A column of words: text: 'oneHot' makes a feature of each word, ignore: ['sex'] leaves the column out, and label: 'sex' learns it.",
  ],
  'words among the features, as features': [
    'sex,age,died\nmale,22,0\nfemale,38,1\nmale,26,1\n?,35,0',
    { text: 'oneHot', missing: 'drop' },
    {
      x: [
        [0, 1, 22],
        [1, 0, 38],
        [0, 1, 26],
      ],
      y: ['0', '1', '1'],
      columns: ['sex=female', 'sex=male', 'age'],
    },
  ],
  'a typing mistake in a column of numbers': [
    'a,b\n1,x\nO.5,y\n2,x',
    { text: 'oneHot' },
    'line 3, column 1 (a): expected a finite number, received "O.5".',
  ],
  'words alone': [
    'color,size,kind\nred,big,cat\nblue,big,dog',
    { text: 'oneHot' },
    {
      x: [
        [0, 1, 1],
        [1, 0, 1],
      ],
      y: ['cat', 'dog'],
      columns: ['color=blue', 'color=red', 'size=big'],
    },
  ],
  'words alone without a header': [
    'e,x,s\np,x,s\ne,b,s',
    { text: 'oneHot', label: 0 },
    {
      x: [
        [0, 1, 1],
        [0, 1, 1],
        [1, 0, 1],
      ],
      y: ['e', 'p', 'e'],
    },
  ],
  'names of rows where classes should be': [
    `x,name\n${Array.from({ length: 12 }, (_, i) => `${i},n${i}`).join('\n')}`,
    {},
    'These look like names of single rows.',
  ],
  'prices in whole numbers': [
    `x,price\n${[211, 350, 189, 422, 517].map((p, i) => `${i},${p}`).join('\n')}`,
    {},
    'These look like measurements',
  ],
  'prices taken as classes': [
    'x,price\n1,1.5\n2,2.5',
    { task: 'classes' },
    { x: [[1], [2]], y: ['1.5', '2.5'] },
  ],
  'prices to predict': [
    'x;price\n1;101,5\n2;152,25',
    { task: 'numbers' },
    { x: [[1], [2]], y: [101.5, 152.25], columns: ['x'] },
  ],
  'an inch mark': [
    'size,n,c\n5" pipe,1,x\n3,2,y',
    {},
    'received "5\\" pipe,1,x". Inside quotes, a quote is written twice; quote: \'\' reads quotes as letters.',
  ],
  'an inch mark, as a letter': [
    'size,n,c\n5" pipe,1,x\n3" pipe,2,y',
    { quote: '', ignore: ['size'] },
    { x: [[1], [2]], y: ['x', 'y'] },
  ],
  'single quotes': ["a;b\n1;'x;1'\n2;'y'", { quote: "'" }, { x: [[1], [2]], y: ['x;1', 'y'] }],
  'a date in front, without a header': [
    '2020-01-01,5,a\n2020-01-02,6,b\n2020-01-03,7,a',
    { ignore: [0] },
    { x: [[5], [6], [7]], y: ['a', 'b', 'a'] },
  ],
  'times in seconds': [
    't,y\n1700000000,a\n1700000001,b',
    {},
    { x: [[1700000000], [1700000001]], y: ['a', 'b'] },
  ],
  'hexadecimal numbers': ['a,b\n0x10,x\n0x20,y', {}, 'received "0x10". A column of words'],
};

describe('files as users have them', () => {
  for (const [name, [text, options, expected]] of Object.entries(files)) {
    it(`${typeof expected === 'string' ? 'are rejected for' : 'are read:'} ${name}`, () => {
      if (typeof expected === 'string') {
        expect(() => readCsv(text, options)).to.throw(expected);
        return;
      }
      const data =
        options.task === 'numbers' ? readCsv(text, { ...options, task: 'numbers' }) : readCsv(text, options);
      const y =
        'targets' in data
          ? [...data.targets.value.data]
          : Array.from(data.labels, (label) => data.classes[label]);
      expect({ x: data.features.toArray(), y }).to.deep.equal({ x: expected.x, y: expected.y });
      if (expected.columns) expect(data.columns).to.deep.equal(expected.columns);
      if (expected.note)
        expect(data.notes.map(({ text: said }) => said).join('\n')).to.include(expected.note);
    });
  }
});
