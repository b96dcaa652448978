import { expect } from 'chai';
import { type NdArray, flat, kernelInfo, setKernels } from '../../src/array/index.js';
import { tensor } from '../../src/autograd/create.js';
import type { Tensor } from '../../src/autograd/tape.js';
import type { NormalizationLayer } from '../../src/norms/layer.js';
import type { Mask } from '../../src/norms/mask.js';
import { createNormalizationLayer } from '../../src/norms/normalizations.js';
import { failure } from '../support/failure.js';

const bits = (array: NdArray | undefined): readonly number[] => [...flat(array!)];

describe('the running statistics of batch_norm', () => {
  const x = tensor(Float64Array.of(1, 5, 2, 5, 9, 7), { shape: [3, 2] });
  const statistics = (layer: NormalizationLayer) => {
    const { moving_mean, moving_variance } = layer.stateDict();
    return [bits(moving_mean), bits(moving_variance)];
  };

  it('move in training, unless the layer is frozen', () => {
    const layer = createNormalizationLayer('batch_norm', { momentum: 0 }) as NormalizationLayer;
    layer.eval().forward(x);
    expect(statistics(layer)).to.deep.equal([
      [0, 0],
      [1, 1],
    ]);
    layer.train().freeze().forward(x);
    expect(statistics(layer)).to.deep.equal([
      [0, 0],
      [1, 1],
    ]);
    layer.unfreeze().forward(x);
    const [[a, b], [v, w]] = statistics(layer) as [[number, number], [number, number]];
    expect([a, b]).to.deep.equal([4, 17 / 3]);
    expect([v, w].map((value) => value.toFixed(12))).to.deep.equal([38 / 3, 8 / 9].map((s) => s.toFixed(12)));
  });

  it('stay as they are, to the bit, at momentum 1 and on an error', () => {
    const layer = createNormalizationLayer('batch_norm', { momentum: 1 }) as NormalizationLayer;
    layer.build([3, 2], { dtype: 'float64' });
    layer.loadStateDict({
      gamma: [1, 1],
      beta: [0, 0],
      moving_mean: [0.1, 0.2],
      moving_variance: [0.3, 0.7],
    });
    const before = statistics(layer);
    layer.forward(x);
    expect(statistics(layer)).to.deep.equal(before);
    const other = createNormalizationLayer('batch_norm') as NormalizationLayer;
    expect(failure(() => other.forward(x, { mask: [1, 2, 1] }))).to.match(/mask/);
    expect(other.built).to.equal(false);
  });

  it('are not spoilt at momentum 1 or 0 by a variance that no number holds', () => {
    const huge = tensor(Float64Array.of(1e200, -1e200), { shape: [2, 1] });
    const layer = createNormalizationLayer('batch_norm', { momentum: 1 }) as NormalizationLayer;
    layer.forward(huge);
    expect(statistics(layer)).to.deep.equal([[0], [1]]);
    const fresh = createNormalizationLayer('batch_norm', { momentum: 0 }) as NormalizationLayer;
    fresh.forward(huge);
    expect(statistics(fresh)).to.deep.equal([[0], [Infinity]]);
    fresh.forward(tensor(Float64Array.of(1, 3), { shape: [2, 1] }));
    expect(statistics(fresh)).to.deep.equal([[2], [1]]);
  });

  it('take in their share of a variance that no number holds where the share has one, on all kernels', () => {
    const before = kernelInfo();
    for (const set of before.available) {
      setKernels(set);
      for (const [dtype, size] of [
        ['float32', 1e20],
        ['float64', 5e154],
      ] as const) {
        for (const mask of [undefined, [1, 1, 1, 1]]) {
          const layer = createNormalizationLayer('batch_norm') as NormalizationLayer;
          layer.forward(tensor([[size], [-size], [size], [-size]], { dtype }), mask && { mask });
          const variance = statistics(layer)[1]![0]!;
          expect(variance / (0.01 * size) / size, `${set}, ${dtype}`).to.be.closeTo(1, 1e-6);
          layer.forward(tensor([[1], [1]], { dtype }));
          expect(statistics(layer)[1]![0]! / variance).to.be.closeTo(0.99, 1e-6);
        }
      }
    }
    setKernels(before.kernels);
  });

  it('reach the mean of k equal batches as 1 − momentumᵏ', () => {
    const layer = createNormalizationLayer('batch_norm', { momentum: 0.5 }) as NormalizationLayer;
    for (let k = 0; k < 5; k++) layer.forward(x);
    expect(statistics(layer)[0]![0]).to.equal(4 * (1 - 0.5 ** 5));
  });

  it('keep the share that momentum says, and take in the biased variance', () => {
    const layer = createNormalizationLayer('batch_norm', { momentum: 0.75 }) as NormalizationLayer;
    layer.forward(x);
    const [[a], [v]] = statistics(layer) as [[number], [number]];
    expect(a).to.be.closeTo(0.25 * 4, 1e-15);
    expect(v).to.be.closeTo(0.75 + 0.25 * (38 / 3), 1e-15);
  });

  it('count space like batch, wherever the features lie', () => {
    // The same numbers as [samples, features], and as [batch, features, space] with the features in the middle.
    const whole = createNormalizationLayer('batch_norm', { momentum: 0 }) as NormalizationLayer;
    const spread = createNormalizationLayer('batch_norm', { momentum: 0, axis: 1 }) as NormalizationLayer;
    const numbers = Float64Array.from({ length: 24 }, (_, i) => (i * i) % 11);
    const y = bits((whole.forward(tensor(numbers, { shape: [8, 3] })) as Tensor).value);
    const moved = numbers.map((_, i) => {
      const [batch, feature, place] = [Math.floor(i / 12), Math.floor(i / 4) % 3, i % 4];
      return numbers[(batch * 4 + place) * 3 + feature]!;
    });
    const z = bits((spread.forward(tensor(moved, { shape: [2, 3, 4] })) as Tensor).value);
    z.forEach((value, i) => {
      const [batch, feature, place] = [Math.floor(i / 12), Math.floor(i / 4) % 3, i % 4];
      expect(value).to.be.closeTo(y[(batch * 4 + place) * 3 + feature]!, 1e-14);
    });
    statistics(spread).forEach((list, k) =>
      list.forEach((value, i) => expect(value).to.be.closeTo(statistics(whole)[k]![i]!, 1e-13)),
    );
  });

  it('make evaluation what training was, when they are those of the batch', () => {
    const layer = createNormalizationLayer('batch_norm', { momentum: 0 });
    const trained = bits(layer.forward(x).value);
    bits(layer.eval().forward(x).value).forEach((value, i) => {
      expect(value).to.be.closeTo(trained[i]!, 1e-14);
    });
  });
});

describe('the mask of batch_norm', () => {
  const x = tensor(Float64Array.of(1, 5, 2, 5, 9, 7), { shape: [3, 2] });
  const moments = (mask: Mask, input = x, axis = -1) => {
    const layer = createNormalizationLayer('batch_norm', { momentum: 0, axis });
    const y = layer.forward(input, { mask });
    const { moving_mean, moving_variance } = layer.stateDict();
    return { y: bits(y.value), mean: bits(moving_mean), variance: bits(moving_variance) };
  };

  it('leaves positions out of the statistics, and normalizes them by these', () => {
    const { y, mean, variance } = moments([true, true, false]);
    [1.5, 5].forEach((wanted, i) => expect(mean[i]).to.be.closeTo(wanted, 1e-6));
    [0.25, 0].forEach((wanted, i) => expect(variance[i]).to.be.closeTo(wanted, 1e-6));
    expect(y[4]).to.be.closeTo(15, 1e-4); // (9 − 1.5) / 0.5
  });

  it('may be booleans, numbers, an NdArray or a tensor', () => {
    const wanted = moments([true, false, true]);
    for (const mask of [[1, 0, 1], tensor([1, 0, 1]), tensor([1, 0, 1]).value])
      expect(moments(mask)).to.deep.equal(wanted);
  });

  it('has the shape of the input without the feature axis, wherever that is', () => {
    const input = tensor(
      Float64Array.from({ length: 12 }, (_, i) => i * i),
      { shape: [2, 2, 3] },
    );
    const mask = [
      [1, 0, 1],
      [0, 0, 1],
    ];
    // Feature 0 keeps 0, 4 and 64; feature 1 keeps 9, 25 and 121.
    const { mean } = moments(mask, input, 1);
    [68 / 3, 155 / 3].forEach((wanted, i) => expect(mean[i]).to.be.closeTo(wanted, 1e-5));
  });

  it('may leave nothing: zeros stay zeros, and all is finite', () => {
    const zeros = moments([0, 0, 0], tensor(new Float64Array(6), { shape: [3, 2] }));
    expect(zeros.y).to.deep.equal([0, 0, 0, 0, 0, 0]);
    const { y, mean, variance } = moments([0, 0, 0]);
    expect([...y, ...mean, ...variance].every(Number.isFinite)).to.equal(true);
  });

  it('keeps what it leaves out from the statistics, even NaN', () => {
    const { y, mean } = moments(
      [1, 1, 0],
      tensor(Float64Array.of(1, 5, 2, 5, NaN, 1e300), { shape: [3, 2] }),
    );
    expect(mean.every(Number.isFinite)).to.equal(true);
    expect(y.map(Number.isFinite)).to.deep.equal([true, true, true, true, false, true]);
  });

  it('changes next to nothing where it leaves nothing out', () => {
    const layer = createNormalizationLayer('batch_norm', { momentum: 0 });
    const plain = bits(layer.forward(x).value);
    moments([1, 1, 1]).y.forEach((value, i) => expect(value).to.be.closeTo(plain[i]!, 1e-6));
  });

  it('stays exact where squares would overflow', () => {
    const at = (factor: number) =>
      moments(
        [1, 1, 0],
        tensor(
          Float64Array.from(flat(x.value), (v) => v * factor),
          { shape: [3, 2] },
        ),
      ).y;
    // At this size ε is nothing, so the second feature, which is constant but for 1e-7, is left aside.
    const [plain, huge] = [at(2 ** 100), at(2 ** 900)];
    for (const i of [0, 2, 4]) expect(huge[i]).to.be.closeTo(plain[i]!, 1e-12);
  });

  it('is refused in another shape or with other values', () => {
    const layer = createNormalizationLayer('batch_norm');
    for (const mask of [true, 1, tensor(1)])
      expect(failure(() => layer.forward(x, { mask }))).to.match(/the feature axis, \[3\], received \[\]/);
    expect(failure(() => layer.forward(x, { mask: ['1', '0', '1'] as never }))).to.match(
      /a number at depth 1/,
    );
    expect(failure(() => layer.forward(x, { mask: [1, 1] }))).to.equal(
      'batch_norm.mask: expected the shape of the input without the feature axis, [3], received [2].',
    );
    expect(failure(() => layer.forward(x, { mask: [[1], [1], [1]] }))).to.match(/received \[3,1\]/);
    expect(failure(() => layer.forward(x, { mask: [1, 0.5, 0] }))).to.equal(
      'batch_norm.mask: expected booleans, or numbers that are 0 or 1, received 0.5.',
    );
    expect(failure(() => layer.forward(x, { mask: [1, NaN, 0] }))).to.match(/received NaN/);
    expect(layer.built).to.equal(false);
  });
});
