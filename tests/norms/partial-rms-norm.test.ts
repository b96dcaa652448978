import { expect } from 'chai';
import { createNormalizationLayer, tensor, vjp } from '../../src/index.js';

describe('partial_rms_norm', () => {
  it('keeps an infinite gradient to its own number and the head', () => {
    const layer = createNormalizationLayer('partial_rms_norm', { p: 0.25 });
    const [most, N] = [3.4e38, 2 ** 63];
    const x = tensor([[N, N, N, N]]);
    const { pullback } = vjp(() => layer.forward(x));
    // dy / N in a unit near 1 would leave the range of float32.
    const dx = pullback(tensor([[1, Infinity, most, -most]])).of(x)!;
    const [[head, far, ...others]] = dx.toArray() as [[number, number, number, number]];
    expect([head, far]).to.deep.equal([-Infinity, Infinity]);
    expect(others).to.deep.equal([Math.fround(most) / N, -Math.fround(most) / N].map(Math.fround));
  });

  it('has a gradient where γ x̂ overflows behind a head that is large itself', () => {
    const scaleInitializer = { type: 'constant', value: 2 ** 600 } as const;
    // Along rows and along columns.
    for (const axis of [1, -1]) {
      const layer = createNormalizationLayer('partial_rms_norm', { p: 0.5, axis, scaleInitializer });
      const laid = (a: number, b: number) =>
        tensor(
          axis === 1
            ? [
                [
                  [a, a],
                  [b, b],
                ],
              ]
            : [[[a, b]]],
          { dtype: 'float64' },
        );
      const x = laid(2 ** 520, 2 ** 1020);
      const { pullback } = vjp(() => layer.forward(x));
      const dx = pullback(laid(0, 2 ** -100)).of(x)!;
      // N = h = 2⁵²⁰, so dx₁ = −h γ dy₂ x₂ / N³ and dx₂ = γ dy₂ / N.
      expect(dx.toArray()).to.deep.equal(laid(-(2 ** 480), 2 ** -20).toArray());
    }
  });
});
