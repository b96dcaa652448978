import { expect } from 'chai';
import { choose, dropped, flat, fromFlat, kept, masked } from '../../src/array/index.js';

describe('products and choices by a mask', () => {
  const x = fromFlat(Float32Array.of(0.1, Infinity, NaN, -2), [2, 2]);
  const mask = fromFlat(Float64Array.of(0.7, 0), [2]);

  it('have the dtype of what is masked, and are rounded once', () => {
    const product = masked(x, mask);
    expect(product.dtype).to.equal('float32');
    expect([...flat(product)]).to.deep.equal([Math.fround(Math.fround(0.1) * 0.7), 0, NaN, 0]);
    expect([...flat(kept(x, mask))]).to.deep.equal([x.get(0, 0), 0, NaN, 0]);
    expect([...flat(dropped(x, mask))]).to.deep.equal([0, Infinity, 0, -2]);
    for (const chosen of [kept, dropped]) expect(chosen(x, mask).dtype).to.equal('float32');
  });

  it('have the shape of the condition', () => {
    const condition = fromFlat(Float32Array.of(1, 0, 0, 1), [2, 2]);
    const chosen = choose(condition, fromFlat(Float32Array.of(5), [1]), fromFlat(Float32Array.of(7, 8), [2]));
    expect(chosen.shape).to.deep.equal([2, 2]);
    expect([...flat(chosen)]).to.deep.equal([5, 8, 7, 5]);
  });
});
