import { NormtapeError } from '../error.js';
import { type Given, number, resolve } from '../option/index.js';
import type { Callback } from './callback.js';
import type { TrainingState } from './state.js';

const OPTIONS = {
  everyEpochs: number(1, 'After how many epochs a state is handed out.', {
    min: 1,
    whole: true,
    explore: [1, 5],
  }),
  everySteps: number(
    0,
    'After how many steps one is handed out as well, counted over all epochs; 0 for none.',
    {
      min: 0,
      whole: true,
      explore: [0, 100],
    },
  ),
};

/**
 * Calls `save` with the state to resume from, as `fit` takes it in `resume`: a checkpoint. A step with
 * numbers that are not finite is never part of one: the last checkpoint is sound. If validation throws after the
 * steps of an epoch, their state is saved before training ends. A `save` that returns a promise needs
 * `training` in `for await`, which waits for it; `fit` refuses it.
 */
export function checkpoints(
  save: (state: TrainingState) => unknown,
  given: Given<typeof OPTIONS> = {},
): Callback<string> {
  const where = 'checkpoints';
  const { everyEpochs, everySteps } = resolve(where, OPTIONS, given);
  if (typeof save !== 'function') {
    throw new NormtapeError({ where, expected: 'a function that saves a state', received: save });
  }
  return {
    name: 'checkpoints',
    settled(what, training) {
      const [every, count] =
        what === 'step' ? [everySteps, training.steps] : [everyEpochs, training.place.epoch];
      return every > 0 && count % every === 0 ? save(training.state()) : undefined;
    },
    fault: (_, training) => save(training.state()),
  };
}
