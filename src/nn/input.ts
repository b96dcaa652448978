import { type Dtype, type Shape, demandShape, knownDtype } from '../array/index.js';
import { type Tensor, demandTensor as demanded } from '../autograd/tape.js';
import { NormtapeError } from '../error.js';
import { plain } from '../option/index.js';

/** Throws if the input of a layer is not a tensor. */
export function demandTensor(where: string, x: unknown): asserts x is Tensor {
  demanded(where, x, 'Make one with tensor(…).');
}

/** Throws if the input of a layer has another dtype than the one that built it. */
export function demandDtype(where: string, x: Tensor, built: Dtype): void {
  if (x.dtype === built) return;
  const hint = `Convert the input with cast('${built}').`;
  throw new NormtapeError({ where, expected: `an input of ${built}, as before`, received: x.dtype, hint });
}

/** The options of `build`, besides the shape of the input. */
export interface BuildOptions {
  /** The dtype of the weights. Default: float32. */
  readonly dtype?: Dtype;
}

/** The dtype to build a layer in; throws if the shape of the input or an option is wrong. */
export function readBuild(where: string, input: Shape, given: BuildOptions): Dtype {
  demandShape(`${where}.build`, input);
  const { dtype = 'float32' } = plain(`${where}.build`, given);
  return knownDtype(`${where}.build: dtype`, dtype);
}
