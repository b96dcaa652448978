import { synchronous } from '../autograd/promise.js';
import { noGrad } from '../autograd/recording.js';
import { demandFunction } from '../demand.js';
import { type Module, demandModule } from '../nn/module.js';
import type { Examples, Model } from './examples.js';

/**
 * Runs f with the model in evaluation, and lets each of its modules go back to the mode that it was in. Throws if f returns a
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

/** Throws if it is no module, such as a function or an object with forward alone. */
export const demandModel = (where: string, model: unknown): void => demandModule(`${where}: model`, model);

/** Gives a model that lacks weights its first sample to see, which changes nothing else. */
export function build<X, Y, P>(model: Model<X, P>, { pick }: Examples<X, Y>): void {
  if (!model.built) evaluating(model, () => noGrad(() => model.forward(pick(Int32Array.of(0)).features)));
}
