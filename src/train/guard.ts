import { finite } from '../array/index.js';
import type { Gradients } from '../autograd/gradients.js';
import { arrayOf } from '../autograd/tape.js';
import { isOne } from '../demand.js';
import { NormtapeError } from '../error.js';
import { detectAnomaly } from '../nn/anomaly.js';
import type { Module } from '../nn/module.js';
import { type Demand, type Optimizer, demanding } from '../optim/optimizer.js';

/** What a step starts from: a loss, and gradients to step by. */
export interface Computed {
  readonly value: number;
  readonly gradients: Gradients;
}

/** An error that training stopped at because numbers were not finite any more. */
export const isDivergence = (error: unknown): error is NormtapeError =>
  isOne(isOurs, error) && divergences.has(error);

const isOurs = (error: unknown): error is NormtapeError => error instanceof NormtapeError;

const divergences = new WeakSet<NormtapeError>();

/**
 * One step of training that happens as a whole or not at all: where anything throws, the weights, the statistics and
 * the sources of randomness of the model are again what they were. Where a loss, a gradient or a weight is not
 * finite, throws an error that names the op that made it so. `clipped` changes finite gradients before the step.
 */
export function guardedStep<C extends Computed>(
  where: string,
  model: Module,
  optimizer: Optimizer<never>,
  compute: () => C,
  clipped?: (gradients: Gradients) => Gradients,
): C {
  const before = model.snapshot('weights', 'generators');
  try {
    const computed = compute();
    if (!isSound(computed)) {
      before.restore();
      throw diverged(firstAnomaly(where, model, compute));
    }
    const stepped = clipped ? { ...computed, gradients: clipped(computed.gradients) } : computed;
    if (clipped && !isSound(stepped)) throw diverged(noAnomaly(where));
    stepSoundly(where, model, optimizer, stepped.gradients);
    return stepped;
  } catch (error) {
    before.restore();
    throw error;
  } finally {
    before.release();
  }
}

const isSound = ({ value, gradients }: Computed): boolean =>
  Number.isFinite(value) && [...gradients].every(([, gradient]) => finite(arrayOf(gradient)));

/** Steps, unless that gives weights that are not finite: then neither model nor optimizer has changed. */
function stepSoundly(where: string, model: Module, optimizer: Optimizer<never>, gradients: Gradients): void {
  // The first forward pass may have built layers, whose weights no earlier snapshot holds.
  const before = model.snapshot('weights');
  const { rate } = optimizer;
  let isSeen = false;
  const demand: Demand = (values) => {
    isSeen = true;
    const bad = [...model.namedParameters()].find(([, one]) => !finite(values.get(one) ?? arrayOf(one)));
    if (!bad) return;
    const expected = 'finite weights after the step';
    const hint = 'A smaller learning rate may help. The weights are those before the step.';
    throw diverged({ where: `${where}: ${bad[0]}`, expected, received: `a rate of ${rate}`, hint });
  };
  try {
    demanding(optimizer, demand, () => optimizer.step(gradients));
    // An optimizer with a step of its own may have shown none.
    if (!isSeen) demand(new Map());
  } catch (error) {
    before.restore();
    throw error;
  } finally {
    before.release();
  }
}

/** Computes once more under watch, and says what was seen. */
function firstAnomaly(where: string, model: Module, compute: () => unknown): NormtapeError['report'] {
  try {
    detectAnomaly(compute, model);
  } catch (error) {
    if (!(error instanceof NormtapeError)) throw error;
    const hint = [error.report.hint, 'The model is as it was before the step.'].filter(Boolean).join(' ');
    return { ...error.report, where: `${where}: ${error.report.where}`, hint };
  }
  return noAnomaly(where);
}

function noAnomaly(where: string): NormtapeError['report'] {
  const hint = 'No op made it; look at what happens between them, such as clipping.';
  return { where, expected: 'finite gradients', received: 'others', hint };
}

function diverged(report: NormtapeError['report']): NormtapeError {
  const error = new NormtapeError(report);
  divergences.add(error);
  return error;
}
