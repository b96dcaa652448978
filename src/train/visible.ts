import type { Observer } from '../autograd/observers.js';
import { Parameter } from '../autograd/parameter.js';
import { type Entry, type Pulled, isTaped, observers } from '../autograd/tape.js';
import { NormtapeError } from '../error.js';
import type { Module } from '../nn/module.js';

const PLACES =
  'Layers must be in fields, or in arrays, Maps, Sets and plain objects of these: not in #private fields, and not in ' +
  'objects of classes that are no Module.';

/**
 * Runs f, a forward pass of the model on a tape, and checks that the model has something to train.
 *
 * @throws NormtapeError if f reads trainable parameters that the model does not find, or the model has none.
 */
export function demandVisible<Y>(where: string, model: Module, f: () => Y): Y {
  const read = new Set<Parameter>();
  const watcher: Observer<Entry, Pulled> = {
    recorded({ inputs }) {
      // What noGrad hides is not to be trained.
      if (!isTaped()) return;
      for (const input of inputs) if (input instanceof Parameter && input.trainable) read.add(input);
    },
    pulled: () => undefined,
  };
  const result = observers.with(watcher, f);
  const found = new Set(model.parameters());
  const hidden = [...read].filter((parameter) => !found.has(parameter));
  if (hidden.length > 0) {
    const expected = 'a model that finds every trainable parameter which its forward pass reads';
    const received = `${hidden.length} that it does not find, of the shapes ${JSON.stringify(hidden.map(({ shape }) => shape))}`;
    const hint = `${PLACES} freeze() or noGrad what is not to be trained.`;
    throw new NormtapeError({ where, expected, received, hint });
  }
  demandTrainable(where, model);
  return result;
}

/** Throws if the model has no trainable parameter. */
function demandTrainable(where: string, model: Module): void {
  const parameters = model.parameters();
  if (parameters.some(({ trainable }) => trainable)) return;
  const expected = 'a model with trainable parameters';
  const [received, hint] = parameters.length
    ? [`${parameters.length} parameters, all frozen`, 'unfreeze() lets a module be trained.']
    : ['0 parameters', PLACES];
  throw new NormtapeError({ where, expected, received, hint });
}
