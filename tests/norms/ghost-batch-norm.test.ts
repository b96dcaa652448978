import { expect } from 'chai';
import { type NdArray, flat, sliceView } from '../../src/array/index.js';
import { tensor } from '../../src/autograd/create.js';
import { Tensor } from '../../src/autograd/tape.js';
import type { NormalizationLayer } from '../../src/norms/layer.js';
import { createNormalizationLayer } from '../../src/norms/normalizations.js';
import { failure } from '../support/failure.js';

const bits = (array: NdArray | undefined): readonly number[] => [...flat(array!)];

const ghost = (options: object = {}) =>
  createNormalizationLayer('ghost_batch_norm', { virtualBatchSize: 2, ...options }) as NormalizationLayer;

const statistics = (layer: NormalizationLayer) => {
  const { moving_mean, moving_variance } = layer.stateDict();
  return [bits(moving_mean), bits(moving_variance)];
};

const rows = (...numbers: number[]) => tensor(Float64Array.from(numbers), { shape: [numbers.length, 1] });

describe('the chunks of ghost_batch_norm', () => {
  it('are neighbouring samples, and the last chunk is what is left', () => {
    const y = ghost({ epsilon: 1e-12 }).forward(rows(1, 3, 10, 20, 7)) as Tensor;
    [-1, 1, -1, 1, 0].forEach((wanted, i) => expect(bits(y.value)[i]).to.be.closeTo(wanted, 1e-9));
  });

  it('move the running statistics one after the other, and the last counts most', () => {
    const layer = ghost({ momentum: 0.5 });
    layer.forward(rows(1, 3, 10, 20, 7));
    // Means 2, 15 and 7, variances 1, 25 and 0, from 0 and 1.
    expect(statistics(layer)).to.deep.equal([[((0 + 2) / 2 + 15) / 4 + 7 / 2], [((1 + 1) / 2 + 25) / 4 + 0]]);
  });

  it('reach the mean of k equal chunks as 1 − momentumᵏ', () => {
    const layer = ghost({ momentum: 0.75 });
    layer.forward(rows(3, 5, 5, 3, 4, 4));
    expect(statistics(layer)[0]).to.deep.equal([4 * (1 - 0.75 ** 3)]);
  });

  it('move statistics of float32 as batches of their own would, rounded at each step', () => {
    const numbers = Float32Array.from({ length: 12 }, (_, i) => Math.sin(7 * i) * 10 ** (i % 3));
    for (const momentum of [0, 0.1, 0.99]) {
      const [whole, apart] = [1, 128].map((virtualBatchSize) => ghost({ virtualBatchSize, momentum }));
      whole!.forward(tensor(numbers, { shape: [6, 2] }));
      for (let row = 0; row < 6; row++)
        apart!.forward(tensor(numbers.slice(2 * row, 2 * row + 2), { shape: [1, 2] }));
      expect(statistics(whole!)).to.deep.equal(statistics(apart!));
    }
  });

  it('that count last replace the statistics if momentum is 0', () => {
    const layer = ghost({ momentum: 0 });
    layer.forward(rows(1, 3, 10, 20, 5, 9), { mask: [1, 1, 1, 1, 0, 0] });
    expect(statistics(layer)).to.deep.equal([[15], [25]]);
  });

  it('of which nothing counts give β, no gradient, and move no statistic', () => {
    const x = rows(1, 3, 10, 20, 5, 9);
    const [masked, plain] = [ghost({ betaInitializer: 'ones' }), ghost({ betaInitializer: 'ones' })];
    const mask = [1, 1, 0, 0, 1, 1];
    const y = bits((masked.forward(x, { mask }) as Tensor).value);
    const without = rows(1, 3, 5, 9);
    const wanted = bits((plain.forward(without) as Tensor).value);
    expect(y.slice(2, 4)).to.deep.equal([1, 1]);
    [...y.slice(0, 2), ...y.slice(4)].forEach((value, i) => expect(value).to.be.closeTo(wanted[i]!, 1e-12));
    expect(statistics(masked)).to.deep.equal(statistics(plain));
  });

  it('do not matter at inference, nor to a frozen layer', () => {
    const x = rows(1, 3, 10, 20, 7);
    const inferred = [1, 2, 128].map((virtualBatchSize) => {
      const layer = ghost({ virtualBatchSize });
      const y = [layer.eval().forward(x), layer.train().freeze().forward(x)].map((t) =>
        bits((t as Tensor).value),
      );
      expect(statistics(layer)).to.deep.equal([[0], [1]]);
      return y;
    });
    expect(inferred[1]).to.deep.equal(inferred[0]);
    expect(inferred[2]).to.deep.equal(inferred[0]);
  });

  it('read a batch that is a view', () => {
    const x = rows(9, 1, 3, 10, 20, 7, 4).value;
    const part = new Tensor(sliceView(x, [[1, 6]]));
    const copied = rows(1, 3, 10, 20, 7);
    expect(bits((ghost().forward(part) as Tensor).value)).to.deep.equal(
      bits((ghost().forward(copied) as Tensor).value),
    );
  });

  it('have a whole number of samples', () => {
    for (const virtualBatchSize of [0, -1, 1.5, null])
      expect(failure(() => ghost({ virtualBatchSize }))).to.match(
        /^ghost_batch_norm\.virtualBatchSize: expected a whole number from 1, received/,
      );
    expect(failure(() => ghost({ axis: 0 }).build([3, 2]))).to.equal(
      'ghost_batch_norm.axis: expected an axis other than the batch, which is axis 0, received 0.',
    );
  });
});
