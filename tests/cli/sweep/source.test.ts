import { expect } from 'chai';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { load } from '../../../src/cli/sweep/source.js';
import { folder } from '../support.js';

const halves = { testShare: 0.25, seed: 1 };

/** An IDX file of bytes. */
const idx = (shape: readonly number[], numbers: readonly number[]): Uint8Array =>
  Uint8Array.of(0, 0, 8, shape.length, ...shape.flatMap((n) => [0, 0, 0, n]), ...numbers);

describe('the data of a sweep', () => {
  const place = folder();
  const put = (name: string, content: string | Uint8Array): string => {
    const path = join(place, name);
    mkdirSync(join(path, '..'), { recursive: true });
    writeFileSync(path, content);
    return path;
  };

  it('ships with the package by name', () => {
    const { train, test } = load({ data: 'digits', ...halves });
    expect([train.features.shape, test.features.shape]).to.deep.equal([
      [1348, 64],
      [449, 64],
    ]);
    expect(load({ data: 'moons', ...halves }).train.features.shape).to.deep.equal([450, 2]);
    expect(load({ data: 'spirals', ...halves }).train.classes.length).to.equal(3);
  });

  it('may be a CSV file, standardized unless told otherwise', () => {
    const data = put('a.csv', 'kind,x,y\na,1,10\nb,3,30\na,5,50\nb,7,70\n');
    const raw = load({ data, label: 'kind', standardize: false, ...halves });
    expect(
      [...raw.train.features.value.data, ...raw.test.features.value.data].sort((a, b) => a - b),
    ).to.deep.equal([1, 3, 5, 7, 10, 30, 50, 70]);
    const { train } = load({ data, label: 'kind', ...halves });
    const columns = train.features.toArray() as number[][];
    for (const column of [0, 1]) {
      const values = columns.map((row) => row[column]!);
      expect(values.reduce((sum, x) => sum + x, 0)).to.be.closeTo(0, 1e-6);
      expect(values.reduce((sum, x) => sum + x * x, 0) / 3).to.be.closeTo(1, 1e-6);
    }
  });

  it('may be a folder of IDX files, packed or not, flattened and with a test set of its own', () => {
    const data = join(place, 'mnist');
    put('mnist/train-images-idx3-ubyte', idx([2, 1, 2], [0, 255, 51, 0]));
    put('mnist/train-labels-idx1-ubyte', idx([2], [0, 1]));
    put('mnist/t10k-images-idx3-ubyte.gz', gzipSync(idx([1, 1, 2], [255, 255])));
    put('mnist/t10k-labels-idx1-ubyte.gz', gzipSync(idx([1], [2])));
    put('mnist/readme.txt', 'not data');
    const { train, test } = load({ data, ...halves });
    expect(train.features.toArray()).to.deep.equal([
      [0, 1],
      [Math.fround(0.2), 0],
    ]);
    expect(test.features.toArray()).to.deep.equal([[1, 1]]);
    expect(train.classes).to.deep.equal(['0', '1', '2']);
  });

  it('is split where a folder has no test set', () => {
    const data = join(place, 'small');
    put('small/images-idx', idx([4, 1], [1, 2, 3, 4]));
    put('small/labels-idx', idx([4], [0, 1, 0, 1]));
    const { train, test } = load({ data, ...halves });
    expect([train.labels.length, test.labels.length]).to.deep.equal([3, 1]);
  });

  it('is missed with words that help', () => {
    expect(() => load({ data: 'spiral', ...halves })).to.throw('received "spiral". Did you mean spirals?');
    expect(() => load({ data: 'nowhere.csv', ...halves })).to.throw(
      '--data: expected digits, spirals, moons, a .csv file or a folder of IDX files, received "nowhere.csv". There is no such file.',
    );
    put('half/train-images-idx3-ubyte', idx([1, 1], [0]));
    expect(() => load({ data: join(place, 'half'), ...halves })).to.throw(
      'half: expected a file of images and one of labels for training, received ["train-images-idx3-ubyte"].',
    );
    put('empty/readme.txt', '');
    expect(() => load({ data: join(place, 'empty'), ...halves })).to.throw(
      'empty: expected IDX files such as train-images-idx3-ubyte and train-labels-idx1-ubyte, received [].',
    );
    put('torn/images-idx.gz', 'no gzip');
    put('torn/labels-idx', idx([1], [0]));
    expect(() => load({ data: join(place, 'torn'), ...halves })).to.throw(
      'images-idx.gz: expected a file packed by gzip',
    );
    const data = put('b.csv', 'x,c\n1,a\ntwo,b\n');
    expect(() => load({ data, ...halves })).to.throw(
      `${data}: line 3, column 1 (x): expected a finite number`,
    );
  });
});
