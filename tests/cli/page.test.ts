import { expect } from 'chai';
import { closed, stepAt } from '../../src/cli/page/steps.js';

describe('the steps that a page draws', () => {
  it('hold until the next, and the last as long as the one before it', () => {
    const line = (...values: (number | null)[]) => ({ name: 'some', values });
    expect(closed([1, 3], [line(5, 6), line(7, null)])).to.deep.equal([
      [1, 3, 5],
      [5, 6, 6],
      [7, null, null],
    ]);
    expect(closed([2], [line(4)])).to.deep.equal([
      [2, 3],
      [4, 4],
    ]);
  });

  it('are told by where they start, wherever the next does', () => {
    const at = (place: number, nearest: number) => stepAt([0, 1, 2], nearest, place);
    expect([at(0, 0), at(0.4, 0), at(0.6, 1), at(1, 1), at(2.4, 2), at(2.6, 3), at(3, 3)]).to.deep.equal([
      0, 0, 0, 1, 2, 2, 2,
    ]);
  });
});
