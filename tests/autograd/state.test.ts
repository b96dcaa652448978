import { expect } from 'chai';
import { readArray } from '../../src/autograd/state.js';
import { NormtapeError } from '../../src/error.js';
import { failure } from '../support/failure.js';

/** What f throws, itself. */
const thrown = (f: () => unknown): unknown => {
  try {
    f();
  } catch (error) {
    return error;
  }
  return 'no error';
};

describe('an array that is read in the name of an argument', () => {
  const short: readonly unknown[] = [1, 'a'];
  // Of a long list the shape is demanded before its numbers are read, of a short one afterwards.
  const long: readonly unknown[] = [...Array<number>(2000).fill(1), 'a'];

  it('is named by every error about its numbers', () => {
    for (const list of [short, long]) {
      let demanded = 0;
      expect(
        failure(() => readArray('weights', list as number[], 'float32', { demand: () => (demanded += 1) })),
      ).to.equal('weights: expected a number at depth 1, received "a".');
      expect(demanded).to.equal(list === long ? 1 : 0);
    }
  });

  it('leaves errors about its shape to the function that demands it', () => {
    const own = new NormtapeError({ where: 'own', expected: 'another shape', received: [2] });
    const demand = (): never => {
      throw own;
    };
    for (const list of [[1, 2], long])
      expect(thrown(() => readArray('weights', list as number[], 'float32', { demand }))).to.equal(own);
  });

  it('passes on errors that are not of the library', () => {
    const own = new RangeError('of the caller');
    const item = (): never => {
      throw own;
    };
    expect(thrown(() => readArray('weights', [1, 2], 'float32', { item }))).to.equal(own);
  });
});
