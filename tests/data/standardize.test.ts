import { expect } from 'chai';
import fc from 'fast-check';
import { dataset, pick, readCsv, regressionDataset, split, standardize } from '../../src/data/index.js';
import { tensor } from '../../src/index.js';

const labelled = (rows: readonly (readonly number[])[], dtype: 'float32' | 'float64' = 'float64') =>
  dataset(
    'd',
    tensor(rows, { dtype }),
    rows.map(() => 0),
    ['a'],
  );

const columns = fc
  .array(fc.array(fc.integer({ min: -2000, max: 2000 }), { minLength: 2, maxLength: 2 }), {
    minLength: 2,
    maxLength: 9,
  })
  .filter((rows) => [0, 1].every((column) => new Set(rows.map((row) => row[column])).size > 1));

describe('standardizing', () => {
  it('computes mean and deviation from the training samples only', () => {
    const whole = dataset(
      'numbers',
      [
        [1, 7],
        [3, 7],
        [100, 9],
      ],
      [0, 0, 0],
      ['a'],
    );
    const { train, test } = standardize({ train: pick(whole, [0, 1]), test: pick(whole, [2]) });
    expect(train.features.toArray()).to.deep.equal([
      [-1, 0],
      [1, 0],
    ]);
    expect(test.features.toArray()).to.deep.equal([[98, 2]]);
    expect(test.classes).to.deep.equal(['a']);
    expect(train.features.dtype).to.equal('float32');
  });

  it('returns features of mean 0 and deviation 1', () => {
    fc.assert(
      fc.property(columns, (rows) => {
        const { train } = standardize({ train: labelled(rows), test: labelled(rows) }, { dtype: 'float64' });
        for (const column of [0, 1]) {
          const values = (train.features.toArray() as number[][]).map((row) => row[column]!);
          const mean = values.reduce((sum, x) => sum + x, 0) / values.length;
          const variance = values.reduce((sum, x) => sum + x * x, 0) / values.length;
          expect(Math.abs(mean)).to.be.below(1e-13);
          expect(Math.abs(variance - 1)).to.be.below(1e-13);
        }
      }),
    );
  });

  it('returns the same bits for the same numbers in other units, however large or small', () => {
    fc.assert(
      fc.property(columns, fc.constantFrom(2 ** 66, 2 ** -83, 2 ** 1000, 2 ** -1060, -4), (rows, unit) => {
        const scaled = rows.map((row) => row.map((x) => x * unit));
        const of = (values: typeof rows) =>
          standardize({
            train: labelled(values),
            test: labelled(values),
          }).train.features.toArray() as number[][];
        const sign = Math.sign(unit);
        expect(of(scaled)).to.deep.equal(of(rows).map((row) => row.map((x) => sign * x + 0)));
      }),
    );
  });

  it('loses no digits of values times 1e20 or 1e-25 in float32, or with an offset in float64', () => {
    const expected = standardize({ train: labelled([[1], [2], [4]]), test: labelled([[1]]) }).train;
    for (const unit of [1e20, 1e-25, 3e37, 1e-38]) {
      const rows = [1, 2, 4].map((x) => [x * unit]);
      const { train } = standardize({ train: labelled(rows, 'float32'), test: labelled(rows, 'float32') });
      (train.features.toArray() as number[][]).forEach(([x], i) => {
        expect(x).to.be.closeTo((expected.features.toArray() as number[][])[i]![0]!, 1e-6);
      });
    }
    const times = labelled([[1700000001], [1700000002], [1700000004]]);
    expect(standardize({ train: times, test: times }).train.features.toArray()).to.deep.equal(
      expected.features.toArray(),
    );
  });

  it('keeps the differences between times in seconds, from the file to the network', () => {
    const data = readCsv('t,y\n1700000000,a\n1700000001,b\n1700000002,a\n1700000003,b');
    const { train } = standardize(split(data, { testShare: 0.25 }));
    const times = (train.features.toArray() as number[][]).flat();
    expect(times.map((t) => t.toFixed(4))).to.deep.equal(['-1.2247', '0.0000', '1.2247']);
  });

  it('maps a constant to exactly 0', () => {
    fc.assert(
      fc.property(
        fc.double({ noNaN: true, noDefaultInfinity: true }),
        fc.integer({ min: 1, max: 9 }),
        (value, count) => {
          const rows = Array.from({ length: count }, () => [value]);
          const { train } = standardize({ train: labelled(rows), test: labelled(rows) });
          expect(train.features.toArray()).to.deep.equal(rows.map(() => [0]));
        },
      ),
    );
  });

  it('scales other samples in the same way, and back to their units', () => {
    const data = regressionDataset(
      'r',
      tensor([
        [1, 50],
        [3, 70],
        [5, 10],
      ]),
      tensor([100, 300, 800], { dtype: 'float64' }),
    );
    const { train, features, targets } = standardize({ train: data, test: data });
    expect(features.apply(tensor([[3, 70]])).toArray()).to.deep.equal([
      (train.features.toArray() as number[][])[1],
    ]);
    expect([...features.mean].map((x) => x.toFixed(3))).to.deep.equal(['3.000', '43.333']);
    expect((train.targets.toArray() as number[][]).flat().reduce((sum, x) => sum + x, 0)).to.be.closeTo(
      0,
      1e-6,
    );
    const back = targets!.invert(train.targets).toArray() as number[][];
    [100, 300, 800].forEach((target, i) => expect(back[i]![0]).to.be.closeTo(target, 1e-4));
    expect(() => features.apply(tensor([[1, 2, 3]]))).to.throw(
      'standardize: expected samples of 2 numbers, [samples, …], as in the training data, received [1,3].',
    );
  });

  it('rejects parts that number their classes or columns differently', () => {
    const [a, b] = [['1,cat\n2,dog\n3,eel'], ['1,cat\n2,eel']].map(([text]) => readCsv(text!)) as [
      ReturnType<typeof readCsv>,
      ReturnType<typeof readCsv>,
    ];
    expect(() => standardize({ train: a, test: b })).to.throw(
      'standardize: test: expected the classes of the training data, received "dog missing". The same number would mean another class: read the file with readCsv(text, { like: train }), or { classes: train.classes }.',
    );
    const [c, d] = [readCsv('x,y,c\n1,2,a\n2,3,b'), readCsv('y,x,c\n1,2,a\n2,3,b')];
    expect(() => standardize({ train: c, test: d })).to.throw(
      'expected the columns of the training data, received "another order, y, x".',
    );
  });
});
