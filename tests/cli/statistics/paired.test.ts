import { expect } from 'chai';
import fc from 'fast-check';
import { holm, pairedDifference } from '../../../src/cli/statistics/paired.js';
import { judge } from '../../../src/cli/statistics/verdict.js';
import { Random } from '../../../src/array/index.js';

const numbers = fc.array(fc.integer({ min: -1000, max: 1000 }), { minLength: 2, maxLength: 12 });

describe('a paired difference', () => {
  it('matches a textbook: Student’s ten patients and two soporifics (1908)', () => {
    const hours = [1.2, 2.4, 1.3, 1.3, 0, 1.0, 1.8, 0.8, 4.6, 1.4];
    const { mean, deviation, reach, p } = pairedDifference(hours)!;
    expect(mean).to.be.closeTo(1.58, 1e-12);
    expect(deviation!).to.be.closeTo(1.2299, 1e-4);
    expect(reach!).to.be.closeTo(0.8798, 1e-3);
    expect(p).to.be.closeTo(0.002833, 1e-6);
  });

  it('excludes 0 from its interval if and only if p is below 0.05', () => {
    fc.assert(
      fc.property(numbers, (differences) => {
        const { mean, reach, p } = pairedDifference(differences)!;
        fc.pre(Math.abs(p - 0.05) > 1e-9);
        expect(Math.abs(mean) > reach!).to.equal(p < 0.05);
      }),
    );
  });

  it('does not depend on the order, shifts with the values, and changes sign with them', () => {
    fc.assert(
      fc.property(numbers, fc.integer({ min: -500, max: 500 }), (differences, shift) => {
        const own = pairedDifference(differences)!;
        const turned = pairedDifference(differences.map((d) => -d).reverse())!;
        const shifted = pairedDifference(differences.map((d) => d + shift))!;
        expect(turned.mean).to.be.closeTo(-own.mean, 1e-9);
        expect(turned.p).to.be.closeTo(own.p, 1e-9);
        expect(shifted.mean).to.be.closeTo(own.mean + shift, 1e-9);
        expect(shifted.reach!).to.be.closeTo(own.reach!, 1e-9);
      }),
    );
  });

  it('does not accept equal counts under few seeds as proof', () => {
    expect(pairedDifference([0.01, 0.01], 0.01)!.p).to.be.above(0.1);
    expect(pairedDifference([0.01, 0.01, 0.01], 0.01)!.p).to.be.above(0.02);
    expect(pairedDifference([0.3, 0.3, 0.3, 0.3], 0.01)!.p).to.be.below(1e-4);
    expect(pairedDifference([0, 0, 0], 0.01)!.p).to.equal(1);
    expect(pairedDifference([0, 0, 0])!.p).to.equal(1);
  });

  it('of one pair has no interval and proves nothing; of no pairs is undefined', () => {
    expect(pairedDifference([5], 0.1)).to.deep.equal({
      pairs: 1,
      mean: 5,
      reach: undefined,
      deviation: undefined,
      p: 1,
    });
    expect(pairedDifference([])).to.equal(undefined);
  });
});

describe('p values adjusted by Holm', () => {
  it('match a worked example', () => {
    const adjusted = holm([0.01, 0.04, 0.03, 0.005]);
    [0.03, 0.06, 0.06, 0.02].forEach((value, i) => expect(adjusted[i]!).to.be.closeTo(value, 1e-12));
  });

  it('keep their order, stay between the plain value and Bonferroni’s, and follow a permutation', () => {
    const values = fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: 1, maxLength: 9 });
    fc.assert(
      fc.property(values, fc.nat(), (ps, seed) => {
        const adjusted = holm(ps);
        ps.forEach((p, i) => {
          expect(adjusted[i]!).to.be.within(p, Math.min(1, ps.length * p) + 1e-15);
          ps.forEach((q, j) => {
            if (p < q) expect(adjusted[i]!).to.be.at.most(adjusted[j]!);
          });
        });
        const order = [...new Random(seed).permutation(ps.length)];
        expect(holm(order.map((i) => ps[i]!))).to.deep.equal(order.map((i) => adjusted[i]));
      }),
    );
  });
});

describe('verdicts', () => {
  const SEEDS = 8;
  const NORMS = 12;
  const DRAWS = 1500;

  /** The verdicts on norms whose true differences from the baseline are these, in deviations of a run. */
  const verdicts = (random: Random, truths: readonly number[]): string[] => {
    const draw = (): number[] => Array.from({ length: SEEDS }, () => random.normal());
    const baseline = draw();
    const differences = truths.map((truth, norm) => {
      const own = draw();
      return [`norm ${norm}`, pairedDifference(own.map((x, i) => x + truth - baseline[i]!))!] as const;
    });
    return [...judge(new Map(differences), (name) => name).values()].map(({ verdict }) => verdict);
  };

  it('call noise significant in at most 5 % of all sweeps', function () {
    this.timeout(30_000);
    const random = new Random(4);
    let wrong = 0;
    for (let i = 0; i < DRAWS; i++) {
      const found = verdicts(
        random,
        Array.from({ length: NORMS }, () => 0),
      );
      wrong += Number(found.some((verdict) => verdict !== 'tied'));
    }
    // Three standard errors above 5 %; the plain tests would be wrong in about every third sweep.
    expect(wrong / DRAWS).to.be.within(0.005, 0.067);
  });

  it('of one comparison alone are wrong as often as the level says', function () {
    this.timeout(30_000);
    const random = new Random(5);
    let wrong = 0;
    for (let i = 0; i < 4 * DRAWS; i++) wrong += Number(verdicts(random, [0])[0] !== 'tied');
    expect(wrong / (4 * DRAWS)).to.be.within(0.041, 0.059);
  });

  it('find a large difference among noise, with its sign', () => {
    const random = new Random(6);
    let found = 0;
    for (let i = 0; i < 200; i++) {
      const [better, worse] = verdicts(random, [5, -5, 0, 0, 0, 0, 0, 0]);
      found += Number(better === 'better' && worse === 'worse');
    }
    expect(found).to.be.at.least(190);
  });

  it('are the same for the same differences in any order, and count twins once', () => {
    const data: [string, number[]][] = [
      ['a', [3, 4, 3, 5, 4, 3]],
      ['b', [1, -1, 2, 0, 1, -1]],
      ['c', [-2, -1, -3, -2, -1, -2]],
      ['twin', [1, -1, 2, 0, 1, -1]],
    ];
    const judged = (entries: typeof data, groupOf = (name: string) => name) =>
      judge(new Map(entries.map(([name, values]) => [name, pairedDifference(values)!])), groupOf);
    const [forward, backward] = [judged(data), judged([...data].reverse())];
    for (const [name] of data) expect(backward.get(name)).to.deep.equal(forward.get(name));
    expect([...forward.values()].map(({ verdict }) => verdict)).to.deep.equal([
      'better',
      'tied',
      'worse',
      'tied',
    ]);
    const asTwins = judged(data, (name) => (name === 'twin' ? 'b' : name));
    expect(asTwins.get('a')!.adjusted).to.be.closeTo((3 / 4) * forward.get('a')!.adjusted, 1e-15);
    expect(asTwins.get('twin')!.adjusted).to.equal(asTwins.get('b')!.adjusted);
  });

  it('of a single pair are unknown', () => {
    expect(judge(new Map([['a', pairedDifference([9])!]]), (name) => name).get('a')!.verdict).to.equal(
      'unknown',
    );
  });
});
