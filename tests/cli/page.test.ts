import { expect } from 'chai';
import { closed, stepAt } from '../../src/cli/page/steps.js';
import { rangeOf } from '../../src/cli/page/scale.js';
import { powerLabels, powersOf, ticksOf } from '../../src/cli/page/ticks.js';

describe('the steps in a chart', () => {
  it('hold until the next; the last is as wide as the one before it', () => {
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

  it('are found by their start, even if the start of the next is nearer', () => {
    const at = (place: number, nearest: number) => stepAt([0, 1, 2], nearest, place);
    expect([at(0, 0), at(0.4, 0), at(0.6, 1), at(1, 1), at(2.4, 2), at(2.6, 3), at(3, 3)]).to.deep.equal([
      0, 0, 0, 1, 2, 2, 2,
    ]);
  });
});

describe('the ticks of a logarithmic axis', () => {
  const ticks = (least: number, most: number) => powerLabels(ticksOf(least, most)).join(' ');

  it('are powers of ten, with 2 and 5 times them if those are few', () => {
    expect(ticks(-3, 1)).to.equal('0.001 0.01 0.1 1 10');
    expect(ticks(-0.2, 1.1)).to.equal('1 2 5 10');
    expect(ticks(0.3, 0.7)).to.equal('2 2.5 3 3.5 4 4.5 5');
    expect(ticks(Math.log10(0.151), Math.log10(0.176))).to.equal('0.155 0.16 0.165 0.17 0.175');
  });

  it('are at least two with different labels, however short the axis is and wherever it lies', () => {
    for (const least of [-12, -3.7, -0.01, 0, 0.3, 5.2, 30]) {
      for (const width of [1e-8, 1e-5, 0.0004, 0.003, 0.02, 0.1, 0.29, 0.5, 0.9, 1.4]) {
        const found = ticksOf(least, least + width);
        expect(found.length).to.be.within(2, 8);
        expect(new Set(powerLabels(found)).size).to.equal(found.length);
        for (const tick of found) expect(tick).to.be.within(least, least + width);
        const labels = powerLabels(found).map((label) => Math.log10(Number(label)));
        labels.forEach((label, i) => expect(label).to.be.closeTo(found[i]!, width / 20));
      }
    }
  });

  it('fit on an axis of values that are all equal', () => {
    for (const value of [0, -2, 3, 40]) {
      const [least, most] = rangeOf([{ name: 'flat', values: [value, value, null] }], 0);
      expect(least).to.be.below(value);
      expect(most).to.be.above(value);
      expect(ticksOf(least, most).length).to.be.at.least(2);
    }
    expect(rangeOf([{ name: 'none', values: [null] }], 0)).to.deep.equal([0, 1]);
  });

  it('stay few and equally spaced, wherever a diverging model goes', () => {
    expect(ticks(-1.3, 36.5)).to.equal('0.1 10000 1e+9 1e+14 1e+19 1e+24 1e+29 1e+34');
    for (let most = -2; most < 308; most++) expect(ticksOf(-3, most + 0.5).length).to.be.within(2, 8);
  });

  it('have labels as short as possible', () => {
    expect(
      [-3, Math.log10(0.5), 1.301029995663981, 4, 5, -4, 30].flatMap((power) => powerLabels([power])),
    ).to.deep.equal(['0.001', '0.5', '20', '10000', '1e+5', '1e-4', '1e+30']);
  });

  it('use logarithms of the values, with gaps for values that have none', () => {
    expect(powersOf([{ name: 'some', values: [100, 0, null, 1, -1] }])).to.deep.equal([
      { name: 'some', values: [2, null, null, 0, null] },
    ]);
  });
});
