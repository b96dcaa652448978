import { expect } from 'chai';
import fc from 'fast-check';
import { type NdArray, type Shape, flat, sizeOf, toNested } from '../../src/array/index.js';
import { NormtapeError } from '../../src/error.js';
import { type StatedInitializer, initialize, initializers } from '../../src/nn/initializers.js';

const types = Object.keys(initializers) as (keyof typeof initializers)[];
const random = types.filter((type) => 'seed' in initializers[type].options);
const shapes = fc.array(fc.integer({ min: 1, max: 6 }), { minLength: 2, maxLength: 4 });

const moments = (a: NdArray) => {
  const data = [...flat(a)];
  const mean = data.reduce((sum, x) => sum + x, 0) / data.length;
  const variance = data.reduce((sum, x) => sum + (x - mean) ** 2, 0) / data.length;
  return { mean, variance, most: Math.max(...data.map(Math.abs)) };
};

const many = (stated: StatedInitializer, shape: Shape) =>
  moments(initialize(stated, shape, { dtype: 'float64', seed: 11 }));

describe('the initializers', () => {
  for (const type of types) {
    it(`${type} fills a weight with the same bits for the same seed`, () => {
      fc.assert(
        fc.property(
          shapes,
          fc.nat(),
          fc.constantFrom('float32' as const, 'float64' as const),
          (shape, seed, dtype) => {
            const draw = (): NdArray => initialize(type, shape, { seed, dtype });
            const weight = draw();
            expect([weight.shape, weight.dtype]).to.deep.equal([shape, dtype]);
            expect(weight.data.every(Number.isFinite)).to.equal(true);
            expect([...draw().data]).to.deep.equal([...weight.data]);
          },
        ),
      );
    });
  }

  it('that draw use their own seed before that of the layer', () => {
    expect(random).to.have.length(8);
    for (const type of random) {
      const draw = (seed: number, own?: number) =>
        toNested(initialize({ type, seed: own }, [4, 5], { seed, dtype: 'float64' }));
      expect(draw(1, 3), type).to.deep.equal(draw(2, 3));
      expect(draw(1, 3), type).to.deep.equal(draw(3));
      expect(draw(1), type).not.to.deep.equal(draw(2));
    }
  });

  it('that are constant give their values', () => {
    const at = (stated: StatedInitializer) => toNested(initialize(stated, [2]));
    expect(at('zeros')).to.deep.equal([0, 0]);
    expect(at('ones')).to.deep.equal([1, 1]);
    expect(at('constant')).to.deep.equal([0, 0]);
    expect(at({ type: 'constant', value: -2.5 })).to.deep.equal([-2.5, -2.5]);
    expect(toNested(initialize('ones', []))).to.equal(1);
  });

  // 40 000 numbers: the mean is within 5/200 of a standard deviation, the variance within 5% of its value.
  const shape = [100, 400] as const;
  const expectations: readonly (readonly [StatedInitializer, number, number, number])[] = [
    ['random_normal', 0, 0.05 ** 2, Infinity],
    [{ type: 'random_normal', mean: 3, stddev: 2 }, 3, 4, Infinity],
    ['random_uniform', 0, 0.1 ** 2 / 12, 0.05],
    [{ type: 'random_uniform', minval: 1, maxval: 3 }, 2, 4 / 12, 3],
    ['truncated_normal', 0, (0.05 * 0.8796256610342398) ** 2, 0.1],
    ['glorot_uniform', 0, 2 / 500, Math.sqrt(6 / 500)],
    ['glorot_normal', 0, 2 / 500, (2 * Math.sqrt(2 / 500)) / 0.8796256610342398],
    ['he_uniform', 0, 2 / 100, Math.sqrt(6 / 100)],
    ['he_normal', 0, 2 / 100, (2 * Math.sqrt(2 / 100)) / 0.8796256610342398],
  ];
  for (const [stated, mean, variance, most] of expectations) {
    it(`${JSON.stringify(stated)} has its moments and bounds`, () => {
      const found = many(stated, shape);
      expect(found.mean).to.be.closeTo(mean, 0.025 * Math.sqrt(variance));
      expect(found.variance / variance).to.be.closeTo(1, 0.05);
      expect(found.most).to.be.at.most(most);
      if (most < Infinity) expect(found.most).to.be.above(0.95 * most);
    });
  }

  it('count a window of a convolution into both fans', () => {
    // [3, 3, 40, 80]: 360 inputs feed an output, and an input feeds 720 outputs.
    const found = many('glorot_uniform', [3, 3, 40, 80]);
    expect(found.most).to.be.within(0.98 * Math.sqrt(6 / (9 * 120)), Math.sqrt(6 / (9 * 120)));
    expect(many('he_uniform', [10000]).most).to.be.within(0.98 * Math.sqrt(6 / 10000), Math.sqrt(6 / 10000));
  });

  it('orthogonal has orthonormal columns, or rows if there are fewer', () => {
    fc.assert(
      fc.property(shapes, fc.nat(), fc.double({ min: 0.5, max: 2, noNaN: true }), (drawn, seed, gain) => {
        const columns = drawn.at(-1)!;
        const rows = sizeOf(drawn) / columns;
        const { data } = initialize({ type: 'orthogonal', gain, seed }, drawn, { dtype: 'float64' });
        const vector = (k: number): number[] =>
          rows < columns
            ? [...data.slice(k * columns, (k + 1) * columns)]
            : Array.from({ length: rows }, (_, i) => data[i * columns + k]!);
        const count = Math.min(rows, columns);
        for (let a = 0; a < count; a++) {
          for (let b = 0; b <= a; b++) {
            const right = vector(b);
            const product = vector(a).reduce((sum, value, i) => sum + value * right[i]!, 0);
            expect(product).to.be.closeTo(a === b ? gain * gain : 0, 1e-13 * gain * gain * rows * columns);
          }
        }
      }),
    );
  });

  it('reject unknown types and options', () => {
    expect(() => initialize('orthogonal', [3], { where: 'Dense.kernelInitializer' })).to.throw(
      NormtapeError,
      'Dense.kernelInitializer: expected a weight of rank 2 or more, received [3].',
    );
    expect(() => initialize('glorot_unifrom' as 'zeros', [3])).to.throw('Did you mean glorot_uniform?');
    expect(() => initialize({ type: 'random_normal', stddev: -1 }, [3])).to.throw(
      'initializer.stddev: expected a finite number from 0, received -1.',
    );
    expect(() => initialize({ type: 'zeros', value: 1 } as never, [3])).to.throw(
      'initializer: expected no options, received "value".',
    );
  });
});
