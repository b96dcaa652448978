import { type NdArray, add, served } from '../array/index.js';
import { Gradients } from '../autograd/gradients.js';
import { Tensor, arrayOf } from '../autograd/tape.js';
import { type Wrt, valueAndGrad } from '../autograd/vjp.js';
import { NormtapeError } from '../error.js';
import { mul } from '../ops/catalog.js';

/** A part of a large batch: its loss, and the share of the samples that it holds. */
export interface Part {
  readonly loss: () => Tensor;
  readonly weight: number;
}

/**
 * Σ weight · loss over the parts, and its gradients, with the tape of one part at a time. Where losses are means, and
 * weights the shares of the samples, that is the mean over all samples, up to rounding; a batch_norm still sees each
 * part alone. `wrt` is as in `valueAndGrad`. Throws where there is no part.
 */
export function accumulateGradients(
  parts: Iterable<Part>,
  wrt?: Wrt,
): { readonly value: number; readonly gradients: Gradients } {
  const sums = new Map<Tensor, NdArray>();
  let value: number | undefined;
  for (const { loss, weight } of parts) {
    // A whole batch in one part is a plain step, to the last bit.
    const step = valueAndGrad(weight === 1 ? loss : () => mul(loss(), weight), wrt);
    value = (value ?? 0) + step.value.item();
    for (const [leaf, gradient] of step.gradients) {
      const sum = sums.get(leaf);
      const more = arrayOf(gradient);
      sums.set(leaf, sum ? add(sum, more) : more);
      if (sum) for (const array of [sum, more]) served(array);
    }
  }
  if (value === undefined) {
    throw new NormtapeError({ where: 'accumulateGradients', expected: 'at least one part', received: 0 });
  }
  const gradients = new Map([...sums].map(([leaf, sum]) => [leaf, new Tensor(sum)] as const));
  return { value, gradients: new Gradients(gradients) };
}
