import { expect } from 'chai';
import ndarray from 'ndarray';
import { type Source } from '../../src/array/index.js';
import { tensor } from '../../src/autograd/tape.js';

describe('tensor', () => {
  it('reads numbers, lists, typed arrays and views', () => {
    expect(tensor(3).toArray()).to.equal(3);
    expect(
      tensor([
        [1, 2],
        [3, 4],
      ]).shape,
    ).to.deep.equal([2, 2]);
    expect(tensor(Int32Array.of(1, 2, 3, 4), { shape: [2, 2] }).toArray()).to.deep.equal([
      [1, 2],
      [3, 4],
    ]);
    const view = ndarray(Float64Array.of(1, 2, 3, 4), [2, 2]).transpose(1, 0);
    expect(tensor(view).toArray()).to.deep.equal([
      [1, 3],
      [2, 4],
    ]);
    expect(tensor(view, { shape: [4] }).toArray()).to.deep.equal([1, 3, 2, 4]);
    expect(tensor([NaN, Infinity]).toArray()).to.deep.equal([NaN, Infinity]);
  });

  it('keeps float64 where the source has it, and copies only what changes form', () => {
    const data = Float64Array.of(1, 2);
    expect(tensor(data).dtype).to.equal('float64');
    expect(tensor(data).value.data).to.equal(data);
    expect(tensor(data, { dtype: 'float32' }).dtype).to.equal('float32');
    expect(tensor([1, 2]).dtype).to.equal('float32');
  });

  it('refuses what is not an array of numbers', () => {
    const wrong = [[[1, 2], [3]], [1, , 3], ['1'], 1n, BigInt64Array.of(1n), null, 'one', [[1], 2]];
    for (const source of wrong) {
      expect(() => tensor(source as Source), String(source)).to.throw(/^tensor: expected a/);
    }
    expect(() => tensor([1, 2, 3], { shape: [2, 2] })).to.throw(
      'tensor.shape: expected whole numbers whose product is 3',
    );
  });
});
