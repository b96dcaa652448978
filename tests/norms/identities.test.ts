import { expect } from 'chai';
import { Random, draw, flat, fromFlat, full, map, mean, sub } from '../../src/array/index.js';
import { Tensor } from '../../src/autograd/tape.js';
import { createNormalizationLayer } from '../../src/norms/normalizations.js';
import { type Layer, close, given, layerWith, run } from './identities/support.js';

// Identities between two types: each was written by itself, so each is a test of the other.
describe('across types', () => {
  it('zero_centered_rms_norm is layer_norm without a shift, to the bit', () =>
    given((x, epsilon) => {
      const options = { axis: [-1, 0], epsilon };
      expect(run(createNormalizationLayer('zero_centered_rms_norm', options), x)).to.deep.equal(
        run(createNormalizationLayer('layer_norm', { ...options, center: false }), x),
      );
    }));

  it('zero_centered_rms_norm is rms_norm of x − x̄, and its gradient is that without its mean', () =>
    given((x, epsilon) => {
      const [y, g] = run(layerWith('rms_norm', { epsilon }, [4]), sub(x, mean(x, -1))) as [
        number[],
        number[],
      ];
      const rows = fromFlat(Float64Array.from(g), x.shape);
      close(run(layerWith('zero_centered_rms_norm', { epsilon }, [4]), x), [
        y,
        [...flat(sub(rows, mean(rows, -1)))],
      ]);
    }));

  it('batch_norm in training is layer_norm along the batch, without learned weights', () =>
    given((x, epsilon) => {
      const plain = { epsilon, center: false, scale: false };
      close(
        run(createNormalizationLayer('batch_norm', plain), x),
        run(createNormalizationLayer('layer_norm', { ...plain, axis: 0 }), x),
      );
    }));

  it('batch_norm at inference, with the statistics of x, gives what it gives in training', () =>
    given((x, epsilon) => {
      const layer = createNormalizationLayer('batch_norm', { epsilon, momentum: 0 }) as Layer;
      const [trained] = run(layer, x);
      const [inferred] = run(layer.eval(), x);
      close([inferred!], [trained!]);
    }));

  it('frozen_batch_norm with the state of a batch_norm is that at inference, and back', () =>
    given((x, epsilon) => {
      const [trained, again] = [0, 1].map(() => createNormalizationLayer('batch_norm', { epsilon }) as Layer);
      trained!.build(x.shape, { dtype: 'float64' });
      const random = new Random(3);
      const names = Object.entries(trained!.stateDict());
      trained!.loadStateDict(
        Object.fromEntries(
          names.map(([name, { shape }]) => [name, draw(shape, () => 0.5 + random.uniform(), 'float64')]),
        ),
      );
      const frozen = createNormalizationLayer('frozen_batch_norm', { epsilon }) as Layer;
      for (const layer of [frozen, again!]) layer.build(x.shape, { dtype: 'float64' });
      frozen.loadStateDict(trained!.stateDict());
      again!.loadStateDict(frozen.stateDict());
      close(run(frozen, x), run(trained!.eval(), x));
      expect(run(again!.eval(), x)).to.deep.equal(run(trained!, x));
    }));

  it('batch_norm with all positions under its mask is batch_norm without one, but for 1e-7', () =>
    given((x, epsilon) => {
      const [plain, masked] = [undefined, full([3], 1, 'float64')].map((mask) => {
        const layer = createNormalizationLayer('batch_norm', { epsilon }) as Layer;
        const [y] = [layer.forward(new Tensor(x), { mask })].flat() as readonly Tensor[];
        return [...flat(y!.value)];
      });
      // 1e-7 of a mean, which a deviation of √ε and nothing else divides.
      const most = Math.max(1, ...[...flat(x)].map(Math.abs));
      const bound = (2e-7 * most) / Math.min(1, Math.sqrt(epsilon));
      masked!.forEach((value, i) => expect(value).to.be.closeTo(plain![i]!, bound));
    }));

  it('logit_norm at any temperature orders logits as they were, and is that at 1 over T', () =>
    given((x, epsilon) => {
      const at = (temperature: number) =>
        run(createNormalizationLayer('logit_norm', { epsilon, temperature }), x);
      const one = at(1);
      for (const temperature of [0.04, 0.3, 7]) close(at(temperature), one, 1 / temperature);
      const order = (values: ArrayLike<number>) =>
        Array.from(values).map((a, i) => Array.from(values).map((b, k) => i < k && a < b));
      const y = at(0.3)[0]!;
      for (const row of [0, 4, 8])
        expect(order(y.slice(row, row + 4))).to.deep.equal(order([...flat(x)].slice(row, row + 4)));
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

  it('zero_centered_band_rms_norm is band_rms of x − x̄, and its gradient is that without its mean', () =>
    given((x, epsilon) => {
      const [centered, plain] = (['zero_centered_band_rms_norm', 'band_rms'] as const).map((type) => {
        const layer = createNormalizationLayer(type, { epsilon, maxBandWidth: 0.6 }) as Layer;
        layer.build(x.shape, { dtype: 'float64' });
        layer.loadStateDict({ band_param: 0.25 });
        return layer;
      });
      const [y, g] = run(plain, sub(x, mean(x, -1))) as [number[], number[]];
      const rows = fromFlat(Float64Array.from(g), x.shape);
      close(run(centered, x), [y, [...flat(sub(rows, mean(rows, -1)))]]);
    }));

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

  it('group_norm with one group on rank 2 is layer_norm, to the bit', () =>
    given((x, epsilon) => {
      expect(run(layerWith('group_norm', { epsilon }, [4]), x)).to.deep.equal(
        run(layerWith('layer_norm', { epsilon }, [4]), x),
      );
    }));

  it('group_norm with a group a feature is layer_norm of each channel over its positions', () =>
    given(
      (x, epsilon) => {
        const plain = { epsilon, center: false, scale: false };
        expect(
          run(createNormalizationLayer('group_norm', { ...plain, axis: 1, groups: 3 }), x),
        ).to.deep.equal(run(createNormalizationLayer('layer_norm', { ...plain, axis: [2, 3] }), x));
      },
      [2, 3, 2, 4],
    ));

  it('instance_norm is group_norm with a group a feature, under a mask too', () =>
    given(
      (x, epsilon) => {
        for (const mask of [
          undefined,
          [
            [1, 0, 1],
            [0, 0, 0],
          ],
        ]) {
          // prettier-ignore
          const [y, z] = [
            createNormalizationLayer('instance_norm', { epsilon }),
            createNormalizationLayer('group_norm', { epsilon, groups: 4 }),
          ].map((layer) => [...flat((layer.forward(new Tensor(x), { mask }) as Tensor).value)]);
          close([y!], [z!]);
        }
      },
      [2, 3, 4],
    ));

  it('energy_layer_norm is layer_norm with one gain', () =>
    given((x, epsilon) => {
      const delta = [0.5, -1, 2, 0];
      const [energy, layer] = [
        createNormalizationLayer('energy_layer_norm', { epsilon }) as Layer,
        createNormalizationLayer('layer_norm', { epsilon }) as Layer,
      ];
      for (const one of [energy, layer]) one.build(x.shape, { dtype: 'float64' });
      energy.loadStateDict({ gamma: -1.5, delta });
      layer.loadStateDict({ gamma: [-1.5, -1.5, -1.5, -1.5], beta: delta });
      expect(run(energy, x)).to.deep.equal(run(layer, x));
    }));

  it('group_norm of one sample, a group a feature, is batch_norm of its positions', () =>
    given(
      (x, epsilon) => {
        const plain = { epsilon, center: false, scale: false };
        close(
          run(createNormalizationLayer('group_norm', { ...plain, groups: 4 }), x),
          run(createNormalizationLayer('batch_norm', plain), x),
        );
      },
      [1, 5, 4],
    ));

  it('bias_free_batch_norm of x − x̄ is batch_norm without a shift, and so are its statistics', () =>
    given((x, epsilon) => {
      const [free, other] = [
        createNormalizationLayer('bias_free_batch_norm', { epsilon }),
        createNormalizationLayer('batch_norm', { epsilon, center: false }),
      ] as readonly Layer[];
      const centered = sub(x, mean(x, 0));
      const [y, dx] = run(free!, centered);
      const [z, dz] = run(other!, centered);
      close([y!], [z!]);
      // Only one of them takes the mean of γ dy off.
      const average = (rows: number[]) => mean(fromFlat(Float64Array.from(rows), x.shape), 0);
      const off = sub(fromFlat(Float64Array.from(dx!), x.shape), average(dx!));
      close([[...flat(off)]], [dz!]);
      close(
        [[...flat(free!.stateDict()['running_var']!)]],
        [[...flat(other!.stateDict()['moving_variance']!)]],
      );
    }));

  it('batch_renorm without corrections is batch_norm', () =>
    given((x, epsilon) =>
      close(
        run(createNormalizationLayer('batch_renorm', { epsilon, rMax: 1, dMax: 0 }), x),
        run(createNormalizationLayer('batch_norm', { epsilon }), x),
      ),
    ));

  it('ghost_batch_norm of one chunk is batch_norm, statistics included, to the bit', () =>
    given(
      (x, epsilon) => {
        const both = (['ghost_batch_norm', 'batch_norm'] as const).map((type) => {
          const layer = createNormalizationLayer(type, { epsilon, axis: 1 }) as Layer;
          const numbers = run(layer, x);
          return [numbers, layer.stateDict()];
        });
        expect(both[0]).to.deep.equal(both[1]);
      },
      [4, 3, 2],
    ));

  it('ghost_batch_norm with chunks of one sample is instance_norm in training', () =>
    given(
      (x, epsilon) =>
        close(
          run(createNormalizationLayer('ghost_batch_norm', { epsilon, virtualBatchSize: 1 }), x),
          run(createNormalizationLayer('instance_norm', { epsilon }), x),
        ),
      [3, 4, 2],
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
