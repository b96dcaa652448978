import fc from 'fast-check';
import { NormtapeError } from '../../../src/error.js';
import { mutated, mutations } from '../../support/mutations.js';
import { door } from '../door.js';
import { TinyTraining, formsOf } from './training.js';

const EPOCHS = 2;
const whole = new TinyTraining();
whole.run(EPOCHS);
const states = whole.states.flatMap((state) => formsOf(state));
const other = new TinyTraining();
other.run(1);

/** The door of changed training states: a rejected state must change nothing. */
export const resume = door({
  name: 'resume',
  input: fc
    .tuple(fc.constantFrom(...states), fc.array(mutations, { minLength: 1, maxLength: 2 }))
    .map(([state, changes]) => {
      const { words } = mutated(state, changes);
      return { words, state: () => mutated(state, changes).state };
    }),
  enter({ state, words }) {
    const given = state();
    if (given === undefined) return;
    const before = other.bits();
    try {
      other.run(EPOCHS, given);
    } catch (error) {
      if (error instanceof NormtapeError && !other.isStarted && other.bits() !== before)
        throw new Error(`refused, but something has changed: ${words}`, { cause: error });
      throw error;
    }
  },
});
