import { Parameter } from '../autograd/parameter.js';
import { type Observer, type Tensor, isTaped, withObserver } from '../autograd/tape.js';
import { NormtapeError } from '../error.js';
import type { Weighed } from '../nn/losses/weight.js';
import type { Module } from '../nn/module.js';

const PLACES =
  'Layers must be in fields, or in arrays, Maps, Sets and plain objects of these: not in #private fields, and not in ' +
  'objects of classes that do not extend Module.';

/**
 * Runs a forward pass and the loss on a tape, and checks that the model has trainable parameters and the loss depends
 * on one.
 *
 * @throws NormtapeError if the pass reads trainable parameters that the model does not find, if the model has none,
 * or if the loss depends on none.
 */
export function demandVisible<P>(
  where: string,
  model: Module,
  forward: () => P,
  lossOf: (predictions: P) => Weighed<Tensor>,
): Weighed<Tensor> {
  const read = new Set<Parameter>();
  // Trainable parameters, and tensors that depend on them.
  const reached = new Set<Tensor>();
  const watcher: Observer = {
    recorded({ op, inputs, outputs }) {
      // Parameters inside noGrad are not to be trained.
      if (!isTaped()) return;
      for (const input of inputs) if (input instanceof Parameter && input.trainable) read.add(input);
      const leads = inputs.some(
        (input) => reached.has(input) || (input instanceof Parameter && input.trainable),
      );
      // stopGradient passes no gradient to its input.
      if (leads && op !== 'stopGradient') for (const output of outputs) reached.add(output);
    },
    pulled: () => undefined,
  };
  const predictions = withObserver(watcher, forward);
  const found = new Set(model.parameters());
  const hidden = [...read].filter((parameter) => !found.has(parameter));
  if (hidden.length > 0) {
    const expected = 'a model that finds every trainable parameter that its forward pass reads';
    const received = `${hidden.length} that it does not find, with the shapes ${JSON.stringify(hidden.map(({ shape }) => shape))}`;
    const hint = `${PLACES} Use freeze() or noGrad for parameters that should not be trained.`;
    throw new NormtapeError({ where, expected, received, hint });
  }
  demandTrainable(where, model);
  const measured = withObserver(watcher, () => lossOf(predictions));
  if (reached.has(measured.value) || measured.value instanceof Parameter) return measured;
  throw new NormtapeError({
    where: `${where}.loss`,
    expected: 'a loss that ops computed from the predictions',
    received: 'a loss that depends on no parameter',
    hint: 'Numbers read with item() or toArray(), stopGradient and noGrad stop gradients.',
  });
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
