import { expect } from 'chai';
import { Random } from '../../../src/array/index.js';
import { pairedDifference } from '../../../src/cli/statistics/paired.js';
import { detectable, pairsToTell } from '../../../src/cli/statistics/power.js';

describe('the number of seeds that prove a difference', () => {
  for (const [mean, alpha] of [
    [1, 0.05],
    [0.5, 0.05],
    [1, 0.05 / 12],
  ] as const) {
    it(`finds a mean of ${mean} deviations at level ${alpha.toFixed(4)} four times out of five`, () => {
      const pairs = pairsToTell(mean, 1, alpha);
      const random = new Random(7);
      const draws = 2000;
      let found = 0;
      for (let i = 0; i < draws; i++) {
        const values = Array.from({ length: pairs }, () => mean + random.normal());
        found += Number(pairedDifference(values)!.p < alpha);
      }
      // Whole numbers of pairs overshoot a little if they are small.
      expect(found / draws).to.be.within(0.77, 0.87);
    });
  }

  it('finds that difference, and one fewer does not', () => {
    const pairs = pairsToTell(0.7, 2, 0.01);
    expect(detectable(2, pairs, 0.01)).to.be.at.most(0.7);
    expect(detectable(2, pairs - 1, 0.01)).to.be.above(0.7);
    expect(pairsToTell(-0.7, 2, 0.01)).to.equal(pairs);
  });

  it('is infinite for a difference of 0, and for one beyond a thousand', () => {
    expect(pairsToTell(0, 1, 0.05)).to.equal(Infinity);
    expect(pairsToTell(0.001, 1, 0.05)).to.equal(Infinity);
  });
});
