import { expect } from 'chai';
import {
  type NormalizationLayer,
  type Tensor,
  createNormalizationLayer,
  full,
  tensor,
  vjp,
} from '../../src/index.js';

const float64 = (data: Parameters<typeof tensor>[0]) => tensor(data, { dtype: 'float64' });

/** The gradients of x and of every weight, for a gradient of ones. */
function pulled(layer: NormalizationLayer, data: Parameters<typeof tensor>[0], mask?: readonly number[][]) {
  const x = float64(data);
  const { value, pullback } = vjp(() => layer.forward(x, { mask: mask as never }));
  const gradients = pullback(full(x.shape, 1, { dtype: 'float64' }));
  const of = Object.fromEntries(
    [...layer.namedParameters()].map(([name, weight]) => [name, gradients.of(weight)!.toArray()]),
  );
  return { y: (value as Tensor).toArray(), x: gradients.of(x)!.toArray(), of };
}

describe('filter_response_norm', () => {
  it('halves the gradient where z equals τ, and only there', () => {
    const layer = createNormalizationLayer('filter_response_norm', { epsilon: 1 });
    // z is 0 in the first feature, ±1/√2 in the second.
    const { of } = pulled(layer, [
      [
        [0, 1],
        [0, -1],
      ],
    ]);
    expect(of['beta']).to.deep.equal([1, 1]);
    expect(of['tau']).to.deep.equal([1, 1]);
    const one = pulled(layer, [
      [
        [0, 1],
        [0, 1],
      ],
    ]);
    expect([one.of['beta'], one.of['tau']]).to.deep.equal([
      [1, 2],
      [1, 0],
    ]);
  });

  it('adds the gradients of τ along its own axis, also beside another of the same size', () => {
    const x = float64([
      [
        [0, 1],
        [0, -1],
      ],
      [
        [0, 2],
        [0, 0],
      ],
    ]);
    const across = (axis: number) => {
      const layer = createNormalizationLayer('filter_response_norm', { axis });
      const { pullback } = vjp(() => layer.forward(x));
      const dy = float64([
        [
          [1, 2],
          [4, 8],
        ],
        [
          [16, 32],
          [64, 128],
        ],
      ]);
      const weights = Object.fromEntries(layer.namedParameters());
      return pullback(dy).of(weights['tau']!)!.toArray();
    };
    // Half where z is 0, and all where it is below.
    expect(across(1)).to.deep.equal([8.5, 106]);
    expect(across(2)).to.deep.equal([42.5, 72]);
  });

  it('gives the threshold or β where no position counts, whichever is larger', () => {
    const layer = createNormalizationLayer('filter_response_norm', {
      betaInitializer: { type: 'constant', value: -1 },
    });
    expect(pulled(layer, [[[3], [4]]], [[0, 0]]).y).to.deep.equal([[[0], [0]]]);
  });

  it('keeps NaN at positions that do not count out of the gradient of ε', () => {
    const options = { learnableEpsilon: true, activation: 'none' } as const;
    const at = (stray: number) =>
      pulled(createNormalizationLayer('filter_response_norm', options), [[[3], [stray], [1]]], [[1, 0, 1]]);
    // The stray 0 has an x̂ of 0, which adds nothing.
    expect(at(NaN).of['epsilon_learned']).to.equal(at(0).of['epsilon_learned']);
    expect(at(NaN).of['epsilon_learned']).to.be.below(0);
  });
});
