import { expect } from 'chai';
import ndarray from 'ndarray';
import {
  Tensor,
  add,
  arange,
  div,
  full,
  matmul,
  maximum,
  mean,
  mul,
  ones,
  pow,
  randomNormal,
  randomUniform,
  relu,
  softmax,
  sub,
  sum,
  tensor,
  transpose,
  zeros,
} from 'normtape';
import { float64, numbers, refusal } from './support.js';

describe('contract: arrays and tensors', () => {
  it('reads numbers, nested lists, typed arrays and NdArrays', () => {
    const square = [
      [1, 2],
      [3, 4],
    ];
    expect(tensor(5).toArray()).to.equal(5);
    expect(tensor(5).shape).to.deep.equal([]);
    expect(tensor([1, 2, 3]).shape).to.deep.equal([3]);
    expect(tensor(square).toArray()).to.deep.equal(square);
    expect(tensor([[[[[[7]]]]]]).shape).to.deep.equal([1, 1, 1, 1, 1, 1]);
    expect(tensor(Float32Array.of(1, 2, 3, 4), { shape: [2, 2] }).toArray()).to.deep.equal(square);
    expect(tensor(Uint8Array.of(255, 1)).toArray()).to.deep.equal([255, 1]);
    expect(tensor(new Uint8ClampedArray([300])).toArray()).to.deep.equal([255]);
    expect(tensor(Int16Array.of(-1)).toArray()).to.deep.equal([-1]);
    expect(tensor(ndarray(Float32Array.of(1, 2, 3, 4), [2, 2])).toArray()).to.deep.equal(square);
    expect(tensor(ndarray([1, 2, 3, 4], [2, 2])).toArray()).to.deep.equal(square);
  });

  it('reads any view: transposed, stepped, reversed, with an offset, with a stride of 0', () => {
    const base = ndarray(Float64Array.of(1, 2, 3, 4, 5, 6), [2, 3]);
    expect(tensor(base.transpose(1, 0)).toArray()).to.deep.equal([
      [1, 4],
      [2, 5],
      [3, 6],
    ]);
    expect(tensor(base.step(1, 2)).toArray()).to.deep.equal([
      [1, 3],
      [4, 6],
    ]);
    expect(tensor(base.step(-1, -1)).toArray()).to.deep.equal([
      [6, 5, 4],
      [3, 2, 1],
    ]);
    expect(tensor(base.lo(1, 1)).toArray()).to.deep.equal([[5, 6]]);
    expect(tensor(base.pick(1, null)).toArray()).to.deep.equal([4, 5, 6]);
    expect(tensor(ndarray(Float32Array.of(9), [2, 2], [0, 0])).toArray()).to.deep.equal([
      [9, 9],
      [9, 9],
    ]);
    // With another dtype and another shape, the order is the same.
    expect(tensor(base.transpose(1, 0), { dtype: 'float32', shape: [6] }).toArray()).to.deep.equal([
      1, 4, 2, 5, 3, 6,
    ]);
  });

  it('has dtype float32 for numbers and integer arrays, float64 for float64 sources, or the given dtype', () => {
    for (const source of [1, [1, 2], Uint8Array.of(1), Int32Array.of(1), Float32Array.of(1), ndarray([1])])
      expect(tensor(source).dtype).to.equal('float32');
    for (const source of [Float64Array.of(1), ndarray(Float64Array.of(1))])
      expect(tensor(source).dtype).to.equal('float64');
    expect(tensor([0.1], { dtype: 'float64' }).item()).to.equal(0.1);
    expect(tensor(Float64Array.of(0.1), { dtype: 'float32' }).item()).to.equal(Math.fround(0.1));
    expect(tensor(0.1).item()).to.equal(Math.fround(0.1));
  });

  it('accepts NaN and the infinities', () => {
    expect(tensor([NaN, Infinity, -Infinity, -0]).toArray()).to.deep.equal([NaN, Infinity, -Infinity, -0]);
  });

  it('rejects BigInt, ragged nesting, holes, wrong counts and values that are not arrays', () => {
    const holes: number[] = [1, 2, 3];
    delete holes[1];
    const sources: readonly unknown[] = [
      1n,
      [1n],
      BigInt64Array.of(1n),
      ndarray(BigInt64Array.of(1n)),
      [[1], [2, 3]],
      [[1, 2], [3]],
      [1, [2]],
      [[1], 2],
      holes,
      [holes, holes],
      ndarray(holes),
      ndarray(['1'] as never),
      '1',
      ['1'],
      true,
      null,
      undefined,
      {},
      new DataView(new ArrayBuffer(8)),
      new ArrayBuffer(8),
      ndarray(Float32Array.of(1, 2), [3]),
    ];
    for (const source of sources) refusal(() => tensor(source as never));
    expect(refusal(() => tensor([1, 2, 3], { shape: [2, 2] }))).to.include('tensor.shape');
    for (const shape of [4, [-2, -2], [1.5, 2], '4', [4, undefined]])
      refusal(() => tensor([1, 2, 3, 4], { shape: shape as never }));
  });

  it('rejects invalid forms', () => {
    for (const form of [{ dtype: 'int32' }, { dtype: 'Float64' }, { dtyp: 'float64' }, null, 'float64', []])
      refusal(() => tensor([1], form as never));
    expect(refusal(() => tensor([1], { dtyp: 'float64' } as never))).to.include('Did you mean dtype?');
  });

  it('copies its source, and with copy: false shares a source of the same dtype', () => {
    const data = Float32Array.of(1, 2);
    const shared = tensor(data, { copy: false });
    const cut = tensor(ndarray(data).lo(1), { copy: false });
    const list = [1, 2];
    const copied = [tensor(list), tensor(data), tensor(ndarray(data)), tensor(data, { dtype: 'float64' })];
    copied.push(tensor(Int8Array.of(1, 2)), tensor(data, { dtype: 'float64', copy: false }));
    data[0] = 7;
    data[1] = 8;
    list[0] = 7;
    expect(shared.toArray()).to.deep.equal([7, 8]);
    expect(cut.toArray()).to.deep.equal([8]);
    for (const copy of copied) expect(copy.toArray()).to.deep.equal([1, 2]);
  });

  it('has value, shape, dtype, size, item, toArray and cast', () => {
    const x = tensor([
      [1, 2, 3],
      [4, 5, 6],
    ]);
    expect([x.shape, x.dtype, x.size]).to.deep.equal([[2, 3], 'float32', 6]);
    expect(x.value.get(1, 2)).to.equal(6);
    expect(x.value.shape).to.deep.equal([2, 3]);
    expect(tensor([[3]]).item()).to.equal(3);
    expect(refusal(() => x.item())).to.include('size 1');
    const wide = x.cast('float64');
    expect([wide.dtype, wide.value.dtype]).to.deep.equal(['float64', 'float64']);
    expect(wide.toArray()).to.deep.equal(x.toArray());
    refusal(() => x.cast('int32' as never));
  });

  it('makes zeros, ones, full and arange', () => {
    expect(zeros([2, 1]).toArray()).to.deep.equal([[0], [0]]);
    expect(ones([]).item()).to.equal(1);
    expect(full([2], 0.5, { dtype: 'float64' }).toArray()).to.deep.equal([0.5, 0.5]);
    expect(arange(3).toArray()).to.deep.equal([0, 1, 2]);
    expect(arange(1, 3).toArray()).to.deep.equal([1, 2]);
    expect(arange(3, 0, -1).toArray()).to.deep.equal([3, 2, 1]);
    expect(arange(0, 1, 0.25, { dtype: 'float64' }).toArray()).to.deep.equal([0, 0.25, 0.5, 0.75]);
    for (const made of [arange(2, { dtype: 'float64' }), arange(0, 2, { dtype: 'float64' })])
      expect([made.dtype, made.toArray()]).to.deep.equal(['float64', [0, 1]]);
    for (const made of [zeros([1]), ones([1]), full([1], 2), arange(1)]) {
      expect(made).to.be.instanceOf(Tensor);
      expect(made.dtype).to.equal('float32');
    }
    const wrong: readonly (() => unknown)[] = [
      () => zeros(3 as never),
      () => zeros([-1]),
      () => zeros([1], { dtype: 'float16' as never }),
      () => zeros([1], 'float64' as never),
      () => ones([1.5]),
      () => full([1], 'a' as never),
      () => full([1], 1, { dtyp: 'float64' } as never),
      () => arange(0, 1, 0),
      () => arange(NaN),
      () => arange(1, 2, 3, 4 as never),
    ];
    for (const call of wrong) refusal(call);
  });

  it('draws the same numbers for the same seed, with the given mean and spread', () => {
    const normal = (seed: number) => randomNormal([4000], { seed, mean: 3, standardDeviation: 2 });
    expect(numbers(normal(1))).to.deep.equal(numbers(normal(1)));
    expect(numbers(normal(1))).not.to.deep.equal(numbers(normal(2)));
    expect(mean(normal(1)).item()).to.be.closeTo(3, 0.2);
    const spread = Math.sqrt(mean(pow(sub(normal(1), 3), 2)).item());
    expect(spread).to.be.closeTo(2, 0.1);
    const uniform = numbers(randomUniform([4000], { seed: 1, low: -2, high: 4, dtype: 'float64' }));
    expect(Math.min(...uniform)).to.be.within(-2, -1.98);
    expect(Math.max(...uniform)).to.be.within(3.98, 4);
    expect(randomUniform([1], { seed: 1, dtype: 'float64' }).dtype).to.equal('float64');
    expect(randomNormal([2, 3], { seed: 1 }).shape).to.deep.equal([2, 3]);
  });

  it('requires a seed, and rejects unknown options', () => {
    for (const draw of [randomNormal, randomUniform]) {
      for (const given of [undefined, null, {}, { seed: 'a' }, { seed: 0.5 }, { seed: 1, sd: 2 }])
        refusal(() => draw([1], given as never));
      refusal(() => draw([1], { seed: 1, dtype: 'float16' as never }));
      refusal(() => draw(1 as never, { seed: 1 }));
    }
    refusal(() => randomNormal([1], { seed: 1, standardDeviation: -1 }));
    refusal(() => randomUniform([1], { seed: 1, low: 2, high: 1 }));
  });

  it('names both dtypes if an op gets two, and suggests cast', () => {
    const [narrow, wide] = [ones([2]), float64([1, 1])];
    for (const op of [add, sub, mul, div, pow, maximum]) {
      const message = refusal(() => op(narrow, wide));
      expect(message).to.include('float32').and.to.include('float64').and.to.include('cast');
    }
    expect(numbers(add(narrow.cast('float64'), wide))).to.deep.equal([2, 2]);
  });

  it('accepts plain numbers on either side, in the dtype of the other', () => {
    for (const dtype of ['float32', 'float64'] as const) {
      const x = tensor([1, 4], { dtype });
      const results: readonly (readonly [Tensor, readonly number[]])[] = [
        [add(x, 1), [2, 5]],
        [add(1, x), [2, 5]],
        [sub(1, x), [0, -3]],
        [sub(x, 1), [0, 3]],
        [mul(2, x), [2, 8]],
        [div(8, x), [8, 2]],
        [div(x, 4), [0.25, 1]],
        [pow(x, 0.5), [1, 2]],
        [maximum(2, x), [2, 4]],
      ];
      for (const [y, expected] of results) {
        expect(y.dtype).to.equal(dtype);
        expect(y.toArray()).to.deep.equal(expected);
      }
      expect(add(x, 0.1).toArray()).to.deep.equal(
        [1.1, 4.1].map((value) => (dtype === 'float32' ? Math.fround(value) : value)),
      );
    }
  });

  it('rejects operands that are not tensors, and too many or too few of them', () => {
    const x = ones([2]);
    for (const bad of [[1, 2], '1', null, undefined, Float32Array.of(1), ndarray([1])]) {
      refusal(() => add(x, bad as never));
      refusal(() => relu(bad as never));
      refusal(() => sum(bad as never));
      refusal(() => softmax(bad as never));
    }
    refusal(() => (add as (...x: unknown[]) => unknown)(x));
    refusal(() => (add as (...x: unknown[]) => unknown)(x, x, x));
    refusal(() => (relu as (...x: unknown[]) => unknown)());
    for (const axes of ['0', { axis: 0 }, 1, [0, 0], 0.5, [undefined]]) refusal(() => sum(x, axes as never));
  });

  it('lets an op of one tensor be mapped over a list', () => {
    expect([tensor([-1]), tensor([2])].map(relu).map((y) => y.item())).to.deep.equal([0, 2]);
  });

  it('broadcasts, reduces, multiplies and transposes views', () => {
    const x = transpose(tensor([[1, 2, 3]]));
    expect(add(x, tensor([10, 20])).toArray()).to.deep.equal([
      [11, 21],
      [12, 22],
      [13, 23],
    ]);
    expect(matmul(transpose(x), x).toArray()).to.deep.equal([[14]]);
    expect(sum(x, 0, { keepDims: true }).toArray()).to.deep.equal([[6]]);
    expect(sum(x).shape).to.deep.equal([]);
    refusal(() => matmul(x, x));
    refusal(() => add(ones([2, 3]), ones([2])));
  });

  it('supports sizes of 0 or rejects them, and never returns NaN for them', () => {
    expect(tensor([]).shape).to.deep.equal([0]);
    expect(tensor([[], []]).toArray()).to.deep.equal([[], []]);
    expect(sum(zeros([0])).item()).to.equal(0);
    expect(matmul(zeros([2, 0]), zeros([0, 1])).toArray()).to.deep.equal([[0], [0]]);
    expect(add(zeros([0, 2]), ones([2])).shape).to.deep.equal([0, 2]);
    refusal(() => mean(zeros([0])));
  });
});
