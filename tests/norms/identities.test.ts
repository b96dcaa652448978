import { expect } from 'chai';
import fc from 'fast-check';
import { type NdArray, Random, draw, flat, full, map, mean, sub } from '../../src/array/index.js';
import { Tensor } from '../../src/autograd/tape.js';
import { vjp } from '../../src/autograd/vjp.js';
import type { NormalizationLayer } from '../../src/norms/layer.js';
import { createNormalizationLayer } from '../../src/norms/normalizations.js';
import { arrays } from '../support/arbitraries.js';

type Layer = NormalizationLayer;

/** The outputs and the gradient of x, for fixed random gradients of the outputs. */
function run(layer: unknown, x: NdArray, only?: number) {
  const input = new Tensor(x);
  const { value, pullback } = vjp(() => {
    const outputs = [(layer as Layer).forward(input)].flat() as readonly Tensor[];
    return only === undefined ? outputs : [outputs[only]!];
  });
  const random = new Random(1);
  const seeds = value.map(({ shape }) => new Tensor(draw(shape, () => random.normal(), 'float64')));
  return [...value.map((y) => [...flat(y.value)]), [...flat(pullback(seeds).of(input)!.value)]];
}

const close = (actual: number[][], expected: number[][], factor = 1): void => {
  const largest = Math.max(1, ...expected.flat().map(Math.abs));
  actual.forEach((list, k) =>
    list.forEach((value, i) => expect(value).to.be.closeTo(factor * expected[k]![i]!, 1e-12 * largest)),
  );
};

const given = (check: (x: NdArray, epsilon: number) => void, shape: readonly number[] = [3, 4]) =>
  fc.assert(
    fc.property(arrays(shape), fc.constantFrom(1e-6, 0.01, 0.5), (x, epsilon) => check(x, epsilon)),
    { numRuns: 50 },
  );

// What one type says of another: each was written down by itself, so each is a witness of the other.
describe('across types', () => {
  it('zero_centered_rms_norm is layer_norm without a shift, to the bit', () =>
    given((x, epsilon) => {
      const options = { axis: [-1, 0], epsilon };
      expect(run(createNormalizationLayer('zero_centered_rms_norm', options), x)).to.deep.equal(
        run(createNormalizationLayer('layer_norm', { ...options, center: false }), x),
      );
    }));

  it('zero_centered_rms_norm is rms_norm of x − x̄', () =>
    given((x, epsilon) => {
      const [[...y]] = run(createNormalizationLayer('rms_norm', { epsilon }), sub(x, mean(x, -1))) as [
        number[],
      ];
      const [z] = run(createNormalizationLayer('zero_centered_rms_norm', { epsilon }), x) as [number[]];
      close([z], [y]);
    }));

  it('batch_norm in training is layer_norm along the batch, without learned weights', () =>
    given((x, epsilon) => {
      const plain = { epsilon, center: false, scale: false };
      close(
        run(createNormalizationLayer('batch_norm', plain), x),
        run(createNormalizationLayer('layer_norm', { ...plain, axis: 0 }), x),
      );
    }));

  it('max_logit_norm is rms_norm with ε / n, over √n', () =>
    given((x, epsilon) =>
      close(
        run(createNormalizationLayer('max_logit_norm', { epsilon }), x),
        run(createNormalizationLayer('rms_norm', { epsilon: epsilon / 4, useScale: false }), x),
        0.5,
      ),
    ));

  it('logit_norm with a tiny floor is max_logit_norm with a tiny ε, over T', () =>
    given((x) => {
      const away = map(x, (value) => value + 4);
      close(
        run(createNormalizationLayer('logit_norm', { epsilon: 1e-30, temperature: 0.5 }), away),
        run(createNormalizationLayer('max_logit_norm', { epsilon: 1e-30 }), away),
        2,
      );
    }));

  it('dml_plus_focal and dml_plus_center are two of the scores of decoupled_max_logit', () =>
    given((x, epsilon) => {
      const three = createNormalizationLayer('decoupled_max_logit', { epsilon, constant: 3 });
      expect(run(createNormalizationLayer('dml_plus_focal', { epsilon }), x)).to.deep.equal(run(three, x, 1));
      close(run(createNormalizationLayer('dml_plus_center', { epsilon }), x, 0), run(three, x, 2));
    }));

  it('dml_plus_focal is the largest number of max_logit_norm', () =>
    given((x, epsilon) => {
      const [y] = run(createNormalizationLayer('max_logit_norm', { epsilon }), x) as [number[]];
      const [scores] = run(createNormalizationLayer('dml_plus_focal', { epsilon }), x) as [number[]];
      expect(scores).to.deep.equal([0, 4, 8].map((i) => Math.max(...y.slice(i, i + 4))));
    }));

  it('band_rms starts as rms_norm times 1 − α / 2, and adaptive_band_rms starts as band_rms', () =>
    given(
      (x, epsilon) => {
        const options = { axis: [2, 1], epsilon };
        const band = run(createNormalizationLayer('band_rms', { ...options, maxBandWidth: 0.4 }), x);
        close(band, run(createNormalizationLayer('rms_norm', { ...options, useScale: false }), x), 0.8);
        close(run(createNormalizationLayer('adaptive_band_rms', { ...options, maxBandWidth: 0.4 }), x), band);
      },
      [2, 3, 2],
    ));

  it('adaptive_band_rms without its kernel is band_rms with its bias for b, on the whole sample', () =>
    given(
      (x, epsilon) => {
        const options = { axis: [1, 2], epsilon, maxBandWidth: 0.6 };
        const [band, adaptive] = [
          createNormalizationLayer('band_rms', options),
          createNormalizationLayer('adaptive_band_rms', options),
        ];
        for (const layer of [band, adaptive]) layer.build([2, 3, 2], { dtype: 'float64' });
        band.loadStateDict({ band_param: -0.25 });
        adaptive.loadStateDict({ kernel: [[0]], bias: [-0.25] });
        close(run(adaptive, x), run(band, x));
      },
      [2, 3, 2],
    ));

  it('band_logit_norm on the last axis is logit_norm times a constant', () =>
    given((x, epsilon) => {
      const layer = createNormalizationLayer('band_logit_norm', { epsilon, maxBandWidth: 0.4 });
      layer.build([3, 4], { dtype: 'float64' });
      layer.loadStateDict({ gamma: [2], beta: [0.25] });
      const s = 1 - 0.4 + (0.4 * (1 + Math.tanh(1))) / 2;
      close(run(layer, x), run(createNormalizationLayer('logit_norm', { epsilon, temperature: 1 }), x), s);
    }));

  it('global_response_norm with γ = −1 and one channel leaves next to nothing', () =>
    given(
      (x) => {
        const layer = createNormalizationLayer('global_response_norm', { epsilon: 1e-12 });
        layer.build([2, 3, 1], { dtype: 'float64' });
        layer.loadStateDict({ gamma: [[[-1]]], beta: [[[0]]] });
        const [y] = run(
          layer,
          map(x, (value) => value + 4),
        ) as [number[]];
        y.forEach((value) => expect(value).to.be.closeTo(0, 1e-10));
      },
      [2, 3, 1],
    ));

  it('axes in any order are the same axes', () =>
    given(
      (x, epsilon) => {
        for (const type of ['layer_norm', 'rms_norm', 'dynamic_tanh', 'adaptive_band_rms'] as const) {
          const [sorted, unsorted] = (
            [
              [1, 2],
              [-1, 1],
            ] as const
          ).map((axis) => {
            const layer = createNormalizationLayer(type, { axis, epsilon }) as Layer;
            layer.build(x.shape, { dtype: 'float64' });
            const random = new Random(5);
            const weights = Object.entries(layer.stateDict()).map(([name, { shape }]) => [
              name,
              draw(shape, () => random.normal(), 'float64'),
            ]);
            layer.loadStateDict(Object.fromEntries(weights));
            return run(layer, x);
          });
          expect(unsorted).to.deep.equal(sorted);
        }
      },
      [2, 3, 2],
    ));

  it('above ε = 1 the clamp of the band family makes small rows linear, and leaves large ones alone', () => {
    const layer = createNormalizationLayer('band_rms', { epsilon: 4, maxBandWidth: 0.2 });
    const small = full([1, 2], 2, 'float64'); // m = 4, below ε (ε − 1) = 12
    const large = full([1, 2], 4, 'float64'); // m = 16
    close([run(layer, small)[0]!], [[0.9 * (2 / 4), 0.9 * (2 / 4)]]);
    close([run(layer, large)[0]!], [[0.9 * (4 / Math.sqrt(20)), 0.9 * (4 / Math.sqrt(20))]]);
    const random = new Random(1);
    const seed = [random.normal(), random.normal()];
    close([run(layer, small)[1]!], [seed.map((g) => (0.9 * g) / 4)]);
  });
});
