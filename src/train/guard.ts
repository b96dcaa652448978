import { finite } from '../array/index.js';
import type { Gradients } from '../autograd/gradients.js';
import { arrayOf } from '../autograd/tape.js';
import { isOne } from '../demand.js';
import { NormtapeError } from '../error.js';
import { detectAnomaly } from '../nn/anomaly.js';
import type { Module } from '../nn/module.js';
import { type Demand, type Optimizer, demanding } from '../optim/optimizer.js';

/** The loss of a step and its gradients. */
export interface Computed {
  readonly value: number;
  readonly gradients: Gradients;
}

/** Whether an error says that training diverged: that a number was no longer finite. */
export const isDivergence = (error: unknown): error is NormtapeError =>
  isOne(isOurs, error) && divergences.has(error);

const isOurs = (error: unknown): error is NormtapeError => error instanceof NormtapeError;

const divergences = new WeakSet<NormtapeError>();

/**
 * Makes one training step as a whole or not at all: if anything throws, the weights, the running statistics and
 * the random generators of the model are restored. If a loss, a gradient or a weight is not
 * finite, throws an error that names the op that made it. `clipped` changes finite gradients before the step.
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

/** Makes the step of the optimizer. If it gives weights that are not finite, throws, and changes neither model nor optimizer. */
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
    const hint = 'A smaller learning rate may help. The weights are as they were before the step.';
    throw diverged({ where: `${where}: ${bad[0]}`, expected, received: `a rate of ${rate}`, hint });
  };
  try {
    demanding(optimizer, demand, () => optimizer.step(gradients));
    // An optimizer with its own step may have shown none.
    if (!isSeen) demand(new Map());
  } catch (error) {
    before.restore();
    throw error;
  } finally {
    before.release();
  }
}

/** Computes again while watching for the first number that is not finite; returns the report of the error. */
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
  const hint = 'No op made these numbers; look at the code that changes gradients, such as clipping.';
  return { where, expected: 'finite gradients', received: 'gradients that are NaN or infinite', hint };
}

function diverged(report: NormtapeError['report']): NormtapeError {
  const error = new NormtapeError(report);
  divergences.add(error);
  return error;
}
