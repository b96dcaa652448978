import fc from 'fast-check';
import { NormtapeError } from '../../../src/error.js';
import { mutated, mutations } from '../../support/mutations.js';
import { door } from '../door.js';
import { TinyTraining, formsOf } from './training.js';

const whole = new TinyTraining();
whole.run(2);
const { model, optimizer, average } = whole;
type Load = (state: never) => void;
const loads: readonly { readonly name: string; readonly forms: readonly unknown[]; readonly load: Load }[] = [
  {
    name: 'Module',
    forms: formsOf(model.stateDict()),
    load: (state) => model.loadStateDict(state),
  },
  {
    name: 'Module, not strict',
    forms: formsOf(model.stateDict()),
    load: (state) => model.loadStateDict(state, { strict: false }),
  },
  {
    name: 'Optimizer',
    forms: formsOf(optimizer.stateDict(model)),
    load: (state) => optimizer.loadStateDict(state, model),
  },
  {
    name: 'average',
    forms: formsOf(average.stateDict()),
    load: (state) => average.loadStateDict(state),
  },
];
const inputs = loads.flatMap(({ name, forms, load }) => forms.map((form) => ({ name, form, load })));

/** The door of changed states of modules, optimizers and averages: a rejected state must change nothing. */
export const state = door({
  name: 'state',
  input: fc
    .tuple(fc.constantFrom(...inputs), fc.array(mutations, { minLength: 1, maxLength: 2 }))
    .map(([{ name, form, load }, changes]) => ({
      words: `${name}: ${mutated(form, changes).words}`,
      state: () => mutated(form, changes).state,
      load,
    })),
  enter({ state, load, words }) {
    const given = state();
    const before = whole.bits();
    try {
      load(given as never);
    } catch (error) {
      if (error instanceof NormtapeError && whole.bits() !== before)
        throw new Error(`refused, but something has changed: ${words}`, { cause: error });
      throw error;
    }
  },
});
