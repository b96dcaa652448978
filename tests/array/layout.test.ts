import { expect } from 'chai';
import ndarray from 'ndarray';
import { broadcastTo, flat, fromSource, isNdArray, toNested } from '../../src/array/index.js';
import { grouped } from '../../src/array/groups.js';
import { type Strided, walk } from '../../src/array/loops.js';

const counted = (shape: readonly number[]) =>
  fromSource(
    Float64Array.from({ length: shape.reduce((size, n) => size * n, 1) }, (_, i) => i),
    { shape },
  );

// How arrays are handed to kernels: results are the same in any layout, the time is not.
describe('the layout of groups', () => {
  const x = counted([2, 3, 1, 4, 5]);

  it('is that of the array, where their axes are neighbours', () => {
    for (const [axes, outer, n, inner] of [
      [[0], 1, 2, 60],
      [[1], 2, 3, 20],
      [[3], 6, 4, 5],
      [[-1], 24, 5, 1],
      [[0, 1], 1, 6, 20],
      [[1, 3], 2, 12, 5],
      [[1, 2, 3], 2, 12, 5],
      [[3, 4], 6, 20, 1],
      [[0, 1, 2, 3, 4], 1, 120, 1],
    ] as const) {
      const { data, groups } = grouped(x, axes);
      expect(data, String(axes)).to.equal(flat(x));
      expect(groups, String(axes)).to.deep.equal({ outer, n, inner });
    }
    const { data, groups } = grouped(x, [2]);
    expect(data).to.equal(flat(x));
    expect([groups.outer * groups.inner, groups.n]).to.deep.equal([120, 1]);
  });

  it('has their axes last, where these lie apart', () => {
    const layout = grouped(x, [0, 3]);
    const { data, groups } = layout;
    expect(groups).to.deep.equal({ outer: 15, n: 8, inner: 1 });
    expect([...data.subarray(0, 8)]).to.deep.equal([0, 5, 10, 15, 60, 65, 70, 75]);
    expect([...layout.arrange(x)]).to.deep.equal([...data]);
  });
});

describe('the walk through operands', () => {
  const visits = (...operands: Strided[]) => {
    const seen: (readonly number[])[] = [];
    walk(operands, (rows, columns, at, done) => seen.push([rows, columns, done, ...at.map((a) => a.at)]));
    return seen;
  };
  const x = counted([2, 3, 1, 4]);

  it('is one call for arrays without gaps, and for those that stretch a row or a number', () => {
    expect(visits(x, x)).to.deep.equal([[1, 24, 0, 0, 0]]);
    expect(visits(x, broadcastTo(counted([4]), [2, 3, 1, 4]))).to.deep.equal([[6, 4, 0, 0, 0]]);
    expect(visits(x, broadcastTo(counted([]), [2, 3, 1, 4]))).to.deep.equal([[1, 24, 0, 0, 0]]);
    expect(visits(x, broadcastTo(counted([2, 1, 1, 1]), [2, 3, 1, 4]))).to.deep.equal([[2, 12, 0, 0, 0]]);
    expect(visits(counted([]))).to.deep.equal([[1, 1, 0, 0]]);
  });

  it('is one call for each of what two loops do not hold', () => {
    const turned = { shape: [2, 3, 4], stride: [1, 2, 6], offset: 5 };
    expect(visits(counted([2, 3, 4]), turned)).to.deep.equal([
      [3, 4, 0, 0, 5],
      [3, 4, 12, 12, 6],
    ]);
  });

  it('ends before it begins where there is nothing', () => {
    for (const shape of [[0], [0, 3], [3, 0], [2, 0, 3]])
      expect(visits(counted(shape)), String(shape)).to.deep.equal([]);
  });
});

describe('what is an array of ours', () => {
  it('is an ndarray of floats', () => {
    for (const other of [
      3,
      null,
      [1],
      Float32Array.of(1),
      ndarray(Int32Array.of(1)),
      ndarray([1]),
      { dtype: 'float32' },
    ])
      expect(isNdArray(other), JSON.stringify(other)).to.equal(false);
    for (const Store of [Float32Array, Float64Array]) {
      const floats = ndarray(Store.of(1, 2));
      expect(isNdArray(floats)).to.equal(true);
      expect(toNested(fromSource(floats))).to.deep.equal([1, 2]);
    }
  });
});
