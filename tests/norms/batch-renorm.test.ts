import { expect } from 'chai';
import { type NdArray, flat } from '../../src/array/index.js';
import { tensor } from '../../src/autograd/create.js';
import type { Tensor } from '../../src/autograd/tape.js';
import { vjp } from '../../src/autograd/vjp.js';
import { renormLimits } from '../../src/index.js';
import type { NormalizationLayer } from '../../src/norms/layer.js';
import { createNormalizationLayer } from '../../src/norms/normalizations.js';
import { failure } from '../support/failure.js';

const bits = (array: NdArray | undefined): readonly number[] => [...flat(array!)];

const renorm = (options: object = {}) =>
  createNormalizationLayer('batch_renorm', {
    momentum: 0.5,
    epsilon: 1e-12,
    ...options,
  }) as NormalizationLayer;

const rows = (...numbers: number[]) => tensor(Float64Array.from(numbers), { shape: [numbers.length, 1] });

const statistics = (layer: NormalizationLayer) => {
  const { moving_mean, moving_stddev } = layer.stateDict();
  return [...bits(moving_mean), ...bits(moving_stddev)];
};

const output = (layer: NormalizationLayer, x: Tensor, given: { readonly mask?: readonly number[] } = {}) =>
  bits((layer.forward(x, given) as Tensor).value);

const near = (actual: readonly number[], wanted: readonly number[]) =>
  actual.forEach((value, i) => expect(value).to.be.closeTo(wanted[i]!, 1e-9));

describe('the corrections of batch_renorm', () => {
  // Mean 4 and deviation 2, from a running mean of 0 and deviation of 1.
  const x = rows(2, 6);

  it('are made of the running statistics before the call, which then move', () => {
    const layer = renorm();
    near(output(layer, x), [-1 * 2 + 4, 1 * 2 + 4]);
    near(statistics(layer), [2, 1.5]);
    near(output(layer, x), [-1 * (2 / 1.5) + 2 / 1.5, 2 / 1.5 + 2 / 1.5]);
  });

  it('stay within their limits, of which r_min is 1 / r_max unless it is stated', () => {
    near(output(renorm({ rMax: 1.5, dMax: 3 }), x), [-1.5 + 3, 1.5 + 3]);
    near(output(renorm({ rMax: 1.5, dMax: 3 }), rows(-6, -2)), [-1.5 - 3, 1.5 - 3]);
    const narrow = rows(-0.25, 0.25);
    near(output(renorm({ rMax: 2 }), narrow), [-0.5, 0.5]);
    near(output(renorm({ rMax: 2, rMin: 0.75 }), narrow), [-0.75, 0.75]);
    near(output(renorm({ rMax: null, rMin: 0.75 }), narrow), [-0.75, 0.75]);
    near(output(renorm({ rMax: null }), narrow), [-0.25, 0.25]);
    near(output(renorm({ rMax: null, dMax: null }), rows(20, 60)), [20, 60]);
  });

  it('are constants of the backward pass', () => {
    const layer = renorm();
    const { pullback } = vjp(() => layer.forward(x) as Tensor);
    // All of r (dx̂ − mean dx̂ − x̂ mean dx̂ x̂) / N cancels for two numbers, though the output moves with x.
    near(bits(pullback(rows(1, 0)).of(x)!.value), [0, 0]);
  });

  it('do not take part at inference, nor in a frozen layer', () => {
    const layer = renorm();
    layer.build([2, 1], { dtype: 'float64' });
    layer.loadStateDict({ gamma: [1], beta: [0], moving_mean: [1], moving_stddev: [4] });
    near(output(layer.eval(), x), [0.25, 1.25]);
    near(output(layer.train().freeze(), x), [0.25, 1.25]);
    near(statistics(layer), [1, 4]);
  });

  it('leave β and the running statistics where no position counts', () => {
    const layer = renorm({ betaInitializer: 'ones' });
    expect(output(layer, x, { mask: [0, 0] })).to.deep.equal([1, 1]);
    expect(statistics(layer)).to.deep.equal([0, 1]);
  });

  it('divide by √ε at least, where a running deviation is 0', () => {
    const layer = renorm({ epsilon: 1e-4, rMax: null, dMax: null });
    layer.build([2, 1], { dtype: 'float64' });
    layer.loadStateDict({ gamma: [1], beta: [0], moving_mean: [0], moving_stddev: [0] });
    near(output(layer, x), [200, 600]);
  });

  it('have limits that make sense', () => {
    for (const [option, values] of Object.entries({
      rMax: [0.5, NaN, 'none'],
      rMin: [0, -1, 1.5],
      dMax: [-1, Infinity],
    }))
      for (const value of values)
        expect(failure(() => renorm({ [option]: value }))).to.match(
          new RegExp(`^batch_renorm\\.${option}: expected a finite number .*, or null, received`),
        );
    expect(renorm({ r_max: null, r_min: 0.5, d_max: null }).getConfig()).to.include({
      rMax: null,
      rMin: 0.5,
      dMax: null,
    });
  });
});

describe('the limits of batch_renorm by its paper', () => {
  it('are those of batch_norm at first, and widen until step 40,000', () => {
    for (const [step, rMax, dMax] of [
      [0, 1, 0],
      [5000, 1, 0],
      [15_000, 1 + 2 * (10_000 / 35_000), 2.5],
      [22_500, 2, 4.375],
      [25_000, 1 + 2 * (20_000 / 35_000), 5],
      [40_000, 3, 5],
      [1e9, 3, 5],
    ] as const) {
      const limits = renormLimits(step);
      expect(limits.rMax, `${step}`).to.be.closeTo(rMax, 1e-12);
      expect(limits.dMax, `${step}`).to.be.closeTo(dMax, 1e-12);
    }
  });

  it('are options of the layer', () => {
    expect(renorm(renormLimits(22_500)).options).to.include({ rMax: 2, dMax: 4.375 });
  });

  it('need a step', () => {
    for (const step of [-1, NaN, '5', null, undefined])
      expect(failure(() => renormLimits(step as never))).to.match(
        /^renormLimits\.step: expected a number of steps from 0, received/,
      );
  });
});
