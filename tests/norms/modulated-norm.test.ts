import { expect } from 'chai';
import fc from 'fast-check';
import { type NdArray, Random, draw, flat, map } from '../../src/array/index.js';
import { Tensor } from '../../src/autograd/tape.js';
import { broadcastTo, createNormalizationLayer, reshape, tensor, vjp } from '../../src/index.js';

const FEATURES = 3;

describe('modulated_norm at inference', () => {
  // With o + scale of one sample next to nothing, γ / N of that sample is no factor of float32.
  it('gives a sample the same bits beside any weights of another', () => {
    fc.assert(
      fc.property(fc.nat(), fc.constantFrom('float32', 'float64'), (seed, dtype) => {
        const layer = createNormalizationLayer('modulated_norm', { norm: 'batch_norm', offset: 0 });
        const random = new Random(seed);
        const normal = (shape: readonly number[]): NdArray => draw(shape, () => random.normal(), dtype);
        const [x, scale, shift] = [normal([2, 4, FEATURES]), normal([2, FEATURES]), normal([2, FEATURES])];
        layer.build([2, 4, FEATURES], { dtype });
        layer.loadStateDict({
          moving_mean: normal([FEATURES]),
          moving_variance: draw([FEATURES], () => 0.1 + random.uniform(), dtype),
        });
        layer.eval();
        const first = (factor: number): readonly number[] => {
          let i = 0;
          const others = map(scale, (value) => (i++ < FEATURES ? value : factor * value));
          const given = { scale: new Tensor(others), shift: new Tensor(shift) };
          const [y] = [layer.forward(new Tensor(x), given)].flat();
          return [...flat(y!.value)].slice(0, 4 * FEATURES);
        };
        expect(first(1e-30)).to.deep.equal(first(1));
      }),
    );
  });
});

describe('parts at every position', () => {
  for (const norm of ['instance_norm', 'group_norm', 'layer_norm', 'rms_norm', 'batch_norm'] as const)
    it(`that are the same give with ${norm} the bits of one part a sample`, () => {
      const sizes = fc.array(fc.integer({ min: 1, max: 5 }), { minLength: 4, maxLength: 4 });
      fc.assert(
        fc.property(
          fc.nat(),
          sizes,
          fc.constantFrom(1, 2, 3),
          fc.boolean(),
          (seed, shape, axis, isMasked) => {
            const random = new Random(seed);
            const normal = (own: readonly number[]) => tensor(draw(own, () => random.normal(), 'float32'));
            const x = normal(shape);
            const [scale, shift] = [0, 1].map(() =>
              normal(shape.map((n, i) => (i === 0 || i === axis ? n : 1))),
            ) as [Tensor, Tensor];
            const counts = draw(
              shape.filter((_, i) => i !== axis),
              () => random.integer(2),
              'float32',
            );
            const mask = isMasked && norm !== 'rms_norm' ? tensor(counts) : undefined;
            const y = (perPosition: boolean) => {
              const own = (a: Tensor) =>
                perPosition ? broadcastTo(a, shape) : reshape(a, [shape[0]!, shape[axis]!]);
              const layer = createNormalizationLayer('modulated_norm', {
                norm,
                axis,
                groups: 1,
                perPosition,
              });
              return [layer.forward(x, { scale: own(scale), shift: own(shift), mask })].flat()[0]!;
            };
            expect([...flat(y(true).value)]).to.deep.equal([...flat(y(false).value)]);
          },
        ),
      );
    });
});

describe('an offset', () => {
  type Kind = 'float32' | 'float64';
  /** The factor that an offset is next to a scale of 0. */
  const factors: Readonly<Record<string, (offset: number, dtype: Kind) => number>> = {
    modulated_norm(offset, dtype) {
      const layer = createNormalizationLayer('modulated_norm', { norm: 'none', offset });
      const none = tensor([[0]], { dtype });
      const [y] = [layer.forward(tensor([[2 ** 100]], { dtype }), { scale: none, shift: none })].flat();
      return y!.item() / 2 ** 100;
    },
    rms_norm(offset, dtype) {
      const layer = createNormalizationLayer('rms_norm', { offset, scaleInitializer: 'zeros' });
      const x = tensor([[2 ** 60]], { dtype });
      const { value, pullback } = vjp(() => layer.forward(x));
      // The gradient of γ is x̂, of which the output is the factor.
      return (
        value.item() /
        pullback(tensor([[1]], { dtype }))
          .of(layer.parameters()[0]!)!
          .item()
      );
    },
  };
  for (const [type, factor] of Object.entries(factors))
    // A factor that float32 cannot hold would be lost there, and not in float64.
    it(`of ${type} counts as 0 below the smallest normal number of float32, and as it is from there on`, () => {
      for (const dtype of ['float32', 'float64'] as const) {
        for (const offset of [2 ** -126, -(2 ** -126), 0.75]) expect(factor(offset, dtype)).to.equal(offset);
        for (const offset of [2.9e-65, -2.9e-65, 2 ** -127, 0])
          expect(Math.abs(factor(offset, dtype))).to.equal(0);
      }
    });
});
