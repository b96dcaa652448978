import { expect } from 'chai';
import fc from 'fast-check';
import { type Dataset, moons, spirals } from '../../src/data/index.js';

const points = ({ features }: Dataset): readonly (readonly [number, number])[] =>
  features.toArray() as [number, number][];

const countsOf = ({ labels, classes }: Dataset): number[] =>
  classes.map((_, label) => labels.filter((other) => other === label).length);

for (const [name, make] of Object.entries({ spirals, moons })) {
  describe(name, () => {
    it('share points evenly among the classes', () => {
      fc.assert(
        fc.property(fc.integer({ min: 2, max: 50 }), fc.nat(), (samples, seed) => {
          const data = make({ samples, seed });
          expect(data.features.shape).to.deep.equal([samples, 2]);
          const counts = countsOf(data);
          expect(Math.max(...counts) - Math.min(...counts)).to.be.at.most(1);
        }),
      );
    });

    it('are the same for the same seed, and differ for another', () => {
      const of = (seed: number) => points(make({ samples: 9, seed }));
      expect(of(1)).to.deep.equal(of(1));
      expect(of(1)).not.to.deep.equal(of(2));
    });

    it('differ only by the noise for the same seed', () => {
      const [still, noisy] = [0, 0.5].map((noise) => points(make({ samples: 400, noise, seed: 3 })));
      const offs = still!.flatMap(([x, y], i) => [noisy![i]![0] - x, noisy![i]![1] - y]);
      const deviation = Math.sqrt(offs.reduce((sum, off) => sum + off * off, 0) / offs.length);
      // For 800 normal numbers, the error of the deviation itself is 2.5 %.
      expect(deviation).to.be.within(0.44, 0.56);
    });
  });
}

describe('without noise', () => {
  it('every arm of the spirals is the first one, rotated', () => {
    const data = spirals({ samples: 120, noise: 0, classes: 4, turns: 0.5, seed: 7 });
    points(data).forEach(([x, y], i) => {
      const t = Math.hypot(x, y);
      const angle = 2 * Math.PI * (data.labels[i]! / 4 + 0.5 * t);
      expect(x).to.be.closeTo(t * Math.cos(angle), 1e-6);
      expect(y).to.be.closeTo(t * Math.sin(angle), 1e-6);
      expect(t).to.be.at.most(1);
    });
  });

  it('the moons are two half circles around (0, 0) and (1, ½)', () => {
    const data = moons({ samples: 100, noise: 0, seed: 7 });
    points(data).forEach(([x, y], i) => {
      const second = data.labels[i] === 1;
      expect(Math.hypot(x - Number(second), y - (second ? 0.5 : 0))).to.be.closeTo(1, 1e-6);
      expect(second ? 0.5 - y : y).to.be.at.least(-1e-6);
    });
  });
});

it('toys reject invalid options', () => {
  expect(() => moons({ samples: 1 })).to.throw('moons.samples: expected a whole number from 2, received 1.');
  expect(() => spirals({ noise: -1 })).to.throw(
    'spirals.noise: expected a finite number from 0, received -1.',
  );
});
