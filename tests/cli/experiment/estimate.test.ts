import { expect } from 'chai';
import fc from 'fast-check';
import {
  differenceOf,
  estimateOf,
  fewSeeds,
  significance,
  significantSide,
} from '../../../src/cli/experiment/estimate.js';
import { showEstimate } from '../../../src/cli/statistics/estimate.js';
import { Random } from '../../../src/array/index.js';
import { confidenceInterval } from '../../../src/train/index.js';

const bySeed = (values: readonly number[], first = 1) =>
  new Map(values.map((value, i) => [first + i, value] as const));

describe('an estimate of an experiment', () => {
  it('is a mean with half its 95 % confidence interval over the seeds', () => {
    expect(showEstimate(undefined, 1)).to.equal('–');
    expect(showEstimate(estimateOf([0.5]), 1, { factor: 100 })).to.equal('50.0');
    // The t quantile at 0.975 with one degree of freedom is 12.706; s / √2 of 0.4 and 0.6 is 0.1.
    expect(showEstimate(estimateOf([0.4, 0.6]), 1, { factor: 100 })).to.equal('50 ± 127');
    // With three degrees of freedom, t is 3.182, and s / √4 of 1, 2, 3, 6 is √(14/3) / 2.
    expect(showEstimate(estimateOf([1, 2, 3, 6]), 3)).to.equal(
      `3.0 ± ${((3.18245 * Math.sqrt(14 / 3)) / 2).toFixed(1)}`,
    );
  });

  it('contains the true mean in 95 of 100 draws', () => {
    const random = new Random(5);
    const draws = Array.from({ length: 2000 }, () => {
      const { mean, reach } = estimateOf(Array.from({ length: 4 }, () => random.normal()))!;
      return Math.abs(mean) <= reach!;
    });
    // For 2,000 draws, the standard deviation is 0.5 points.
    expect(draws.filter(Boolean).length / 2000).to.be.within(0.93, 0.97);
  });
});

describe('a difference between two variants', () => {
  it('pairs values by seed, over the seeds that both have', () => {
    const [a, b] = [bySeed([1, 5, 9]), bySeed([0.5, 4.5, 8.5, 100])];
    expect(differenceOf(a, b)).to.deep.include({ mean: 0.5, reach: 0, values: [0.5, 0.5, 0.5] });
    expect(differenceOf(b, a)!.mean).to.equal(-0.5);
    expect(differenceOf(a, bySeed([1], 7))).to.equal(undefined);
    expect(showEstimate(differenceOf(a, b), 2, { signed: true })).to.equal('+0.50 ± 0.00');
    expect(showEstimate(estimateOf([-1, -2]), 1, { signed: true })).to.equal('−1.5 ± 6.4');
  });

  it('is significant if the interval for all comparisons together lies on one side of 0', () => {
    fc.assert(
      fc.property(
        fc.array(fc.double({ min: -1, max: 3, noNaN: true }), { minLength: 2, maxLength: 8 }),
        fc.integer({ min: 1, max: 40 }),
        (values, comparisons) => {
          const { low, high } = confidenceInterval(values, { level: 1 - 0.05 / comparisons });
          const expected = low > 0 ? 'above' : high < 0 ? 'below' : 'undecided';
          expect(significantSide(estimateOf(values)!, comparisons)).to.equal(expected);
        },
      ),
    );
    const differences = estimateOf([0.8, 1, 1.2, 1.4])!;
    expect(significantSide(differences, 1)).to.equal('above');
    expect(significantSide(estimateOf([0.9, 1, 1.1])!, 1)).to.equal('above');
    expect(significantSide(estimateOf([-0.9, -1, -1.1])!, 1)).to.equal('below');
    expect(significantSide(differences, 20)).to.equal('undecided');
    expect(significantSide(estimateOf([7])!, 1)).to.equal('undecided');
  });

  it('between equal variants is called significant in one table of twenty, whatever the size of the table', () => {
    const random = new Random(3);
    const [tables, comparisons] = [400, 12];
    const wrong = Array.from({ length: tables }, () =>
      Array.from({ length: comparisons }, () =>
        significantSide(estimateOf(Array.from({ length: 3 }, () => random.normal()))!, comparisons),
      ).some((side) => side !== 'undecided'),
    );
    // An error rate of 0.05 would be 20 of 400, with a deviation of 4.4; without the correction it would be 184.
    expect(wrong.filter(Boolean).length).to.be.within(6, 36);
    expect(significance(12)).to.include('all 12 at once');
  });
});

it('warns that few seeds make wide intervals', () => {
  expect(fewSeeds(1)[0]).to.include('One seed cannot tell a difference from chance');
  expect(fewSeeds(2)[0]).to.include('2 seeds make wide intervals, 12.7 standard errors to each side');
  expect(fewSeeds(3)[0]).to.include('4.3 standard errors');
  expect(fewSeeds(4)).to.deep.equal([]);
});
