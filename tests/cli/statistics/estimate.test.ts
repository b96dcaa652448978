import { expect } from 'chai';
import { sparkline } from '../../../src/cli/sparkline.js';
import { estimateOf, showEstimate } from '../../../src/cli/statistics/estimate.js';

describe('an estimate', () => {
  it('is a mean with half of Student’s 95 % interval', () => {
    expect(estimateOf([])).to.equal(undefined);
    expect(estimateOf([2])).to.deep.equal({ count: 1, mean: 2, reach: undefined });
    const { count, mean, reach } = estimateOf([1, 2, 3, 6])!;
    expect([count, mean]).to.deep.equal([4, 3]);
    expect(reach!).to.be.closeTo((3.18245 * Math.sqrt(14 / 3)) / 2, 1e-4);
  });

  it('is shown with two digits of its interval, and never as −0', () => {
    const show = (mean: number, reach?: number, signed = false): string =>
      showEstimate({ mean, reach }, 2, { factor: 100, signed });
    expect(show(0.9796, 0.0041)).to.equal('97.96 ± 0.41');
    expect(show(0.835, 0.578)).to.equal('84 ± 58');
    expect(show(0.9796, 0.041)).to.equal('98.0 ± 4.1');
    expect(show(0.5, 6.35)).to.equal('50 ± 635');
    expect(show(1, 0)).to.equal('100.00 ± 0.00');
    expect(show(0.9)).to.equal('90.00');
    expect(show(0.0077, 0.0068, true)).to.equal('+0.77 ± 0.68');
    expect(show(-0.0077, 0.068, true)).to.equal('−0.8 ± 6.8');
    expect(show(-0.00001, 0.004, true)).to.equal('0.00 ± 0.40');
    expect(showEstimate(undefined, 2)).to.equal('–');
  });
});

describe('a sparkline', () => {
  it('shows the means of equal shares between the limits', () => {
    expect(sparkline([0, 0, 7, 7, 3, 4], 3, [0, 7])).to.equal('▁█▅');
    expect(sparkline([1, 2], 8, [1, 2])).to.equal('▁█');
    expect(sparkline([5, 5, 5], 3, [5, 5])).to.equal('▁▁▁');
    expect(sparkline([NaN, 1], 2, [0, 1])).to.equal(' █');
    expect(sparkline([], 8, [0, 1])).to.equal('');
  });
});
