import { expect } from 'chai';
import { inTerminal } from '../../../src/cli/report/table.js';
import { spreadOf } from '../../../src/cli/spread.js';
import { rankingOf } from '../../../src/cli/sweep/results.js';
import { rankingTable } from '../../../src/cli/sweep/table.js';
import type { Run } from '../../../src/cli/sweep/training.js';

const variants = ['none', 'a', 'b', 'c'].map((name) => ({ name, config: { type: name } }));

/** A run that ended with this accuracy and loss, or diverged. */
const run = (
  variant: string,
  stepMilliseconds: number,
  accuracy: number,
  loss: number,
  divergedIn?: number,
): Run => ({
  variant,
  seed: 1,
  epochs: [{ epoch: 0, trainLoss: undefined, trainAccuracy: undefined, accuracy, loss, layers: [] }],
  divergedIn,
  stepMilliseconds,
});

const runs = [
  run('none', 4, 0.8, 0.5),
  run('none', 2, 0.6, 0.7),
  run('a', 3, 0.9, 0.3),
  run('a', 9, 0.1, 9, 7),
  run('b', 4, 0, 0, 1),
  run('b', 4, 0, 0, 1),
  run('c', 1, 0.9, 0.2),
];

describe('the ranking', () => {
  it('goes by accuracy, then by loss, over the runs that did not diverge', () => {
    expect(rankingOf(variants, runs).map(({ variant }) => variant)).to.deep.equal(['c', 'a', 'none', 'b']);
  });

  it('counts diverged runs, keeps them out of the means, and times steps by the quietest run of none', () => {
    const [c, a, none, b] = rankingOf(variants, runs);
    expect(none!.accuracy!.mean).to.be.closeTo(0.7, 1e-12);
    expect(none!.accuracy!.deviation).to.be.closeTo(Math.SQRT1_2 / 5, 1e-12);
    expect(a).to.deep.include({ runs: 2, diverged: 1, relativeTime: 1.5, stepMilliseconds: 3 });
    expect(a!.accuracy).to.deep.equal({ mean: 0.9, deviation: undefined });
    expect(b).to.deep.include({ runs: 2, diverged: 2, accuracy: undefined, loss: undefined });
    expect(c!.relativeTime).to.equal(0.5);
  });

  it('leaves out what was never finished', () => {
    expect(rankingOf(variants, runs.slice(0, 3)).map(({ variant }) => variant)).to.deep.equal(['a', 'none']);
    expect(rankingOf(variants, [])).to.deep.equal([]);
  });

  it('is shown with what is unknown as a dash', () => {
    const shown = rankingTable(rankingOf(variants, runs));
    expect(shown.rows.map(({ cells }) => cells)).to.deep.equal([
      ['1', 'c', '90.00 %', '0.200', '0.50 ×', '–'],
      ['2', 'a', '90.00 %', '0.300', '1.50 ×', '1 of 2'],
      ['3', 'none', '70.00 ± 14.14 %', '0.600 ± 0.141', '1.00 ×', '–'],
      ['4', 'b', '–', '–', '2.00 ×', '2 of 2'],
    ]);
    expect(inTerminal(shown)).to.match(/│ 4 │ b +│ +– │ +– │ +2\.00 × │ +2 of 2 │/);
  });

  it('shows plain times where none was not trained', () => {
    expect(rankingTable(rankingOf(variants, [run('a', 3, 1, 0)])).rows[0]!.cells[4]).to.equal('3.00 ms');
  });
});

it('a spread is that of a sample', () => {
  expect(spreadOf([])).to.equal(undefined);
  expect(spreadOf([2])).to.deep.equal({ mean: 2, deviation: undefined });
  expect(spreadOf([1, 2, 3, 6])).to.deep.equal({ mean: 3, deviation: Math.sqrt(14 / 3) });
});
