import { expect } from 'chai';
import fc from 'fast-check';
import { fromFlat } from '../../src/array/index.js';
import { tensor } from '../../src/autograd/create.js';
import { Tensor } from '../../src/autograd/tape.js';
import { softmax } from '../../src/ops/catalog.js';
import {
  bitsPerCharacter,
  confidenceInterval,
  expectedCalibrationError,
  perplexity,
} from '../../src/train/index.js';

describe('perplexity and bits per character', () => {
  it('are the number of equally likely tokens, and its logarithm', () => {
    for (const count of [1, 2, 8, 65]) {
      expect(perplexity(Math.log(count))).to.be.closeTo(count, 1e-12 * count);
      expect(bitsPerCharacter(Math.log(count))).to.be.closeTo(Math.log2(count), 1e-14);
    }
    expect(bitsPerCharacter(Math.log(8), { charactersPerToken: 4 })).to.be.closeTo(0.75, 1e-15);
    expect(() => perplexity(tensor(1) as never)).to.throw('perplexity: expected a mean loss as a number');
    expect(() => bitsPerCharacter(1, { charactersPerToken: 0 })).to.throw('expected a finite number above 0');
  });
});

describe('the expected calibration error', () => {
  const problem = fc.integer({ min: 1, max: 12 }).chain((samples) =>
    fc.record({
      probabilities: fc
        .array(fc.double({ min: -3, max: 3, noNaN: true }), {
          minLength: 3 * samples,
          maxLength: 3 * samples,
        })
        .map((data) => softmax(new Tensor(fromFlat(Float64Array.from(data), [samples, 3])))),
      labels: fc.array(fc.integer({ min: 0, max: 2 }), { minLength: samples, maxLength: samples }),
      bins: fc.integer({ min: 1, max: 20 }),
    }),
  );

  it('is the sum over bins, by its definition', () => {
    fc.assert(
      fc.property(problem, ({ probabilities, labels, bins }) => {
        const rows = probabilities.toArray() as number[][];
        const sure = rows.map((row) => Math.max(...row));
        const right = rows.map((row, i) => row.indexOf(sure[i]!) === labels[i]);
        let sum = 0;
        for (let bin = 0; bin < bins; bin++) {
          const members = sure.map((_, i) => i).filter((i) => Math.ceil(sure[i]! * bins) === bin + 1);
          if (members.length === 0) continue;
          const accuracy = members.filter((i) => right[i]).length / members.length;
          const confidence = members.reduce((total, i) => total + sure[i]!, 0) / members.length;
          sum += (members.length / rows.length) * Math.abs(accuracy - confidence);
        }
        expect(expectedCalibrationError(probabilities, labels, { bins })).to.be.closeTo(sum, 1e-13);
      }),
    );
  });

  it('is 0 where confidence is accuracy, and counts bins by their upper edge', () => {
    const even = [
      [0.75, 0.25],
      [0.75, 0.25],
      [0.75, 0.25],
      [0.25, 0.75],
    ];
    expect(expectedCalibrationError(tensor(even), [0, 0, 0, 0])).to.equal(0);
    // 0.5 lies in the first of two bins: 0.5 wrong there, 0.25 right in the other.
    const split = [
      [0.5, 0.5],
      [0.75, 0.25],
    ];
    expect(expectedCalibrationError(tensor(split), [1, 0], { bins: 2 })).to.equal(0.375);
    expect(expectedCalibrationError(tensor(split), [1, 0], { bins: 1 })).to.equal(0.125);
    expect(expectedCalibrationError(tensor([[1, 0]]), [0])).to.equal(0);
  });

  it('refuses logits', () => {
    for (const row of [
      [2, 1],
      [0.5, 0.4],
      [1.5, -0.5],
      [NaN, 1],
    ]) {
      expect(() => expectedCalibrationError(tensor([row]), [0])).to.throw(
        'expectedCalibrationError: expected probabilities from 0 that sum to 1',
      );
    }
    expect(() => expectedCalibrationError(tensor([[1, 0]]), [2])).to.throw(
      'integers from 0 to 1, received 2.',
    );
  });
});

describe('the confidence interval', () => {
  /** Tables of Student's t, two-sided. */
  const table = [
    { freedom: 1, level: 0.95, t: 12.706204736 },
    { freedom: 2, level: 0.95, t: 4.30265272991 },
    { freedom: 3, level: 0.95, t: 3.18244630528 },
    { freedom: 4, level: 0.95, t: 2.7764451052 },
    { freedom: 5, level: 0.99, t: 4.03214298356 },
    { freedom: 10, level: 0.9, t: 1.8124611228 },
    { freedom: 30, level: 0.95, t: 2.0422724563 },
  ];
  for (const { freedom, level, t } of table) {
    it(`reaches ${t} standard errors with ${freedom} degrees of freedom at ${level}`, () => {
      const values = Array.from({ length: freedom + 1 }, (_, i) => i * i);
      const { count, mean, standardDeviation, low, high } = confidenceInterval(values, { level });
      expect((high - mean) / (standardDeviation / Math.sqrt(count))).to.be.closeTo(t, 1e-9);
      expect(mean - low).to.be.closeTo(high - mean, 1e-9);
    });
  }

  it('is worked out by hand for two values', () => {
    const { count, mean, standardDeviation, low, high } = confidenceInterval([1, 3], { level: 0.5 });
    // One degree of freedom is Cauchy's distribution, whose middle half lies within ±1 standard errors.
    expect([count, mean, standardDeviation]).to.deep.equal([2, 2, Math.SQRT2]);
    expect([low, high].map((x) => x.toFixed(12))).to.deep.equal(['1.000000000000', '3.000000000000']);
  });

  it('moves and grows with its values', () => {
    const numbers = fc.array(fc.integer({ min: -50, max: 50 }), { minLength: 2, maxLength: 8 });
    fc.assert(
      fc.property(numbers, (values) => {
        const { low, high } = confidenceInterval(values);
        const other = confidenceInterval(values.map((x) => 4 * x + 100));
        expect(other.low).to.be.closeTo(4 * low + 100, 1e-9);
        expect(other.high).to.be.closeTo(4 * high + 100, 1e-9);
      }),
    );
  });

  it('refuses a single run', () => {
    expect(() => confidenceInterval([1])).to.throw('confidenceInterval: expected at least 2 finite numbers');
    expect(() => confidenceInterval([1, NaN])).to.throw('expected at least 2 finite numbers');
    expect(() => confidenceInterval([1, 2], { level: 1 })).to.throw('confidenceInterval.level: expected');
  });
});
