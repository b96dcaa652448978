import { expect } from 'chai';
import fc from 'fast-check';
import { binomialTail } from '../../../src/cli/statistics/binomial.js';
import { medianInterval, quartiles } from '../../../src/cli/statistics/order.js';

const values = fc.array(fc.integer({ min: -99, max: 99 }), { minLength: 1, maxLength: 40 });

describe('quartiles', () => {
  it('match a worked example', () => {
    expect(quartiles([4, 1, 3, 2])).to.deep.equal({ low: 1.75, median: 2.5, high: 3.25 });
    expect(quartiles([7])).to.deep.equal({ low: 7, median: 7, high: 7 });
  });

  it('have half of the values between them, and as many on either side', () => {
    fc.assert(
      fc.property(values, (numbers) => {
        const { low, median, high } = quartiles(numbers);
        const below = (limit: number): number => numbers.filter((x) => x < limit).length;
        const above = (limit: number): number => numbers.filter((x) => x > limit).length;
        expect(below(low)).to.be.at.most(numbers.length / 4 + 1);
        expect(above(high)).to.be.at.most(numbers.length / 4 + 1);
        expect(Math.max(below(median), above(median))).to.be.at.most(numbers.length / 2);
      }),
    );
  });
});

describe('the interval of a median', () => {
  it('runs from the 8th to the 18th of 25 values, and needs 6 values at 95 %', () => {
    const ranks = (n: number): number[] => Array.from({ length: n }, (_, i) => i + 1);
    expect(medianInterval(ranks(25), 0.95)).to.deep.equal({ low: 8, high: 18 });
    expect(medianInterval(ranks(6), 0.95)).to.deep.equal({ low: 1, high: 6 });
    expect(medianInterval(ranks(5), 0.95)).to.equal(undefined);
  });

  it('is the narrowest that keeps its level, for any distribution', () => {
    fc.assert(
      fc.property(fc.integer({ min: 6, max: 60 }), fc.constantFrom(0.8, 0.95, 0.99), (n, level) => {
        const interval = medianInterval(
          Array.from({ length: n }, (_, i) => i + 1),
          level,
        );
        fc.pre(interval !== undefined);
        // The median lies outside if fewer than k of the values lie on one side of it.
        const outside = (k: number): number => 2 * binomialTail(n - k + 1, n, 0.5);
        expect(outside(interval!.low)).to.be.at.most(1 - level + 1e-12);
        expect(outside(interval!.low + 1)).to.be.above(1 - level - 1e-12);
        expect(interval!.low + interval!.high).to.equal(n + 1);
      }),
    );
  });
});

describe('the tail of a binomial distribution', () => {
  it('matches counted coins and dice', () => {
    expect(binomialTail(3, 3, 0.5)).to.be.closeTo(1 / 8, 1e-15);
    expect(binomialTail(2, 3, 0.5)).to.be.closeTo(1 / 2, 1e-15);
    expect(binomialTail(1, 2, 1 / 6)).to.be.closeTo(11 / 36, 1e-15);
    expect(binomialTail(0, 5, 0.3)).to.equal(1);
    expect([binomialTail(1, 5, 0), binomialTail(5, 5, 1)]).to.deep.equal([0, 1]);
  });

  it('and the tail of the opposite event sum to 1', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 300 }),
        fc.nat(300),
        fc.double({ min: 0.01, max: 0.99, noNaN: true }),
        (trials, hits, p) => {
          fc.pre(hits >= 1 && hits <= trials);
          const opposite = binomialTail(trials - hits + 1, trials, 1 - p);
          expect(binomialTail(hits, trials, p) + opposite).to.be.closeTo(1, 1e-9);
        },
      ),
    );
  });

  it('does not vanish for ten thousand trials', () => {
    expect(binomialTail(5000, 10_000, 0.5)).to.be.closeTo(0.504, 1e-3);
    expect(binomialTail(1100, 10_000, 0.1)).to.be.within(1e-4, 1e-3);
  });
});
