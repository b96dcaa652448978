import type { Dtype } from '../array/index.js';
import { type Tensor, demandTensor as demanded } from '../autograd/tape.js';
import { NormtapeError } from '../error.js';

/** Throws where the input of a layer is no tensor. */
export function demandTensor(where: string, x: unknown): asserts x is Tensor {
  demanded(where, x, 'Make one with tensor(…).');
}

/** Throws where the input of a layer has another dtype than the one that built it. */
export function demandDtype(where: string, x: Tensor, built: Dtype): void {
  if (x.dtype === built) return;
  const hint = `Bring the input over with cast('${built}').`;
  throw new NormtapeError({ where, expected: `an input of ${built}, as before`, received: x.dtype, hint });
}
