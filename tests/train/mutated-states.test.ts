import { expect } from 'chai';
import { NormtapeError } from '../../src/error.js';
import { TinyTraining, formsOf } from '../fuzz/doors/training.js';
import { changedAt, pathsIn } from '../support/mutations.js';

/** Changes that no part of a state outside its arrays may undergo. */
const wrong: readonly unknown[] = ['abc', NaN, -1.5, 1e300, null, {}];

describe('a state with one part wrong', () => {
  const whole = new TinyTraining();
  whole.run(2);
  const other = new TinyTraining();
  other.run(1);
  // Within the second epoch.
  const plain = formsOf(whole.states[3]!)[1]!;
  const paths = pathsIn(plain).filter(
    ([part]) => part !== 'model' && part !== 'optimizer' && part !== 'average',
  );
  const before = other.bits();

  const refused = (state: unknown, what: string): void => {
    let error: unknown;
    try {
      other.run(2, state);
    } catch (caught) {
      error = caught;
    }
    expect(other.isStarted && error === undefined, `${what} was taken`).to.equal(false);
    expect(error, what).to.be.instanceOf(NormtapeError);
    expect(other.bits(), what).to.equal(before);
  };

  it('is rejected as a whole: a missing part', () => {
    for (const path of paths) {
      const [part, key] = path;
      if (path.length !== 2 || typeof key !== 'string') continue;
      const cut = changedAt(plain, [part!], (value) =>
        Object.fromEntries(Object.entries(value as object).filter(([name]) => name !== key)),
      );
      refused(cut, `${path.join('.')} left out`);
    }
    for (const part of Object.keys(plain)) {
      const rest = Object.fromEntries(Object.entries(plain).filter(([name]) => name !== part));
      refused(rest, `${part} left out`);
    }
  });

  it('is rejected as a whole: an unknown part', () => {
    for (const path of [
      [],
      ['plan'],
      ['place'],
      ['epochs', 0],
      ['generators'],
      ['callbacks'],
      ['callbacks', 'early_stopping'],
    ])
      refused(
        changedAt(plain, path, (value) => ({ ...(value as object), extra: 1 })),
        `${path.join('.')} with another part`,
      );
  });

  it('is rejected as a whole: a value that no training makes', () => {
    for (const path of [
      ...['samples', 'batchSize', 'accumulate', 'shuffle'].map((name) => ['plan', name]),
      ...['epoch', 'step', 'epochSeed', 'seen', 'seeds'].map((name) => ['place', name]),
      ['place', 'seeds', 0],
      ['epochs'],
      ['epochs', 0],
      ['epochs', 0, 'epoch'],
      ['epochs', 0, 'steps'],
      ['generators', 'dropout.random'],
      ['generators', 'dropout.random', 1],
      ['callbacks', 'early_stopping', 'waited'],
      ['callbacks', 'reduce_on_plateau', 'cooling'],
      ['callbacks', 'best_weights', 'weights', 'output.kernel'],
      ['optimizer', 'steps'],
      ['optimizer', 'output.kernel.steps'],
      ['model', 'output.kernel'],
      ['average', 'output.kernel'],
    ])
      for (const value of wrong) {
        if (path.join('.') === 'place.seen' && value === 1e300) continue;
        refused(
          changedAt(plain, path, () => value),
          `${path.join('.')}: ${String(value)}`,
        );
      }
    refused(
      changedAt(plain, ['plan', 'seed'], () => 'abc'),
      'a seed that is a word',
    );
    refused(
      changedAt(plain, ['generators', 'dropout.random'], () => [0, 0, 0, 0]),
      'a generator of zeros',
    );
    refused(
      changedAt(plain, ['place', 'seeds'], () => [0, 0, 0, 0]),
      'seeds of zeros',
    );
  });
});
