import { expect } from 'chai';
import fc from 'fast-check';
import { flat } from '../../src/array/index.js';
import {
  Conv1D,
  Conv2D,
  Conv2DTranspose,
  Dense,
  DepthwiseConv2D,
  Embedding,
  type Tensor,
  randomNormal,
  slice,
} from '../../src/index.js';

/** The mean of the squares. */
function power(x: Tensor): number {
  let total = 0;
  for (const a of flat(x.value)) total += a * a;
  return total / x.size;
}

const initializers = ['he_normal', 'he_uniform'] as const;

describe('the variance that an initializer promises', () => {
  const images = (channels: number, seed: number) => randomNormal([8, 12, 12, channels], { seed });

  for (const kernelInitializer of initializers) {
    it(`holds for every layer with a kernel: ${kernelInitializer}`, () => {
      fc.assert(
        fc.property(
          fc.constantFrom(16, 32),
          fc.constantFrom(3, 5),
          fc.constantFrom(1, 2),
          fc.integer({ min: 1, max: 1000 }),
          (channels, size, multiplier, seed) => {
            const options = { kernelInitializer, seed, padding: 'valid' as const };
            const layers = {
              dense: new Dense(64, { kernelInitializer, seed }),
              conv: new Conv2D(32, size, options),
              grouped: new Conv2D(32, size, { ...options, groups: channels / 4 }),
              depthwise: new DepthwiseConv2D(size, { ...options, depthMultiplier: multiplier }),
            };
            for (const [name, layer] of Object.entries(layers)) {
              const x = images(channels, seed + 1);
              // The weights are few: so many that their own mean square is within a fifth of what it is in the mean.
              expect(power(layer.forward(x)), name).to.be.within(1.2, 2.8);
            }
          },
        ),
        { numRuns: 5 },
      );
    });
  }

  for (const kernelInitializer of initializers) {
    it(`holds for sequences, with steps and in groups: ${kernelInitializer}`, () => {
      fc.assert(
        fc.property(
          fc.constantFrom(16, 32),
          fc.constantFrom(3, 5),
          fc.constantFrom(1, 2),
          fc.constantFrom(1, 4),
          fc.integer({ min: 1, max: 1000 }),
          (channels, size, stride, groups, seed) => {
            const layer = new Conv1D(64, size, { kernelInitializer, stride, groups, seed, padding: 'valid' });
            const x = randomNormal([8, 64, channels], { seed: seed + 1 });
            expect(power(layer.forward(x))).to.be.within(1.2, 2.8);
          },
        ),
        { numRuns: 5 },
      );
    });

    it(`holds for a transposed convolution, whose pixels are fed by fewer windows the longer its step: ${kernelInitializer}`, () => {
      fc.assert(
        fc.property(
          fc.constantFrom(16, 32),
          fc.constantFrom(3, 4, 5),
          fc.constantFrom(1, 2, 3),
          fc.integer({ min: 1, max: 1000 }),
          (channels, size, stride, seed) => {
            const layer = new Conv2DTranspose(32, size, {
              kernelInitializer,
              stride,
              seed,
              padding: 'valid',
            });
            const y = layer.forward(images(channels, seed + 1));
            // Away from the border, and as often at every place between two windows.
            const inside = [size, size + stride * Math.floor((y.shape[1]! - 2 * size) / stride)] as const;
            expect(power(slice(y, [[], inside, inside]))).to.be.within(1.2, 2.8);
          },
        ),
        { numRuns: 5 },
      );
    });
  }

  it('uses both fans for glorot, with one channel for each output', () => {
    const variance = (layer: Conv2D | DepthwiseConv2D, channels: number): number => {
      layer.build([1, 9, 9, channels]);
      return power(layer.kernel!);
    };
    const kernelInitializer = 'glorot_normal';
    const depthwise = new DepthwiseConv2D(3, { kernelInitializer, depthMultiplier: 3, seed: 1 });
    expect(variance(depthwise, 512) / (2 / (9 + 27))).to.be.closeTo(1, 0.05);
    const grouped = new Conv2D(64, 3, { kernelInitializer, groups: 8, seed: 1 });
    expect(variance(grouped, 128) / (2 / (9 * 16 + 9 * 8))).to.be.closeTo(1, 0.05);
  });

  it('is that of a dense layer with one-hot inputs, for an embedding', () => {
    const embedding = new Embedding(200, 64, { embeddingsInitializer: 'he_normal', seed: 1 });
    const y = embedding.forward(Array.from({ length: 200 }, (_, id) => id));
    expect(power(y) * 200).to.be.closeTo(2, 0.1);
  });
});
