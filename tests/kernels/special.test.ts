import { expect } from 'chai';
import fc from 'fast-check';
import { erf, normalShare, sigmoid, softplus } from '../../src/kernels/index.js';
import { erfc } from '../../src/kernels/special.js';
import { wide } from '../../src/verify/exact/wide.js';

const U = 2 ** -53;
const numbers = fc.double({ min: -40, max: 40, noNaN: true });

/** x, erf x and erfc x, from arithmetic of 30 digits. */
const EXACT = [
  [1e-10, 1.1283791670955126e-10, 0.999999999887162],
  [0.125, 0.1403162048013338, 0.8596837951986662],
  [0.3, 0.3286267594591274, 0.6713732405408726],
  [0.4999, 0.5204119951613866, 0.4795880048386134],
  [0.5, 0.5204998778130465, 0.4795001221869535],
  [0.75, 0.7111556336535151, 0.28884436634648486],
  [1.0, 0.8427007929497149, 0.15729920705028513],
  [1.5, 0.9661051464753108, 0.033894853524689274],
  [2.5, 0.999593047982555, 0.0004069520174449589],
  [3.75, 0.9999998862727434, 1.1372725656979665e-7],
  [5.0, 0.9999999999984626, 1.537459794428035e-12],
  [8.5, 1.0, 2.7623240713337716e-33],
  [20.0, 1.0, 5.395865611607901e-176],
  [26.0, 1.0, 5.663192408856143e-296],
  // Between sixteenths, where what is left of x² has its part.
  [0.53, 0.5464640969351418, 0.4535359030648583],
  [0.7, 0.6778011938374184, 0.32219880616258156],
  [1.23, 0.9180501041267614, 0.08194989587323864],
  [2.47, 0.9995225657288812, 0.0004774342711188358],
  [3.3, 0.9999969422902035, 3.0577097964381654e-6],
  [6.61, 1.0, 8.936150684273651e-21],
  [10.07, 1.0, 5.089691661946994e-46],
  [25.47, 1.0, 4.065882881444202e-284],
] as const;

/** x and the share of the standard normal distribution up to it, from the same arithmetic. */
const SHARES = [
  [1, 0.8413447460685429],
  [2.3, 0.9892758899783242],
  [-0.1, 0.460172162722971],
  [-3, 0.0013498980316300946],
  [-10, 7.619853024160525e-24],
] as const;

describe('special functions', () => {
  it('erf and erfc are right up to the last few bits', () => {
    for (const [x, value, complement] of EXACT) {
      expect(Math.abs(erf(x) - value)).to.be.at.most(4 * U * Math.abs(value), `erf(${x})`);
      expect(Math.abs(erfc(x) - complement)).to.be.at.most(8 * U * complement, `erfc(${x})`);
    }
    expect([erf(Infinity), erf(-Infinity), erf(0), erf(-0)]).to.deep.equal([1, -1, 0, -0]);
    expect(erf(NaN)).to.be.NaN;
  });

  it('erf is within two units in the last place of exact arithmetic, also near 0', () => {
    const anywhere = fc.oneof(
      fc.double({ min: -6, max: 6, noNaN: true }),
      fc.double({ min: -0.01, max: 0.01, noNaN: true }),
    );
    fc.assert(
      fc.property(anywhere, (x) => {
        const exact = wide.number(wide.erf(wide.of(x)));
        expect(Math.abs(erf(x) - exact)).to.be.at.most(4 * U * Math.abs(exact) + Number.MIN_VALUE);
      }),
    );
  });

  it('the normal distribution function is right up to the rounding of x √½', () => {
    for (const [x, share] of SHARES)
      expect(Math.abs(normalShare(x) - share)).to.be.at.most((8 + x * x) * U * share, `at ${x}`);
  });

  it('erf is odd, and erf + erfc is 1', () => {
    fc.assert(
      fc.property(numbers, (x) => {
        expect(erf(-x)).to.equal(-erf(x));
        expect(erf(x) + erfc(x)).to.be.closeTo(1, 4 * U);
      }),
    );
  });

  it('sigmoid and the normal distribution function of x and −x sum to 1, and increase', () => {
    fc.assert(
      fc.property(numbers, numbers, (x, y) => {
        for (const f of [sigmoid, normalShare]) {
          expect(f(x) + f(-x)).to.be.closeTo(1, 4 * U);
          expect(f(Math.min(x, y))).to.be.at.most(f(Math.max(x, y)) * (1 + 16 * U));
        }
      }),
    );
    expect([sigmoid(-1000), sigmoid(1000), sigmoid(0)]).to.deep.equal([0, 1, 0.5]);
    expect(sigmoid(-740)).to.be.above(0);
  });

  it('softplus(x) is x + softplus(−x), and never overflows', () => {
    fc.assert(
      fc.property(numbers, (x) => {
        expect(softplus(x) - softplus(-x)).to.be.closeTo(x, 80 * U);
        expect(softplus(x)).to.be.above(0);
      }),
    );
    expect([softplus(1e300), softplus(-1e300)]).to.deep.equal([1e300, 0]);
  });
});
