import { expect } from 'chai';
import fc from 'fast-check';
import { fromFlat } from '../../src/array/index.js';
import { tensor } from '../../src/autograd/create.js';
import { Tensor } from '../../src/autograd/tape.js';
import { accuracy, topKAccuracy } from '../../src/train/index.js';

/** Scores with ties, and labels. */
const problem = fc
  .record({ samples: fc.integer({ min: 1, max: 6 }), classes: fc.integer({ min: 1, max: 5 }) })
  .chain(({ samples, classes }) =>
    fc.record({
      scores: fc
        .array(fc.integer({ min: -2, max: 2 }), {
          minLength: samples * classes,
          maxLength: samples * classes,
        })
        .map((data) => new Tensor(fromFlat(Float64Array.from(data), [samples, classes]))),
      labels: fc.array(fc.integer({ min: 0, max: classes - 1 }), { minLength: samples, maxLength: samples }),
      classes: fc.constant(classes),
    }),
  );

describe('accuracy', () => {
  it('is what sorting the classes says, of equal ones the first first', () => {
    fc.assert(
      fc.property(problem, fc.integer({ min: 1, max: 6 }), ({ scores, labels }, k) => {
        const rows = scores.toArray() as number[][];
        const named = rows.map((row) =>
          row
            .map((_, i) => i)
            .sort((a, b) => row[b]! - row[a]!)
            .slice(0, k),
        );
        const right = named.filter((classes, i) => classes.includes(labels[i]!)).length / rows.length;
        expect(topKAccuracy(scores, labels, { k })).to.equal(right);
        expect(accuracy(scores, labels)).to.equal(topKAccuracy(scores, labels, { k: 1 }));
      }),
    );
  });

  it('is 1 once as many may be named as there are classes', () => {
    fc.assert(
      fc.property(problem, ({ scores, labels, classes }) => {
        expect(topKAccuracy(scores, labels, { k: classes })).to.equal(1);
      }),
    );
  });

  it('takes more axes than two, with labels in their shape or in one list', () => {
    const scores = tensor([
      [
        [1, 2],
        [2, 1],
      ],
      [
        [0, 1],
        [0, 1],
      ],
    ]);
    expect(accuracy(scores, [1, 0, 0, 1])).to.equal(0.75);
    expect(
      accuracy(scores, [
        [1, 0],
        [0, 0],
      ]),
    ).to.equal(0.5);
    expect(accuracy(scores, Int32Array.of(1, 0, 1, 1))).to.equal(1);
  });

  it('calls a row with a NaN wrong', () => {
    const scores = tensor([
      [NaN, 1],
      [1, NaN],
      [-Infinity, Infinity],
    ]);
    expect(accuracy(scores, [0, 0, 1])).to.be.closeTo(1 / 3, 1e-15);
    expect(accuracy(scores, [1, 1, 1])).to.be.closeTo(1 / 3, 1e-15);
  });

  it('refuses what does not fit', () => {
    const scores = tensor([[1, 2]]);
    expect(() => accuracy(scores, [2])).to.throw(
      'accuracy.labels: expected integers from 0 to 1, received 2.',
    );
    expect(() => accuracy(scores, [-1])).to.throw(
      'accuracy.labels: expected integers from 0 to 1, received -1.',
    );
    expect(() => accuracy(scores, [0.5])).to.throw('expected integers from 0 to 1, received 0.5.');
    expect(() => accuracy(scores, [0, 1])).to.throw('expected integers of the shape [1], received [2].');
    expect(() => accuracy([[1, 2]] as never, [0])).to.throw('accuracy: expected a tensor of the shape');
    expect(() => accuracy(tensor([], { shape: [0, 2] }), [])).to.throw('received [0,2].');
    expect(() => topKAccuracy(scores, [0], { k: 0 })).to.throw('topKAccuracy.k: expected a whole number');
  });
});
