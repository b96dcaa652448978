import { expect } from 'chai';
import { type NdArray, Random, draw, flat, fromSource, map } from '../../src/array/index.js';
import { Tensor } from '../../src/autograd/tape.js';
import { vjp } from '../../src/autograd/vjp.js';
import {
  type NormalizationType,
  createNormalizationLayer,
  normalizationTypes,
  norms,
} from '../support/every-norm.js';
import { beside } from '../support/beside.js';
import { fitting } from '../support/fitting.js';

/** Rows without zeros and with no two numbers alike, so that ε is negligible relative to them once they are large. */
const PATTERN = Float64Array.of(0.9, -0.5, 0.25, 0.125, -1, 0.75, 0.5, 0.3, 1.5, -1.125, 0.6, -0.7);

function run(type: NormalizationType, x: NdArray, epsilon: number, others: object = {}) {
  const layer = createNormalizationLayer(type, { epsilon, ...others });
  layer.build(x.shape, { dtype: x.dtype });
  // Loaded weights do not start from data.
  layer.loadStateDict(layer.stateDict());
  const input = new Tensor(x);
  const given = beside(layer, x);
  const { value, pullback } = vjp(() => [layer.forward(input, given)].flat() as readonly Tensor[]);
  const random = new Random(3);
  const seeds = value.map(({ shape }) => new Tensor(draw(shape, () => random.normal(), x.dtype)));
  return {
    values: value.map((y) => [...flat(y.value)]),
    gradient: pullback(seeds).of(input)!.value,
  };
}

const scaled = (type: NormalizationType, factor: number): NdArray =>
  fromSource(
    PATTERN.map((value) => value * factor),
    {
      shape: fitting(norms[type], [
        [3, 4],
        [3, 2, 2],
      ]),
    },
  );

const bits = (a: NdArray, factor: number): number[] => [...flat(map(a, (value) => value * factor))];

describe('far from 1', () => {
  for (const type of normalizationTypes) {
    const { invariants } = norms[type];
    const ofLength = 'lengthScalingLaw' in invariants;
    if (!ofLength && !('scalingLaw' in invariants)) continue;

    it(`${type} computes what it computes nearer, to the bit, where squares would overflow`, () => {
      const near = run(type, scaled(type, 2 ** 100), 2 ** -20);
      const far = run(type, scaled(type, 2 ** 600), 2 ** -20);
      expect(far.values).to.deep.equal(near.values);
      expect(bits(far.gradient, 2 ** 500)).to.deep.equal(bits(near.gradient, 1));
    });

    it(`${type} computes what it computes nearer, to the bit, where squares would vanish`, () => {
      const near = run(type, scaled(type, 1), 2 ** -7);
      const far = run(type, scaled(type, 2 ** -530), ofLength ? 2 ** -537 : 2 ** -1067);
      expect(far.values).to.deep.equal(near.values);
      expect(bits(far.gradient, 2 ** -530)).to.deep.equal(bits(near.gradient, 1));
    });
  }

  for (const [type, options] of [
    ['layer_norm', {}],
    ['layer_norm', { axis: [0, 1] }],
    ['zero_centered_rms_norm', {}],
    ['zero_centered_band_rms_norm', {}],
    ['zero_centered_adaptive_band_rms_norm', {}],
    ['batch_norm', {}],
    ['group_norm', {}],
  ] as const) {
    it(`${type} loses no digit to a mean of 2³², along ${JSON.stringify(options)}`, () => {
      // Quarters, and their sums: exact next to the mean, but their squares are not.
      const quarters = Float64Array.of(3, -2, 1, 5, 0, -7, 2, 4, -1, 6, -3, 2).map((value) => value / 4);
      const at = (offset: number) =>
        run(
          type,
          fromSource(
            quarters.map((value) => value + offset),
            { shape: [4, 3] },
          ),
          0.01,
          options,
        );
      const [plain, offset] = [at(0), at(2 ** 32)];
      const close = (actual: Iterable<number>, expected: readonly number[]) =>
        [...actual].forEach((value, i) => expect(value).to.be.closeTo(expected[i]!, 1e-14));
      close(offset.values[0]!, plain.values[0]!);
      close(flat(offset.gradient), [...flat(plain.gradient)].map(Number));
    });
  }
});
