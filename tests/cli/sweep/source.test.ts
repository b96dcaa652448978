import { expect } from 'chai';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { type Source, classHalvesOf, load } from '../../../src/cli/sweep/source.js';
import type { Dataset, Split } from '../../../src/data/index.js';
import { folder, say } from '../support.js';

const halves = { testShare: 0.25, seed: 1 };
const loaded = (source: Source): Split & { readonly notes: readonly string[] } =>
  load(source) as Split<Dataset> & { readonly notes: readonly string[] };

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
    expect(loaded({ data: 'spirals', ...halves }).train.classes.length).to.equal(3);
  });

  it('may be a CSV file, standardized by default', () => {
    const data = put('a.csv', 'kind,x,y\na,1,10\nb,3,30\na,5,50\nb,7,70\n');
    const raw = load({ data, standardize: false, ...halves });
    expect(
      [...raw.train.features.value.data, ...raw.test.features.value.data].sort((a, b) => a - b),
    ).to.deep.equal([1, 3, 5, 7, 10, 30, 50, 70]);
    const { train } = load({ data, csv: { label: 'kind' }, ...halves });
    const columns = train.features.toArray() as number[][];
    for (const column of [0, 1]) {
      const values = columns.map((row) => row[column]!);
      expect(values.reduce((sum, x) => sum + x, 0)).to.be.closeTo(0, 1e-6);
      expect(values.reduce((sum, x) => sum + x * x, 0) / 3).to.be.closeTo(1, 1e-6);
    }
  });

  it('may be a folder of IDX files, packed or not, flattened and with their own test set', () => {
    const data = join(place, 'mnist');
    put('mnist/train-images-idx3-ubyte', idx([2, 1, 2], [0, 255, 51, 0]));
    put('mnist/train-labels-idx1-ubyte', idx([2], [0, 1]));
    put('mnist/t10k-images-idx3-ubyte.gz', gzipSync(idx([1, 1, 2], [255, 255])));
    put('mnist/t10k-labels-idx1-ubyte.gz', gzipSync(idx([1], [2])));
    put('mnist/readme.txt', 'not data');
    const { train, test } = loaded({ data, ...halves });
    expect(train.features.toArray()).to.deep.equal([
      [0, 1],
      [Math.fround(0.2), 0],
    ]);
    expect(test.features.toArray()).to.deep.equal([[1, 1]]);
    expect(train.classes).to.deep.equal(['0', '1', '2']);
  });

  it('is split if a folder has no test set', () => {
    const data = join(place, 'small');
    put('small/images-idx', idx([4, 1], [1, 2, 3, 4]));
    put('small/labels-idx', idx([4], [0, 1, 0, 1]));
    const { train, test } = loaded({ data, ...halves });
    expect([train.labels.length, test.labels.length]).to.deep.equal([3, 1]);
  });

  it('reports guesses, with the flags that override them', () => {
    const data = put('g.csv', 'kind;x;y\na;1,5;10\nb;3;30\na;5;50\nb;7;70\n');
    expect(load({ data, ...halves }).notes).to.deep.equal([
      'delimiter: semicolon (guessed; --delimiter chooses)',
      'decimal: comma (guessed; --decimal chooses)',
      'header: line 1 is a header row (guessed; --header chooses)',
      'label: the first column, "kind" (guessed; --label chooses)',
    ]);
    const first = put('first.csv', '3,0,9,0\n1,8,0,0\n');
    expect(() => load({ data: first, ...halves })).to.throw(
      `${first}: label: expected at least 2 classes in column 4, received "0 in all 2 rows". Choose another column by --label; these look like classes: column 1 (2 classes)`,
    );
    const measured = put('m.csv', 'x,y\n1,101.5\n2,152.25\n');
    expect(() => load({ data: measured, ...halves })).to.throw('--task numbers predicts numbers');
    const words = put('w.csv', 'a b,c\nx,1\ny,2\nx,2\n');
    expect(() => load({ data: words, csv: { label: 'c' }, ...halves })).to.throw('--ignore "a b" leaves');
  });

  it('warns if float32 is too coarse for a column, and if a column is constant', () => {
    const data = put(
      't.csv',
      `t,k,c\n${[0, 1, 2, 3].map((i) => `${1700000000 + i},5,${'ab'[i % 2]}`).join('\n')}`,
    );
    const { train, notes } = load({ data, ...halves });
    expect(new Set((train.features.toArray() as number[][]).map(([t]) => t)).size).to.equal(3);
    expect(notes).to.include('k: the same in all training samples, and so useless');
    expect(load({ data, standardize: false, ...halves }).notes).to.include(
      '--no-standardize: float32 is too coarse for t; --standardize keeps the differences',
    );
    const large = put('l.csv', 'x,c\n1e39,a\n2e39,b\n3e39,a\n');
    expect(() => load({ data: large, standardize: false, ...halves })).to.throw('--standardize scales them');
    expect(load({ data: large, ...halves }).train.features.dtype).to.equal('float32');
  });

  it('may have a separate file of test samples, read like the training samples', () => {
    const data = put('train.csv', 'x,y,kind\n1,2,ant\n3,4,dog\n5,6,eel\n');
    const testData = put('test.csv', 'kind,y,x\neel,2,1\nant,4,3\n');
    const { train, test } = loaded({ data, testData, standardize: false, ...halves });
    expect(test.features.toArray()).to.deep.equal([
      [1, 2],
      [3, 4],
    ]);
    expect([...test.labels]).to.deep.equal([2, 0]);
    expect(train.classes).to.deep.equal(test.classes);
    const stray = put('stray.csv', 'x,y,kind\n1,2,fox\n');
    expect(() => load({ data, testData: stray, ...halves })).to.throw(
      'expected one of the classes ant, dog, eel',
    );
  });

  it('rejects flags that have no effect on the data', () => {
    expect(() => load({ data: 'digits', csv: { label: 'x' }, ...halves })).to.throw(
      '--label: expected --data with a CSV file, received "built in".',
    );
    const data = put('c.csv', 'x,c\n1,a\n2,b\n');
    expect(() => load({ data, idxSplit: 'balanced', ...halves })).to.throw(
      '--idx-split: expected --data with a folder of IDX files',
    );
  });

  describe('in folders of IDX files', () => {
    const pair = (path: string, half: string, side: number, count = 2): void => {
      put(
        `${path}${half}-images-idx3-ubyte`,
        idx(
          [count, side, 1],
          Array.from({ length: count * side }, (_, i) => i),
        ),
      );
      put(
        `${path}${half}-labels-idx1-ubyte`,
        idx(
          [count],
          Array.from({ length: count }, (_, i) => i % 2),
        ),
      );
    };

    it('is found where torchvision puts it, and hidden files are ignored', () => {
      pair('tv/MNIST/raw/', 'train', 2, 4);
      put('tv/MNIST/raw/._train-images-idx3-ubyte', 'resource fork');
      put('tv/MNIST/raw/train-images-idx3-ubyte.gz', gzipSync(idx([4, 2, 1], [0, 1, 2, 3, 4, 5, 6, 7])));
      expect(load({ data: join(place, 'tv'), ...halves }).train.features.shape).to.deep.equal([3, 2]);
      pair('tv/FashionMNIST/raw/', 'train', 2);
      expect(() => load({ data: join(place, 'tv'), ...halves })).to.throw('expected one folder of IDX files');
    });

    it('is the named split, if there are several', () => {
      pair('emnist/emnist-balanced-', 'train', 2);
      pair('emnist/emnist-balanced-', 'test', 2);
      pair('emnist/emnist-letters-', 'train', 3);
      pair('emnist/emnist-letters-', 'test', 3);
      const data = join(place, 'emnist');
      expect(() => load({ data, ...halves })).to.throw(
        'expected files of one split, received ["emnist-balanced","emnist-letters"]. Choose one by --idx-split.',
      );
      for (const [idxSplit, side] of [
        ['letters', 3],
        ['emnist-balanced', 2],
      ] as const) {
        expect(load({ data, idxSplit, ...halves }).test.features.shape).to.deep.equal([2, side]);
      }
      expect(() => load({ data, idxSplit: 'digits', ...halves })).to.throw(
        '--idx-split: expected one of the splits emnist-balanced, emnist-letters, received "digits".',
      );
    });

    it('is rejected before training if training and test samples differ in shape', () => {
      pair('sizes/', 'train', 2);
      pair('sizes/', 't10k', 3);
      expect(() => classHalvesOf({ data: join(place, 'sizes'), ...halves })).to.throw(
        'expected samples of one shape to train with and to test, [2,1], received [3,1].',
      );
    });
  });

  it('may be numbers to predict: R² and the mean squared error in the units of the file', async () => {
    const rows = Array.from({ length: 80 }, (_, i) => [i % 9, (i * 7) % 11]);
    const text = rows.map(([a, b]) => `${a},${b},${(5000 + 300 * a! - 100 * b!).toFixed(1)}`).join('\n');
    const data = put('prices.csv', `a,b,price\n${text}\n`);
    const args = ['sweep', '--data', data, '--norms', 'none,layer_norm', '--epochs', '12', '--hidden', '16'];
    const { code, out, err } = await say([
      ...[...args, '--seeds', '2', '--learning-rate', '0.02', '--batch-size', '8'],
      ...['--task', 'numbers', '--out', join(place, 'runs'), '--json'],
    ]);
    expect([code, err]).to.deep.equal([0, '']);
    const results = JSON.parse(out) as {
      readonly data: { readonly task: string; readonly chance: number };
      readonly notes: readonly string[];
      readonly ranking: readonly {
        readonly accuracy: { readonly mean: number };
        readonly loss: { readonly mean: number };
      }[];
    };
    expect([results.data.task, results.data.chance]).to.deep.equal(['numbers', 0]);
    expect(results.notes).to.include('label: the last column, "price" (guessed; --label chooses)');
    const { test, targets } = load({ data, csv: { task: 'numbers' }, testShare: 0.2, seed: 1 });
    const prices = targets!.invert((test as unknown as { readonly targets: typeof test.features }).targets);
    const values = [...prices.value.data];
    const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
    const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length;
    for (const { accuracy, loss } of results.ranking) {
      expect(accuracy.mean).to.be.within(0.5, 1);
      // MSE = (1 − R²) · variance of the test targets, in the units of the file.
      expect(loss.mean / ((1 - accuracy.mean) * variance)).to.be.closeTo(1, 1e-3);
    }
  });

  it('is reported with a helpful message if it is missing', () => {
    expect(() => load({ data: 'spiral', ...halves })).to.throw('received "spiral". Did you mean spirals?');
    expect(() => load({ data: 'nowhere.csv', ...halves })).to.throw(
      '--data: expected digits, spirals, moons, a .csv file or a folder of IDX files, received "nowhere.csv". No such file exists.',
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
