import { expect } from 'chai';
import { Tuning, demandValues, grid } from '../../../src/cli/experiment/tuning.js';

const candidates = [
  { method: 'a', choice: 0.1 },
  { method: 'a', choice: 0.2 },
  { method: 'a', choice: 0.4 },
  { method: 'b', choice: 0.1 },
];

/** Runs all trials with these scores. */
function tuned(scores: Readonly<Record<number, number>>) {
  const tuning = new Tuning(candidates);
  const trials = tuning.trials(
    ({ method, choice }) => `${method} ${choice}`,
    function* ({ choice }) {
      yield { share: 0.5 };
      return scores[choice]!;
    },
  );
  for (const trial of trials) expect([...trial.run()]).to.deep.equal([{ share: 0.5 }]);
  return { tuning, names: trials.map(({ name }) => name) };
}

describe('a choice by validation data', () => {
  it('tries methods with several candidates, and takes the best', () => {
    const { tuning, names } = tuned({ 0.1: -3, 0.2: -1, 0.4: -2 });
    expect(names).to.deep.equal(['a 0.1', 'a 0.2', 'a 0.4']);
    expect([tuning.chosen('a'), tuning.chosen('b')]).to.deep.equal([0.2, 0.1]);
    expect(tuning.tried).to.deep.equal([
      { method: 'a', choice: 0.1, score: -3 },
      { method: 'a', choice: 0.2, score: -1 },
      { method: 'a', choice: 0.4, score: -2 },
    ]);
  });

  it('takes the first of equals, and never a diverged candidate if another finished', () => {
    expect(tuned({ 0.1: -1, 0.2: -1, 0.4: -1 }).tuning.chosen('a')).to.equal(0.1);
    expect(tuned({ 0.1: -Infinity, 0.2: -Infinity, 0.4: -9 }).tuning.chosen('a')).to.equal(0.4);
    expect(new Tuning(candidates).chosen('a')).to.equal(0.1);
  });

  it('combines every value with every other', () => {
    expect(grid({ rate: [1, 2], scale: [3, 4] })).to.deep.equal([
      { rate: 1, scale: 3 },
      { rate: 1, scale: 4 },
      { rate: 2, scale: 3 },
      { rate: 2, scale: 4 },
    ]);
  });

  it('rejects lists that are empty or repeat a value', () => {
    for (const values of [[], [1, 2, 1]]) {
      expect(() => demandValues('--rates', values)).to.throw(
        `--rates: expected one or more numbers, each once, received ${JSON.stringify(values)}.`,
      );
    }
    expect(() => demandValues('--rates', [2, 1])).not.to.throw();
  });
});
