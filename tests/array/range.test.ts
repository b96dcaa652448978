import { expect } from 'chai';
import fc from 'fast-check';
import {
  type Dtype,
  type NdArray,
  SHORT,
  areTame,
  balance,
  flat,
  fromSource,
  logOfShort,
  mul,
  ofShort,
  overShort,
  scale,
  shortEpsilon,
  variance,
  wideProduct,
} from '../../src/array/index.js';

const wide = (...numbers: number[]): NdArray => fromSource(Float64Array.from(numbers));
const narrow = (...numbers: number[]): NdArray => fromSource(Float32Array.from(numbers));
const close = (value: number, expected: number, relative = 1e-14): void =>
  void expect(Math.abs(value - expected)).to.be.at.most(relative * Math.abs(expected));

/** A number between 1 and 2, and the power of two that it is multiplied by. */
const sized = (min: number, max: number) =>
  fc.tuple(fc.double({ min: 1, max: 1.999, noNaN: true }), fc.integer({ min, max }));

describe('rescues from overflow', () => {
  it('balance sizes by powers of two: 1 from 2⁻⁵⁰⁰ to 2⁵⁰⁰, else as near to size 1 as 2⁻⁶⁰⁰ and 2⁹⁶⁰ bring them', () => {
    const unit = (size: number) => flat(balance(wide(size)))[0];
    fc.assert(
      fc.property(sized(-1022, 1023), ([m, k]) => {
        const isPlain = k >= -500 && (k < 500 || (k === 500 && m === 1));
        expect(unit(m * 2 ** k)).to.equal(isPlain ? 1 : 2 ** Math.max(-600, Math.min(960, -k)));
      }),
      { numRuns: 1000 },
    );
    expect([2 ** 500, 2 ** -500, 2 ** 501, 2 ** -501, 2 ** 1000, 2 ** -1074].map(unit)).to.deep.equal([
      ...[1, 1, 2 ** -501, 2 ** 501, 2 ** -600, 2 ** 960],
    ]);
  });

  it('compute with lengths in short units as with the lengths, also beyond the largest number', () => {
    fc.assert(
      fc.property(sized(-900, 1080), sized(-50, 0), ([m, k], [c, down]) => {
        const short = wide(m * 2 ** (k - 64));
        close(flat(logOfShort(short))[0]!, Math.log(m) + k * Math.LN2, 1e-12);
        close(
          flat(overShort(wide(c), short))[0]!,
          k > 1000 ? (c / m) * 2 ** -500 * 2 ** (500 - k) : c / (m * 2 ** k),
        );
        const factor = 2 ** (down - 60);
        const product = flat(ofShort(short, (length) => mul(length, wide(factor))))[0]!;
        close(product, m * 2 ** (k + down - 60));
      }),
    );
    expect(SHORT).to.equal(2 ** -64);
    expect([shortEpsilon(1), shortEpsilon(0)]).to.deep.equal([2 ** -128, Number.MIN_VALUE]);
  });

  it('multiply float32 in float64 if a product overflows, and only then', () => {
    const [a, b] = [narrow(2 ** 100, 3, 2 ** -100), narrow(2 ** 100, 5, 2 ** -40)];
    const made = wideProduct(a, b);
    expect([made.dtype, ...flat(made)]).to.deep.equal(['float64', 2 ** 200, 15, 2 ** -140]);
    const plain = wideProduct(narrow(3), narrow(5));
    expect([plain.dtype, ...flat(plain)]).to.deep.equal(['float32', 15]);
    const beyond = wideProduct(wide(2 ** 1000), wide(2 ** 1000));
    expect([beyond.dtype, ...flat(beyond)]).to.deep.equal(['float64', Infinity]);
  });

  it('call weights tame up to 2⁹⁶ and 2⁹⁶⁰, if all of them are', () => {
    for (const [dtype, most] of [
      ['float32', 2 ** 96],
      ['float64', 2 ** 960],
    ] as const) {
      const [tame, wild] = [wide(1, -most), wide(1, 1.0001 * most)];
      expect(areTame(dtype, [])).to.equal(true);
      expect(areTame(dtype, [undefined, tame])).to.equal(true);
      for (const weights of [[wild], [undefined, wild], [tame, wild], [wild, tame], [wide(NaN)]])
        expect(areTame(dtype, weights)).to.equal(false);
    }
  });

  it('give the variance and its gradient wherever the dtype holds them, though squares overflow', () => {
    const numbers = fc.array(fc.integer({ min: -9, max: 9 }), { minLength: 16, maxLength: 16 });
    for (const [dtype, exponent] of [
      ['float32', 61],
      ['float64', 509],
    ] as readonly (readonly [Dtype, number])[])
      fc.assert(
        fc.property(numbers, fc.integer({ min: 1, max: 9 }), (list, g) => {
          // One number far from all others, so that its square overflows, and the mean of all does not.
          const small = fromSource(Float64Array.of(...list.slice(1).map((n) => n / 16), 12.5), { dtype });
          const large = scale(small, 2 ** exponent);
          const [near, far] = [variance(small, 0), variance(large, 0)];
          close(flat(far.value)[0]!, flat(near.value)[0]! * 2 ** (2 * exponent), 1e-5);
          const gradient = fromSource([g], { shape: [1], dtype });
          const [slopes, steep] = [near.back(gradient), far.back(gradient)].map(flat);
          const most = Math.max(...slopes!.map(Math.abs));
          slopes!.forEach((slope, i) =>
            expect(Math.abs(steep![i]! * 2 ** -exponent - slope)).to.be.at.most(1e-5 * most),
          );
          // A gradient that the first factor takes beyond the largest number, and the second back.
          expect([...flat(far.back(scale(gradient, 2 ** -exponent)))].every(Number.isFinite)).to.equal(true);
        }),
      );
  });
});
