import { expect } from 'chai';
import { digits } from '../../src/data/index.js';

const raw = digits({ scaled: false });
const inks = raw.features.value.data;

describe('the digits', () => {
  it('unpack to every pixel and label of the source', () => {
    expect(raw.features.shape).to.deep.equal([1797, 64]);
    expect(raw.features.dtype).to.equal('float32');
    const histogram = Array.from({ length: 17 }, () => 0);
    for (const ink of inks) histogram[ink]! += 1;
    expect(histogram).to.deep.equal([
      56272, 4095, 3296, 2944, 3261, 2803, 2559, 2627, 3464, 2585, 2711, 2845, 3668, 3509, 3609, 4304, 10456,
    ]);
    const counts = Array.from({ length: 10 }, () => 0);
    for (const label of raw.labels) counts[label]! += 1;
    expect(counts).to.deep.equal([178, 182, 177, 183, 181, 182, 181, 179, 174, 180]);
    // This sum depends on the order: it is the same for the lines of the source, read from left to right.
    expect([...inks].reduce((sum, ink) => (sum * 31 + ink) % 1000003, 0)).to.equal(231991);
  });

  it('end with an eight', () => {
    expect(raw.labels.at(-1)).to.equal(8);
    const rows = Array.from({ length: 8 }, (_, y) => [...inks.slice(-64 + 8 * y, inks.length - 56 + 8 * y)]);
    expect(rows).to.deep.equal([
      [0, 0, 10, 14, 8, 1, 0, 0],
      [0, 2, 16, 14, 6, 1, 0, 0],
      [0, 0, 15, 15, 8, 15, 0, 0],
      [0, 0, 5, 16, 16, 10, 0, 0],
      [0, 0, 12, 15, 15, 12, 0, 0],
      [0, 4, 16, 6, 4, 16, 6, 0],
      [0, 8, 16, 10, 8, 16, 8, 0],
      [0, 1, 8, 12, 14, 12, 1, 0],
    ]);
  });

  it('run from 0 to 1 by default', () => {
    expect([...digits().features.value.data]).to.deep.equal([...inks].map((ink) => ink / 16));
  });

  it('reject unknown options', () => {
    expect(() => digits({ scale: true } as object)).to.throw(
      'digits: expected one of the options scaled, received "scale". Did you mean scaled?',
    );
  });
});
