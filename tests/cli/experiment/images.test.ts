import { expect } from 'chai';
import fc from 'fast-check';
import { asImages, atMost, gaussianLike, inverted, noiseLike } from '../../../src/cli/experiment/images.js';
import { randomNormal } from '../../../src/index.js';
import { type Tensor, tensor } from '../../../src/index.js';

const numbers = (x: Tensor): number[] => Array.from(x.value.data);

describe('images of an experiment', () => {
  const of = (shape: number[]) => ({
    name: 'some',
    features: randomNormal(shape, { seed: 1 }),
    labels: Int32Array.from({ length: shape[0]! }, (_, i) => i % 2),
    classes: ['a', 'b'],
  });

  for (const [shape, image] of [
    [
      [3, 2, 5, 4],
      [3, 2, 5, 4],
    ],
    [
      [3, 2, 5],
      [3, 2, 5, 1],
    ],
    [
      [3, 16],
      [3, 4, 4, 1],
    ],
  ] as const) {
    it(`of the shape ${JSON.stringify(shape)} keep their pixels in order`, () => {
      const data = of([...shape]);
      const { features, ...rest } = asImages('here', data);
      expect(features.shape).to.deep.equal(image);
      expect(numbers(features)).to.deep.equal(numbers(data.features));
      expect(rest).to.deep.equal({ name: data.name, labels: data.labels, classes: data.classes });
    });
  }

  it('rejects samples that are not images', () => {
    expect(() => asImages('here', of([3, 15]))).to.throw(
      'here: expected images, received "samples of the shape [15]".',
    );
    expect(() => asImages('here', of([3]))).to.throw('received "samples of the shape []".');
    expect(() => asImages('here', of([0, 16]))).to.throw('here: expected at least one sample, received 0.');
  });

  it('are limited to the first samples', () => {
    expect(numbers(atMost(of([5, 4]), 2).features)).to.deep.equal(numbers(of([5, 4]).features).slice(0, 8));
    const few = of([2, 4]);
    expect(atMost(few, 2)).to.equal(few);
  });

  it('swap the least and the largest pixel when inverted', () => {
    expect(
      numbers(
        inverted(
          tensor([
            [1, 2],
            [4, 5],
          ]),
        ),
      ),
    ).to.deep.equal([5, 4, 2, 1]);
  });

  it('of noise draw each pixel of the given images about equally often, by the seed', () => {
    fc.assert(
      fc.property(fc.nat(), (seed) => {
        const given = tensor([[[[0], [1]]], [[[2], [7]]]]);
        const noise = noiseLike(given, 300, seed);
        expect(noise.shape).to.deep.equal([300, 1, 2, 1]);
        const drawn = numbers(noise);
        for (const pixel of [0, 1, 2, 7]) {
          // 600 draws at p = 1/4: within 6 standard deviations, √(600 · 3/16).
          expect(drawn.filter((x) => x === pixel).length).to.be.within(150 - 64, 150 + 64);
        }
        expect(drawn.every((x) => [0, 1, 2, 7].includes(x))).to.equal(true);
        expect(numbers(noiseLike(given, 300, seed))).to.deep.equal(drawn);
      }),
    );
  });

  it('of Gaussian noise have the mean, deviation and range of the given images', () => {
    const images = randomNormal([50, 4, 4, 1], { seed: 3, mean: 5, standardDeviation: 2 });
    const noise = gaussianLike(images, 300, 4);
    expect(noise.shape).to.deep.equal([300, 4, 4, 1]);
    const [own, made] = [images, noise].map(({ value }) => {
      const data = Array.from(value.data);
      const mean = data.reduce((sum, x) => sum + x, 0) / data.length;
      const variance = data.reduce((sum, x) => sum + (x - mean) ** 2, 0) / data.length;
      return { mean, deviation: Math.sqrt(variance), least: Math.min(...data), most: Math.max(...data) };
    });
    expect(made!.mean).to.be.closeTo(own!.mean, 0.1);
    expect(made!.deviation).to.be.closeTo(own!.deviation, 0.1);
    expect(made!.least).to.be.at.least(own!.least);
    expect(made!.most).to.be.at.most(own!.most);
    expect(gaussianLike(images, 300, 4).toArray()).to.deep.equal(noise.toArray());
    expect(gaussianLike(images, 300, 5).toArray()).not.to.deep.equal(noise.toArray());
  });
});
