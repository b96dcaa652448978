import { expect } from 'chai';
import fc from 'fast-check';
import ndarray from 'ndarray';
import { fromFlat } from '../../src/array/index.js';
import {
  type Dataset,
  batches,
  dataset,
  flatten,
  pick,
  regressionDataset,
  split,
} from '../../src/data/index.js';
import { mul, randomNormal, reshape, scope, tensor } from '../../src/index.js';
import { asImages } from '../../src/cli/experiment/images.js';

/** Samples that encode their index: features [count, 2, 1] with i and −i, and the label i mod 3. */
function numbered(count: number): Dataset {
  const features = Float32Array.from({ length: 2 * count }, (_, i) => (i % 2 ? -1 : 1) * (i >> 1));
  const labels = Int32Array.from({ length: count }, (_, i) => i % 3);
  return dataset('numbered', fromFlat(features, [count, 2, 1]), labels, ['a', 'b', 'c']);
}

const numbersOf = ({ features }: Dataset): number[] => [...features.value.data].filter((_, i) => i % 2 === 0);

/** Whether rows stay together: features and label still encode the same index. */
const isWhole = (data: Dataset): boolean =>
  numbersOf(data).every((n, i) => data.features.value.data[2 * i + 1] === -n && data.labels[i] === n % 3);

const sorted = (numbers: readonly number[]): number[] => [...numbers].sort((a, b) => a - b);
const upTo = (count: number): number[] => Array.from({ length: count }, (_, i) => i);

describe('a data set', () => {
  it('rejects a missing label, and a label without a class', () => {
    const two = fromFlat(new Float32Array(4), [2, 2]);
    expect(() => dataset('pets', two, Int32Array.of(0), ['cat'])).to.throw(
      'pets: expected a label for each of 2 samples, received "1 labels".',
    );
    expect(() => dataset('pets', two, Int32Array.of(0, 1), ['cat'])).to.throw(
      'pets: expected labels from 0 to 0, received 1.',
    );
  });

  it('accepts nested lists, typed arrays, views and tensors', () => {
    const rows = [
      [1, 2],
      [3, 4],
      [5, 6],
    ];
    const floats = Float64Array.from(rows.flat());
    const sources = [
      rows,
      tensor(rows),
      tensor(floats, { shape: [3, 2] }).value,
      ndarray(rows.flat(), [3, 2]),
    ];
    for (const features of sources) {
      for (const labels of [[0, 1, 0], Int32Array.of(0, 1, 0), Uint8Array.of(0, 1, 0), tensor([0, 1, 0])]) {
        const made = dataset('m', features, labels, ['a', 'b']);
        expect(made.features.toArray()).to.deep.equal(rows);
        expect(made.labels).to.deep.equal(Int32Array.of(0, 1, 0));
      }
    }
    expect(dataset('m', [5, 6], [0, 1], ['a', 'b']).features.shape).to.deep.equal([2]);
    expect(dataset('m', tensor(floats, { shape: [3, 2] }), [0, 1, 0], ['a', 'b']).features.dtype).to.equal(
      'float64',
    );
  });

  it('rejects invalid samples, labels and classes', () => {
    const given =
      (features: unknown, labels: unknown, classes: unknown = ['a', 'b']) =>
      () =>
        dataset('m', features as number[], labels as number[], classes as string[]);
    expect(given(5, [0])).to.throw('m: expected features of the shape [samples, …], received [].');
    expect(given([[1], [2, 3]], [0, 1])).to.throw('m: features: expected a list of 1 at depth 1');
    expect(given([[1], [2]], ['a', 'b'])).to.throw('m: labels: expected a number at depth 1, received "a".');
    expect(given([[1], [2]], [0, 0.5])).to.throw('m: expected labels from 0 to 1, received 0.5.');
    expect(given([[1], [2]], [0, 1], null)).to.throw('m: classes: expected a list of strings');
    expect(given([[1], [2]], [0, 1], ['a', 'a'])).to.throw(
      'm: classes: expected each class once, received "a".',
    );
  });

  it('of numbers to predict has one row of targets per sample', () => {
    const { targets } = regressionDataset('m', [[1], [2]], [5, 6]);
    expect(targets.toArray()).to.deep.equal([[5], [6]]);
    const two = regressionDataset(
      'm',
      [[1], [2]],
      tensor([
        [5, 6],
        [7, 8],
      ]),
    );
    expect(pick(two, [1]).targets.toArray()).to.deep.equal([[7, 8]]);
    expect([...batches(two, { size: 1 })].map((batch) => batch.targets.toArray())).to.deep.equal([
      [[5, 6]],
      [[7, 8]],
    ]);
    expect(() => regressionDataset('m', [[1], [2]], [5])).to.throw(
      'm: expected targets of the shape [2] or [2, numbers to predict], received [1].',
    );
  });

  it('picks rows with their labels, in the requested order', () => {
    const picked = pick(numbered(5), [4, 0, 4]);
    expect(picked.features.shape).to.deep.equal([3, 2, 1]);
    expect(numbersOf(picked)).to.deep.equal([4, 0, 4]);
    expect([...picked.labels]).to.deep.equal([1, 0, 1]);
  });

  it('flattens each sample, not the samples', () => {
    const flat = flatten(numbered(4));
    expect(flat.features.shape).to.deep.equal([4, 2]);
    expect(flat.features.value.data).to.deep.equal(numbered(4).features.value.data);
  });
});

describe('a split', () => {
  const cases = fc.record({
    count: fc.integer({ min: 2, max: 60 }),
    testShare: fc.double({ min: 0.01, max: 0.99, noNaN: true }),
    seed: fc.option(fc.nat(), { nil: undefined }),
  });

  it('puts each whole sample into exactly one part, and leaves no part empty', () => {
    fc.assert(
      fc.property(cases, ({ count, testShare, seed }) => {
        const { train, test } = split(numbered(count), { testShare, ...(seed !== undefined && { seed }) });
        expect(sorted([...numbersOf(train), ...numbersOf(test)])).to.deep.equal(upTo(count));
        expect(isWhole(train) && isWhole(test)).to.equal(true);
        expect(Math.min(train.labels.length, test.labels.length)).to.be.at.least(1);
        const wanted = Math.min(Math.max(Math.round(testShare * count), 1), count - 1);
        expect(test.labels.length).to.equal(wanted);
      }),
    );
  });

  it('is the same for the same seed, differs for another, and keeps the order without one', () => {
    const testOf = (seed?: number) => numbersOf(split(numbered(50), seed === undefined ? {} : { seed }).test);
    expect(testOf(1)).to.deep.equal(testOf(1));
    expect(testOf(1)).not.to.deep.equal(testOf(2));
    expect(testOf()).to.deep.equal([40, 41, 42, 43, 44, 45, 46, 47, 48, 49]);
  });

  it('keeps the share of each class if it is stratified', () => {
    fc.assert(
      fc.property(
        cases,
        fc.array(fc.nat(3), { minLength: 60, maxLength: 60 }),
        ({ count, testShare, seed }, drawn) => {
          const labels = drawn.slice(0, count);
          const rows = Float32Array.from({ length: count }, (_, i) => i);
          const whole = dataset('d', fromFlat(rows, [count, 1]), labels, ['a', 'b', 'c', 'd']);
          const { train, test } = split(whole, {
            testShare,
            stratified: true,
            ...(seed !== undefined && { seed }),
          });
          const places = [...train.features.value.data, ...test.features.value.data];
          expect(sorted(places)).to.deep.equal(upTo(count));
          const countOf = (data: Dataset, label: number) =>
            data.labels.filter((other) => other === label).length;
          const wanted = [0, 1, 2, 3].map((label) => {
            const all = labels.filter((other) => other === label).length;
            return all === 0 ? 0 : Math.min(Math.round(testShare * all), all - 1);
          });
          const tested = [0, 1, 2, 3].map((label) => countOf(test, label));
          if (wanted.some((n) => n > 0)) expect(tested).to.deep.equal(wanted);
          else expect(test.labels.length).to.equal(1);
        },
      ),
    );
    expect(() => split(regressionDataset('m', [[1], [2]], [1, 2]), { stratified: true })).to.throw(
      'split.stratified: expected samples of classes, received "numbers to predict".',
    );
  });

  it('rejects data that it cannot split', () => {
    expect(() => split(numbered(1))).to.throw('split: expected at least 2 samples, received 1.');
    expect(() => split(numbered(9), { testShare: 1 })).to.throw(
      'split.testShare: expected a finite number above 0 and below 1, received 1.',
    );
  });
});

describe('batches', () => {
  it('contain each whole sample once, in batches of the given size', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 40 }),
        fc.integer({ min: 1, max: 12 }),
        fc.nat(),
        (count, size, seed) => {
          const all = [...batches(numbered(count), { size, seed })];
          expect(sorted(all.flatMap(numbersOf))).to.deep.equal(upTo(count));
          expect(all.every(isWhole)).to.equal(true);
          expect(all.slice(0, -1).every(({ labels }) => labels.length === size)).to.equal(true);
          const full = [...batches(numbered(count), { size, seed, dropLast: true })];
          expect(full.map(numbersOf)).to.deep.equal(
            all.map(numbersOf).filter((numbers) => numbers.length === size),
          );
        },
      ),
    );
  });

  it('are shuffled only by the seed', () => {
    const order = (seed?: number) =>
      [...batches(numbered(30), seed === undefined ? {} : { seed })].flatMap(numbersOf);
    expect(order(5)).to.deep.equal(order(5));
    expect(order(5)).not.to.deep.equal(order(6));
    expect(order()).to.deep.equal(upTo(30));
  });

  it('keep computed features valid after the scope in which they are flattened', () => {
    const x = randomNormal([6, 2, 40], { seed: 1 });
    const right = [...mul(x, 2).value.data];
    const changed = [
      () => flatten(dataset('d', mul(x, 2), [0, 1, 0, 1, 0, 1], ['a', 'b'])).features,
      () => flatten(regressionDataset('d', mul(x, 2), mul(reshape(x, [6, 80]), 2))).features,
      () => regressionDataset('d', x, mul(reshape(x, [6, 80]), 2)).targets,
      () =>
        asImages('test', dataset('d', mul(reshape(x, [6, 8, 10]), 2), [0, 1, 0, 1, 0, 1], ['a', 'b']))
          .features,
    ].map((f) => scope(f));
    // Overwrite the memory that was freed.
    scope(() => Array.from({ length: 20 }, () => mul(x, 0).shape));
    for (const features of changed) expect([...features.value.data]).to.deep.equal(right);
  });
});
