import { expect } from 'chai';
import fc from 'fast-check';
import { tensor } from '../../src/autograd/create.js';
import { auroc, averagePrecision, detection, falsePositiveRate } from '../../src/train/index.js';

/** Scores with many ties, and at least one sample of each class. */
const samples = fc
  .array(fc.record({ score: fc.integer({ min: -4, max: 4 }), positive: fc.boolean() }), { maxLength: 20 })
  .chain((some) =>
    fc
      .tuple(fc.integer({ min: -4, max: 4 }), fc.integer({ min: -4, max: 4 }))
      .map(([one, other]) => [...some, { score: one, positive: true }, { score: other, positive: false }]),
  )
  .map((all) => ({ scores: all.map(({ score }) => score), positives: all.map(({ positive }) => positive) }));

/** Strictly increasing, and exact on the scores above. */
const increasing = [(x: number) => 3 * x - 7, (x: number) => x ** 3, (x: number) => 2 ** x];

const measures = { auroc, averagePrecision, falsePositiveRate };

describe('measures of detection', () => {
  for (const [name, measure] of Object.entries(measures)) {
    it(`${name} sees the order of the scores alone`, () => {
      fc.assert(
        fc.property(samples, fc.constantFrom(...increasing), ({ scores, positives }, f) => {
          expect(measure(scores.map(f), positives)).to.equal(measure(scores, positives));
        }),
      );
    });

    it(`${name} does not see in what order samples come, nor each of them twice`, () => {
      fc.assert(
        fc.property(samples, ({ scores, positives }) => {
          const whole = measure(scores, positives);
          expect(measure(scores.toReversed(), positives.toReversed())).to.equal(whole);
          expect(measure([...scores, ...scores], [...positives, ...positives])).to.be.closeTo(whole, 1e-15);
        }),
      );
    });

    it(`${name} takes a tensor, infinities, and 1 and 0 for the classes`, () => {
      const positives = [true, false, true, false];
      const plain = measure([4, 3, 1, 0], positives);
      expect(measure(tensor([Infinity, 3, 1, -Infinity]), [1, 0, 1, 0])).to.equal(plain);
      expect(measure([Infinity, Infinity], [1, 0])).to.equal(measure([0, 0], [1, 0]));
    });

    it(`${name} refuses what has no answer`, () => {
      expect(() => measure([1, 2], [true, true])).to.throw(
        `${name}: expected both positive and negative samples, received "2 positive and 0 negative ones".`,
      );
      expect(() => measure([], [])).to.throw('received "0 positive and 0 negative ones".');
      expect(() => measure([1, 2], [true])).to.throw('expected a class for each of 2 scores');
      expect(() => measure([1, NaN], [true, false])).to.throw(
        'expected scores without NaN, which has no rank, received NaN.',
      );
      expect(() => measure([1, 2], [2, 0])).to.throw('expected true or false, or 1 or 0');
    });
  }

  it('auroc is the share of the pairs in the right order, ties counted half', () => {
    fc.assert(
      fc.property(samples, ({ scores, positives }) => {
        let [wins, pairs] = [0, 0];
        scores.forEach((one, i) =>
          scores.forEach((other, j) => {
            if (!positives[i] || positives[j]) return;
            wins += one > other ? 1 : one === other ? 0.5 : 0;
            pairs++;
          }),
        );
        expect(auroc(scores, positives)).to.equal(wins / pairs);
      }),
    );
  });

  it('auroc of scores and of negated scores sum to 1', () => {
    fc.assert(
      fc.property(samples, ({ scores, positives }) => {
        const turned = scores.map((score) => -score);
        expect(auroc(scores, positives) + auroc(turned, positives)).to.be.closeTo(1, 2 ** -52);
      }),
    );
  });

  it('averagePrecision is the sum over thresholds, by its definition', () => {
    fc.assert(
      fc.property(samples, ({ scores, positives }) => {
        const thresholds = [...new Set(scores)].sort((a, b) => b - a);
        const total = positives.filter(Boolean).length;
        let [area, last] = [0, 0];
        for (const threshold of thresholds) {
          const passed = positives.filter((_, i) => scores[i]! >= threshold);
          const hits = passed.filter(Boolean).length;
          area += (hits / total - last) * (hits / passed.length);
          last = hits / total;
        }
        expect(averagePrecision(scores, positives)).to.be.closeTo(area, 1e-14);
      }),
    );
  });

  it('averagePrecision of equal scores is the share of positives', () => {
    expect(averagePrecision([1, 1, 1, 1], [1, 0, 0, 0])).to.equal(0.25);
    expect(averagePrecision([4, 3, 2, 1], [1, 0, 1, 0])).to.be.closeTo((1 + 2 / 3) / 2, 1e-15);
  });

  it('falsePositiveRate is the smallest of any threshold with enough true positives', () => {
    fc.assert(
      fc.property(samples, fc.constantFrom(0.5, 0.8, 0.95, 1), ({ scores, positives }, truePositiveRate) => {
        const share = (threshold: number, wanted: boolean): number => {
          const side = scores.filter((_, i) => positives[i] === wanted);
          return side.filter((score) => score >= threshold).length / side.length;
        };
        const enough = scores.filter((threshold) => share(threshold, true) >= truePositiveRate);
        const least = Math.min(...enough.map((threshold) => share(threshold, false)));
        expect(falsePositiveRate(scores, positives, { truePositiveRate })).to.equal(least);
      }),
    );
  });

  it('falsePositiveRate needs 19 of 20, not 20', () => {
    const scores = [...Array.from({ length: 19 }, () => 2), 1, 0];
    const positives = [...Array.from({ length: 20 }, () => true), false];
    expect(falsePositiveRate([...scores, 1.5], [...positives, false])).to.equal(0);
    expect(falsePositiveRate([...scores, 1.5], [...positives, false], { truePositiveRate: 1 })).to.equal(0.5);
  });

  it('detection combines them, with inliers as the positive class', () => {
    const [inliers, outliers] = [[3, 2, 2], tensor([2, 1])];
    const scores = [3, 2, 2, 2, 1];
    const isIn = [1, 1, 1, 0, 0];
    expect(detection(inliers, outliers)).to.deep.equal({
      auroc: auroc(scores, isIn),
      auprIn: averagePrecision(scores, isIn),
      auprOut: averagePrecision([-3, -2, -2, -2, -1], [0, 0, 0, 1, 1]),
      fpr95: falsePositiveRate(scores, isIn),
    });
    expect(detection([3, 2], [1, 0])).to.deep.equal({ auroc: 1, auprIn: 1, auprOut: 1, fpr95: 0 });
  });
});
