import { NormtapeError } from '../../error.js';
import { foldNormalization } from '../../models/fold.js';
import type { Module } from '../../nn/module.js';
import { fuseWeights } from '../../norms/normalize-weights.js';
import { loadModel } from '../model/load.js';
import { saveModel } from '../model/save.js';

/** A model that computes the same at inference with fewer operations, and how it came about. */
export interface FoldedCopy {
  readonly model: Module;
  /** What was folded, or why nothing was, in sentences. */
  readonly remarks: readonly string[];
}

/**
 * A copy of a model with norms of weights fused, and norms that are constant at inference folded; the model itself if it
 * cannot be copied.
 */
export function foldedCopy(model: Module): FoldedCopy {
  const copied = attempt(() => loadModel(saveModel(model)).model.eval());
  if (copied instanceof NormtapeError) return { model, remarks: [`Nothing is folded: ${reasonOf(copied)}.`] };
  const fused = attempt(() => fuseWeights(copied));
  const folded = attempt(() => foldNormalization(copied));
  const remarks = [
    ...(fused instanceof NormtapeError ? [] : ['Norms of weights are fused into their weights.']),
    ...(folded instanceof NormtapeError
      ? [`Nothing is folded: ${reasonOf(folded)}.`]
      : folded.map(({ norm, into }) => `${norm} is folded into ${into}.`)),
  ];
  return { model: copied, remarks };
}

const reasonOf = ({ report: { where, received } }: NormtapeError): string => `${where}: ${String(received)}`;

/** The result of f, or the error that says why there is none. */
function attempt<Y>(f: () => Y): Y | NormtapeError {
  try {
    return f();
  } catch (error) {
    if (error instanceof NormtapeError) return error;
    throw error;
  }
}
