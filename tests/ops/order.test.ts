import { expect } from 'chai';
import fc from 'fast-check';
import { tensor } from '../../src/autograd/create.js';
import type { Tensor } from '../../src/autograd/tape.js';
import { vjp } from '../../src/autograd/vjp.js';
import { argmax, argmin, sort, topK } from '../../src/ops/catalog.js';
import { failure } from '../support/failure.js';

const NUMBERS = [NaN, -Infinity, -1, -0, 0, 0.5, 1, 2, Infinity];
const rows = fc.tuple(fc.integer({ min: 1, max: 4 }), fc.integer({ min: 1, max: 12 })).chain(([m, n]) =>
  fc.array(fc.array(fc.constantFrom(...NUMBERS), { minLength: n, maxLength: n }), {
    minLength: m,
    maxLength: m,
  }),
);

const wide = (data: number[][]): Tensor => tensor(data, { dtype: 'float64' });

/** The order by its definition: a stable sort of pairs in which NaN is the largest. */
const expected = (row: readonly number[], descending: boolean): { value: number; at: number }[] => {
  const rank = (x: number): number => (Number.isNaN(x) ? 2 : x === Infinity ? 1 : 0);
  const compare = (a: number, b: number): number => rank(a) - rank(b) || (rank(a) ? 0 : a - b);
  return row
    .map((value, at) => ({ value, at }))
    .sort((a, b) => (descending ? compare(b.value, a.value) : compare(a.value, b.value)));
};

describe('sort and topK', () => {
  it('order rows stably, with NaN above every number', () => {
    fc.assert(
      fc.property(rows, fc.boolean(), (data, descending) => {
        const { values, indices } = sort(wide(data), { descending });
        const right = data.map((row) => expected(row, descending));
        expect(values.toArray()).to.deep.equal(right.map((row) => row.map(({ value }) => value)));
        expect(indices.toArray()).to.deep.equal(right.map((row) => row.map(({ at }) => at)));
      }),
    );
  });

  it('take the first elements of that order', () => {
    fc.assert(
      fc.property(rows, fc.nat(), fc.boolean(), (data, draw, smallest) => {
        const k = draw % (data[0]!.length + 1);
        const top = topK(wide(data), k, { smallest });
        const whole = sort(wide(data), { descending: !smallest });
        const head = (t: Tensor): unknown => (t.toArray() as number[][]).map((row) => row.slice(0, k));
        expect(top.values.toArray()).to.deep.equal(head(whole.values));
        expect(top.indices.toArray()).to.deep.equal(head(whole.indices));
      }),
    );
  });

  it('give every number the gradient of its new position, and 0 to the others', () => {
    const x = wide([[3, 1, 2, 1]]);
    const seed = wide([[1, 10, 100, 1000]]);
    expect(
      vjp(() => sort(x).values)
        .pullback(seed)
        .of(x)!
        .toArray(),
    ).to.deep.equal([[1000, 1, 100, 10]]);
    const two = vjp(() => topK(x, 2).values);
    expect(
      two
        .pullback(wide([[1, 10]]))
        .of(x)!
        .toArray(),
    ).to.deep.equal([[1, 0, 10, 0]]);
  });

  it('reject a k beyond the axis, and an invalid axis', () => {
    const x = wide([[3, 1, 2]]);
    for (const k of [4, -1, 1.5, NaN])
      expect(failure(() => topK(x, k))).to.match(/^topK\.k: expected a whole number from 0 to 3/);
    expect(failure(() => sort(x, { axis: 2 }))).to.match(/^sort: expected distinct axes between -2 and 1/);
    expect(failure(() => sort(x, { decending: true } as never))).to.match(/descending/);
  });
});

describe('argmax and argmin', () => {
  it('return the position of the first extreme, or of the first NaN', () => {
    fc.assert(
      fc.property(rows, (data) => {
        const first = (row: number[], best: (...of: number[]) => number): number =>
          row.findIndex((x) => Object.is(x, NaN) || (!row.some(Number.isNaN) && x === best(...row)));
        expect(argmax(wide(data)).toArray()).to.deep.equal(data.map((row) => first(row, Math.max)));
        expect(argmin(wide(data)).toArray()).to.deep.equal(data.map((row) => first(row, Math.min)));
      }),
    );
  });

  it('reduce any axis, and keep it with size 1 if wanted', () => {
    const x = wide([
      [3, 1],
      [2, 5],
      [4, 0],
    ]);
    expect(argmax(x, 0).toArray()).to.deep.equal([2, 1]);
    expect(argmax(x, 0, { keepDims: true }).toArray()).to.deep.equal([[2, 1]]);
    expect(argmin(x, 1).dtype).to.equal('float64');
  });

  it('reject an empty axis and a list of axes', () => {
    expect(failure(() => argmax(tensor([], { shape: [2, 0] })))).to.match(
      /^argmax: expected an axis with at least one element/,
    );
    expect(failure(() => argmax(wide([[1]]), [0, 1] as never))).to.match(/^argmax\.axis: expected one axis/);
  });
});

describe('argmax and argmin', () => {
  it('search the last axis unless told otherwise', () => {
    const x = tensor([
      [
        [3, 1, 2],
        [0, 5, 4],
      ],
      [
        [1, 1, 0],
        [2, 7, 7],
      ],
    ]);
    expect(argmax(x).toArray()).to.deep.equal([
      [0, 1],
      [0, 1],
    ]);
    expect(argmin(x).toArray()).to.deep.equal([
      [1, 0],
      [2, 0],
    ]);
    expect(argmin(x, 0).toArray()).to.deep.equal([
      [1, 0, 1],
      [0, 0, 0],
    ]);
  });
});
