import { expect } from 'chai';
import fc from 'fast-check';
import { Unbounded, broadcastTo, flat, fromFlat } from '../../src/array/index.js';

const SHAPE = [2, 3];

const arrays = (number: fc.Arbitrary<number>) =>
  fc
    .array(number, { minLength: 6, maxLength: 6 })
    .map((values) => fromFlat(Float64Array.from(values), SHAPE));

/** Numbers whose products and sums of a few stay in the range of float64. */
const moderate = arrays(
  fc
    .oneof(fc.constant(0), fc.double({ min: 2 ** -40, max: 2 ** 40, noNaN: true }))
    .chain((size) => fc.constantFrom(size, -size)),
);
const any = arrays(fc.double({ noNaN: true, noDefaultInfinity: true }));

/** The same, with room above for a rounding. */
const large = arrays(fc.double({ min: -1e300, max: 1e300, noNaN: true }));

const read = (a: Unbounded): number[] => [...flat(a.rounded('float64'))];

const close = (a: Unbounded, expected: readonly number[], size = expected.map(Math.abs)) =>
  read(a).forEach((value, i) => expect(Math.abs(value - expected[i]!)).to.be.at.most(2 ** -50 * size[i]!));

describe('numbers without bounds', () => {
  it('are the numbers of an array, at every magnitude', () => {
    fc.assert(
      fc.property(any, (a) => {
        expect(read(Unbounded.of(a))).to.deep.equal([...flat(a)]);
      }),
    );
  });

  it('are computed as float64 is, where that has room', () => {
    fc.assert(
      fc.property(moderate, moderate, (a, b) => {
        const [x, y] = [a, b].map(Unbounded.of) as [Unbounded, Unbounded];
        const [xs, ys] = [a, b].map((array) => [...flat(array)]) as [number[], number[]];
        const each = (f: (p: number, q: number) => number) => xs.map((p, i) => f(p, ys[i]!));
        expect(read(x.times(y))).to.deep.equal(each((p, q) => p * q));
        const sizes = each((p, q) => Math.abs(p) + Math.abs(q));
        close(
          x.plus(y),
          each((p, q) => p + q),
          sizes,
        );
        close(
          x.minus(y),
          each((p, q) => p - q),
          sizes,
        );
        close(x.times(x).root(), xs.map(Math.abs));
        if (ys.every((q) => q !== 0))
          close(
            x.over(y),
            each((p, q) => p / q),
          );
        const rows = [0, 1].map((i) => xs[3 * i]! + xs[3 * i + 1]! + xs[3 * i + 2]!);
        const most = [0, 1].map((i) => xs.slice(3 * i, 3 * i + 3).reduce((sum, p) => sum + Math.abs(p), 0));
        close(x.sumTo([2, 1]), rows, most);
      }),
    );
  });

  it('come back from far beyond the range of float64', () => {
    fc.assert(
      fc.property(large, large, (a, b) => {
        const [x, y] = [a, b].map(Unbounded.of) as [Unbounded, Unbounded];
        const far = x.times(y).times(y).times(y);
        const sizes = [...flat(a)].map(Math.abs);
        const back = far.over(y).over(y).over(y);
        const kept = [...flat(a)].map((value, i) => (flat(b)[i] === 0 ? NaN : value));
        read(back).forEach((value, i) => {
          if (Number.isNaN(kept[i])) expect(value).to.be.NaN;
          else expect(Math.abs(value - kept[i]!)).to.be.at.most(2 ** -48 * sizes[i]! + 2 ** -1074);
        });
        expect(read(x.times(x).root())).to.deep.equal(sizes);
        // A sum keeps what a larger part that cancels leaves.
        close(far.minus(far).plus(x), [...flat(a)]);
      }),
    );
  });

  it('are chosen, not multiplied by 0', () => {
    const a = fromFlat(Float64Array.of(NaN, Infinity, 1, -1, -Infinity, 2), SHAPE);
    const on = broadcastTo(fromFlat(Float64Array.of(0, 0, 1), [1, 3]), SHAPE);
    expect(read(Unbounded.of(a).only(on))).to.deep.equal([0, 0, 1, 0, 0, 2]);
  });

  it('keep NaN and infinities', () => {
    const a = Unbounded.of(fromFlat(Float64Array.of(NaN, Infinity, -Infinity, 1e300, 5e-324, 0), SHAPE));
    expect(read(a)).to.deep.equal([NaN, Infinity, -Infinity, 1e300, 5e-324, 0]);
    expect(read(a.plus(a))).to.deep.equal([NaN, Infinity, -Infinity, 2e300, 1e-323, 0]);
    expect(read(a.times(a))).to.deep.equal([NaN, Infinity, Infinity, Infinity, 0, 0]);
    expect(read(a.sumTo([2, 1]))).to.deep.equal([NaN, 1e300]);
  });
});
