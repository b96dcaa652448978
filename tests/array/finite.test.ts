import { expect } from 'chai';
import fc from 'fast-check';
import { finite, fromFlat } from '../../src/array/index.js';

describe('finite', () => {
  it('sees every NaN and infinity, wherever it stands, and takes the largest numbers for what they are', () => {
    const anything = fc.oneof(fc.double(), fc.constantFrom(NaN, Infinity, -Infinity, Number.MAX_VALUE, -0));
    fc.assert(
      fc.property(fc.array(anything, { maxLength: 9 }), (numbers) => {
        const expected = numbers.every(Number.isFinite);
        expect(finite(fromFlat(Float64Array.from(numbers), [numbers.length]))).to.equal(expected);
      }),
    );
    const large = new Float64Array(8).fill(Number.MAX_VALUE);
    for (let i = 0; i < 8; i++) {
      expect(finite(fromFlat(large.with(i, NaN), [8]))).to.equal(false);
      expect(finite(fromFlat(large.with(i, -Infinity), [8]))).to.equal(false);
    }
    expect(finite(fromFlat(large, [8]))).to.equal(true);
  });
});
