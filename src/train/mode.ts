import { synchronous } from '../autograd/promise.js';
import { noGrad } from '../autograd/recording.js';
import { demandFunction } from '../demand.js';
import { type Module, demandModule } from '../nn/module.js';
import type { Examples, Model } from './examples.js';

/**
 * Runs f with the model in evaluation mode, then restores the mode of each of its modules. Throws if f returns a
 * promise.
 */
export function evaluating<Y>(model: Module, f: () => Y): Y {
  demandModel('evaluating', model);
  demandFunction('evaluating', f);
  const modes = model.snapshot('modes');
  model.eval();
  try {
    return synchronous('evaluating', f(), 'The model goes back to its mode when f returns: await before it.');
  } finally {
    modes.restore();
  }
}

/** Throws if the model is not a module, such as a function, or an object that only has `forward`. */
export const demandModel = (where: string, model: unknown): void => demandModule(`${where}: model`, model);

/** Builds a model that lacks weights by its first sample; nothing else changes. */
export function build<X, Y, P>(model: Model<X, P>, { pick }: Examples<X, Y>): void {
  if (!model.built) evaluating(model, () => noGrad(() => model.forward(pick(Int32Array.of(0)).features)));
}
