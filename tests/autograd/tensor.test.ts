import { expect } from 'chai';
import ndarray from 'ndarray';
import { type Source } from '../../src/array/index.js';
import { tensor } from '../../src/autograd/create.js';
import { arange, full, ones, randomNormal, randomUniform, zeros } from '../../src/ops/create.js';

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

  it('keeps the float64 of its source, and copies unless told not to', () => {
    const data = Float64Array.of(1, 2);
    expect(tensor(data).dtype).to.equal('float64');
    expect(tensor(data).value.data).to.not.equal(data);
    expect(tensor(data, { copy: false }).value.data).to.equal(data);
    expect(tensor(data, { copy: false, dtype: 'float32' }).dtype).to.equal('float32');
    expect(tensor(data, { dtype: 'float32' }).dtype).to.equal('float32');
    expect(tensor([1, 2]).dtype).to.equal('float32');
  });

  it('rejects anything but an array of numbers', () => {
    const wrong = [[[1, 2], [3]], Array<number>(3), ['1'], 1n, BigInt64Array.of(1n), null, 'one', [[1], 2]];
    for (const source of wrong) {
      expect(() => tensor(source as Source), String(source)).to.throw(/^tensor: expected a/);
    }
    expect(() => tensor([1, 2, 3], { shape: [2, 2] })).to.throw(
      'tensor.shape: expected whole numbers whose product is 3',
    );
  });

  it('reads any rank, and empty arrays', () => {
    const six = tensor([[[[[[1, 2]]], [[[3, 4]]]]]]);
    expect(six.shape).to.deep.equal([1, 1, 2, 1, 1, 2]);
    expect(six.toArray()).to.deep.equal([[[[[[1, 2]]], [[[3, 4]]]]]]);
    expect([tensor([]).shape, tensor([[], []]).shape, tensor([]).size]).to.deep.equal([[0], [2, 0], 0]);
    expect(tensor([[], []]).toArray()).to.deep.equal([[], []]);
  });

  it('reads integers and lists as float32, and any NdArray of numbers', () => {
    expect(tensor(Uint8Array.of(7)).dtype).to.equal('float32');
    expect(tensor(ndarray([1, 2, 3, 4], [2, 2])).toArray()).to.deep.equal([
      [1, 2],
      [3, 4],
    ]);
    const stepped = ndarray(Float32Array.of(0, 1, 2, 3, 4, 5), [6]).step(-2);
    expect(tensor(stepped).toArray()).to.deep.equal([5, 3, 1]);
    const shared = tensor(stepped, { copy: false });
    expect(shared.value.data).to.equal(stepped.data);
    expect(shared.toArray()).to.deep.equal([5, 3, 1]);
    expect(tensor(stepped, { copy: false, shape: [3, 1] }).toArray()).to.deep.equal([[5], [3], [1]]);
    expect(tensor(stepped, { dtype: 'float64' }).toArray()).to.deep.equal([5, 3, 1]);
  });

  it('rejects a view that reaches beyond its data', () => {
    const short = ndarray(new Float32Array(3), [2, 2]);
    expect(() => tensor(short)).to.throw('tensor: expected a view inside its 3 elements');
    expect(() => tensor(ndarray(new Float32Array(4), [2, 2]).hi(3, 2))).to.throw('a view inside');
    expect(() => tensor(ndarray(new Float32Array(4), [2], [1], -1))).to.throw('a view inside');
  });

  it('explains errors of dtype and item', () => {
    expect(() => tensor([1], { dtype: 'float16' as never })).to.throw(
      'tensor.dtype: expected float32 or float64, received "float16".',
    );
    expect(() => tensor([1, 2]).item()).to.throw('item: expected a tensor of size 1, received [2].');
    expect([tensor(3).item(), tensor([[4]]).item()]).to.deep.equal([3, 4]);
  });
});

describe('tensors made from nothing', () => {
  it('have their shape, value and dtype', () => {
    expect(zeros([2, 2]).toArray()).to.deep.equal([
      [0, 0],
      [0, 0],
    ]);
    expect(ones([]).toArray()).to.equal(1);
    expect(full([2], 7, { dtype: 'float64' }).dtype).to.equal('float64');
    expect(arange(3).toArray()).to.deep.equal([0, 1, 2]);
    expect(arange(2, 8, 3).toArray()).to.deep.equal([2, 5]);
    expect(arange(3, 0, -1).toArray()).to.deep.equal([3, 2, 1]);
    expect(arange(3, 0).toArray()).to.deep.equal([]);
    expect(() => arange(0, 1, 0)).to.throw(
      'arange: expected up to three finite numbers, start, stop and a step other than 0',
    );
    expect(() => zeros([-1])).to.throw('zeros: expected a list of whole numbers from 0, received [-1].');
    expect(() => randomNormal([0.5], { seed: 1 })).to.throw('randomNormal');
  });

  it('are drawn by their seed, shifted and stretched', () => {
    const plain = randomNormal([50], { seed: 4, dtype: 'float64' });
    expect(randomNormal([50], { seed: 4, dtype: 'float64' }).toArray()).to.deep.equal(plain.toArray());
    expect(randomNormal([50], { seed: 5, dtype: 'float64' }).toArray()).not.to.deep.equal(plain.toArray());
    const moved = randomNormal([50], { seed: 4, mean: 3, standardDeviation: 2, dtype: 'float64' });
    expect(moved.toArray()).to.deep.equal((plain.toArray() as number[]).map((x) => 3 + 2 * x));
    const uniform = randomUniform([200], { seed: 1, low: -2, high: -1 }).toArray() as number[];
    expect(uniform.every((x) => x >= -2 && x < -1)).to.equal(true);
    expect(Math.max(...uniform) - Math.min(...uniform)).to.be.above(0.9);
  });
});
