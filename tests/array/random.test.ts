import { expect } from 'chai';
import fc from 'fast-check';
import { mersenne } from 'pure-rand/generator/mersenne';
import { Random, drawFactors, drawNormal, drawUniform, flat, noting } from '../../src/array/index.js';
import { scattered } from '../../src/array/scatter.js';

describe('random numbers', () => {
  it('are the same for the same seed, and others for another', () => {
    const draw = (seed: number) => {
      const random = new Random(seed);
      return [random.uniform(), random.normal(), random.integer(1000), ...random.permutation(5)];
    };
    expect(draw(7)).to.deep.equal(draw(7));
    expect(draw(7)).not.to.deep.equal(draw(8));
  });

  it('go on from a saved state as if they had never stopped', () => {
    fc.assert(
      fc.property(fc.nat(), fc.nat(5), (seed, before) => {
        const random = new Random(seed);
        for (let i = 0; i < before; i++) random.normal();
        const again = new Random(0);
        again.state = JSON.parse(JSON.stringify(random.state)) as number[];
        const draw = (from: Random) => [from.normal(), from.uniform(), from.normal(), from.integer(9)];
        expect(draw(again)).to.deep.equal(draw(random));
      }),
    );
  });

  it('scatter a seed as the Mersenne twister does', () => {
    const seeds = fc.oneof(fc.integer(), fc.nat(9), fc.double(), fc.maxSafeInteger());
    fc.assert(
      fc.property(seeds, (seed) => {
        const twister = mersenne(seed);
        expect(scattered(seed)).to.deep.equal([1, 2, 3, 4].map(() => twister.next()));
      }),
      { numRuns: 1000 },
    );
  });

  it('start anywhere, though seeds lie side by side', () => {
    const n = 1000;
    for (const skip of [0, 1, 2]) {
      const draws = Array.from({ length: n }, (_, seed) => {
        const random = new Random(seed);
        for (let i = 0; i < skip; i++) random.uniform();
        return random.uniform() - 0.5;
      });
      const product = (lag: number) => draws.reduce((sum, x, i) => sum + x * (draws[i + lag] ?? 0), 0) / n;
      expect(draws.reduce((sum, x) => sum + x, 0) / n).to.be.closeTo(0, 5 / Math.sqrt(12 * n));
      expect(product(0)).to.be.closeTo(1 / 12, 5 * Math.sqrt(1 / 180 / n));
      expect(product(1)).to.be.closeTo(0, 5 / 12 / Math.sqrt(n));
    }
  });

  it('permute without losing anything', () => {
    fc.assert(
      fc.property(fc.nat(), fc.nat(40), (seed, n) => {
        expect([...new Random(seed).permutation(n)].sort((a, b) => a - b)).to.deep.equal([
          ...Array(n).keys(),
        ]);
      }),
    );
    const firsts = Array.from({ length: 200 }, (_, seed) => new Random(seed).permutation(4)[0]);
    expect(new Set(firsts).size).to.equal(4);
  });

  it('have the moments of their distributions', () => {
    const n = 40_000;
    const moments = (next: () => number) => {
      const drawn = Array.from({ length: n }, next);
      const mean = drawn.reduce((sum, x) => sum + x, 0) / n;
      const power = (k: number) => drawn.reduce((sum, x) => sum + (x - mean) ** k, 0) / n;
      return { mean, variance: power(2), fourth: power(4) };
    };
    const random = new Random(3);
    // Five standard errors of each.
    const normal = moments(() => random.normal());
    expect(normal.mean).to.be.closeTo(0, 5 / Math.sqrt(n));
    expect(normal.variance).to.be.closeTo(1, 5 * Math.sqrt(2 / n));
    expect(normal.fourth).to.be.closeTo(3, 5 * Math.sqrt(96 / n));
    const uniform = moments(() => random.uniform());
    expect(uniform.mean).to.be.closeTo(1 / 2, 5 * Math.sqrt(1 / 12 / n));
    expect(uniform.variance).to.be.closeTo(1 / 12, 5 * Math.sqrt(1 / 180 / n));
  });

  it('include every whole number below the bound, and no other', () => {
    const random = new Random(1);
    expect([...new Set(Array.from({ length: 200 }, () => random.integer(3)))].sort()).to.deep.equal([
      0, 1, 2,
    ]);
  });

  it('fill arrays with what as many single draws would give', () => {
    fc.assert(
      fc.property(
        fc.nat(),
        fc.integer({ min: -3, max: 3 }),
        fc.double({ min: 0, max: 0.99 }),
        (seed, low, share) => {
          const [one, all] = [new Random(seed), new Random(seed)];
          const each = (next: () => number) => Array.from({ length: 6 }, next);
          expect([...flat(drawUniform(all, [2, 3], low, low + 5, 'float64'))]).to.deep.equal(
            each(() => low + 5 * one.uniform()),
          );
          expect([...flat(drawNormal(all, [6], low, 2, 'float64'))]).to.deep.equal(
            each(() => low + 2 * one.normal()),
          );
          expect([...flat(drawFactors(all, [3, 2], share, 'float64'))]).to.deep.equal(
            each(() => (one.uniform() < share ? 0 : 1 / (1 - share))),
          );
          expect(all.state).to.deep.equal(one.state);
        },
      ),
    );
  });

  it('note the state before an array is filled, as before a single draw', () => {
    const fills = [
      (random: Random) => drawUniform(random, [2], 0, 1, 'float32'),
      (random: Random) => drawNormal(random, [2], 0, 1, 'float32'),
      (random: Random) => drawFactors(random, [2], 0.5, 'float32'),
    ];
    for (const fill of fills) {
      const random = new Random(1);
      const before = random.state;
      const states = new Map<Random, readonly number[]>();
      noting(states, () => fill(random));
      expect(states.get(random)).to.deep.equal(before);
    }
  });
});
