import { NormtapeError } from '../../error.js';
import type { GraphOptimizer } from '../../io/graph/optimizer.js';
import type { GraphLoss } from '../../io/graph/trace.js';
import type { Extras } from '../../io/model/save.js';
import type { Module } from '../../nn/module.js';
import {
  Adagrad,
  Adam,
  AdamW,
  LAMB,
  Lion,
  Muon,
  NAdam,
  RAdam,
  RMSprop,
  SGD,
  binaryCrossEntropyWithLogits,
  crossEntropy,
  huber,
  meanAbsoluteError,
  meanSquaredError,
} from '../../index.js';
import type { Given } from './targets.js';

/** The losses of a training step by name. */
const LOSSES: Readonly<Record<string, { readonly loss: GraphLoss; readonly labels: boolean }>> = {
  crossEntropy: { loss: (y, target) => crossEntropy(y, target), labels: true },
  binaryCrossEntropyWithLogits: {
    loss: (y, target) => binaryCrossEntropyWithLogits(y, target),
    labels: false,
  },
  meanSquaredError: { loss: (y, target) => meanSquaredError(y, target), labels: false },
  meanAbsoluteError: { loss: (y, target) => meanAbsoluteError(y, target), labels: false },
  huber: { loss: (y, target) => huber(y, target), labels: false },
};

type Made = new (options: { readonly learningRate?: number; readonly names: Module }) => GraphOptimizer;

const OPTIMIZERS: Readonly<Record<string, Made>> = {
  SGD,
  Adam,
  AdamW,
  RMSprop,
  Adagrad,
  NAdam,
  RAdam,
  Lion,
  LAMB,
  Muon,
};

export const lossNames = Object.keys(LOSSES);
export const optimizerNames = Object.keys(OPTIMIZERS);

/** The flags of a training step. */
export interface TrainingFlags {
  readonly loss?: string;
  readonly optimizer?: string;
  readonly learningRate?: number;
  readonly clip?: number;
}

/** The loss and the optimizer of a training step; the optimizer goes on from the state in the file, if there is one. */
export function trainingOf(
  model: Module,
  extras: Extras,
  { loss, optimizer, learningRate, clip }: TrainingFlags,
): Given['training'] {
  if (loss === undefined) {
    const expected = `one of ${lossNames.join(', ')} for a training step`;
    throw new NormtapeError({ where: '--loss', expected, received: undefined });
  }
  const { [loss]: chosen } = LOSSES;
  if (optimizer === undefined) return { ...chosen!, optimizer: undefined, clip };
  const made = new OPTIMIZERS[optimizer]!({
    ...(learningRate !== undefined && { learningRate }),
    names: model,
  });
  const { optimizer: state } = extras;
  if (state !== undefined) made.loadStateDict(state as ReturnType<typeof made.stateDict>, model);
  return { ...chosen!, optimizer: made, clip };
}
