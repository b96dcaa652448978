import { type NdArray, add, deferFree, scale } from '../array/index.js';
import { Gradients } from '../autograd/gradients.js';
import { Tensor, arrayOf } from '../autograd/tape.js';
import { type Wrt, valueAndGrad } from '../autograd/vjp.js';
import { demand, isIterable } from '../demand.js';
import { NormtapeError } from '../error.js';
import { type Weight, type WeightedLoss, weigh } from '../nn/losses/weight.js';
import { mul } from '../ops/catalog.js';

/** A part of a large batch. */
export interface Part {
  /** The loss of the part: a tensor of rank 0, alone or with the weight of the part. */
  readonly loss: () => Tensor | WeightedLoss;
  /** The factor of its loss. By default: the samples that the loss counts, as a share of those of all parts. */
  readonly weight?: number | undefined;
  /** The number of samples, for a loss that does not say how many it counts. Default: 1. */
  readonly samples?: number | undefined;
}

const isPart = (part: unknown): part is Part => {
  const { loss, weight, samples } = part as Part;
  const isCount = (count: unknown): boolean => count === undefined || Number.isFinite(count);
  return typeof loss === 'function' && isCount(weight) && isCount(samples);
};

/** The loss of a large batch, its gradients, and its weight among batches. */
export interface Accumulated {
  readonly value: number;
  readonly gradients: Gradients;
  /** The sum of the weights of the parts; 'sum' if their losses are sums, which add up. */
  readonly weight: Weight;
}

/**
 * The loss of a large batch and its gradients, with the tape of one part at a time: Σ weight · loss if the parts state
 * weights, else Σ count · loss / Σ count, where a loss of the library says how many samples it counts. That is the mean
 * over all samples that count, up to rounding; a batch_norm still sees each part alone. `wrt` is as in `valueAndGrad`.
 *
 * @throws NormtapeError if there is no part, or some parts state a weight and others do not.
 */
export function accumulateGradients(parts: Iterable<Part>, wrt?: Wrt): Accumulated {
  const where = 'accumulateGradients';
  demand(where, 'a list of parts', isIterable, parts);
  const total = new Total();
  // Counts are taken in units of the first, so that numbers stay near those of a single part.
  let unit: number | undefined;
  let weight = 0 as Weight;
  let empty: Accumulated | undefined;
  let stated: boolean | undefined;
  for (const part of parts) {
    demand(where, 'parts { loss, weight, samples } of a function and numbers', isPart, part);
    const own = part.weight !== undefined;
    if ((stated ??= own) !== own) {
      throw new NormtapeError({
        where,
        expected: 'a weight for every part, or for none',
        received: part.weight,
      });
    }
    let count = 0 as Weight;
    let factor = 1;
    const isEmpty = (share: number): boolean => !own && share === 0;
    const weighed = (): Tensor => {
      const found = weigh<Tensor>(where, part.samples ?? 1, part.loss);
      count = found.weight;
      if (count !== 'sum' && count > 0) unit ??= count;
      factor = part.weight ?? (count === 'sum' ? 1 : count / (unit ?? 1));
      // A whole batch in one part is a plain step, to the last bit; so is a part that counts nothing.
      return factor === 1 || isEmpty(factor) ? found.value : mul(found.value, factor);
    };
    const { value, gradients } = valueAndGrad(weighed, wrt);
    weight = count === 'sum' || weight === 'sum' ? 'sum' : weight + count;
    if (isEmpty(factor)) empty ??= { value: value.item(), gradients, weight: 0 };
    else total.add(value.item(), gradients);
  }
  if (stated === undefined) throw new NormtapeError({ where, expected: 'at least one part', received: 0 });
  if (total.empty) return empty!;
  const divisor = stated || weight === 'sum' ? 1 : weight / (unit ?? 1);
  return { ...total.dividedBy(divisor), weight };
}

/** Sums of losses and of gradients. */
class Total {
  #value = 0;
  readonly #sums = new Map<Tensor, NdArray>();
  readonly #intermediate = new Map<Tensor, NdArray>();
  empty = true;

  add(value: number, gradients: Gradients): void {
    this.empty = false;
    this.#value += value;
    for (const [tensor, gradient] of gradients.intermediate)
      this.#intermediate.set(tensor, arrayOf(gradient));
    for (const [leaf, gradient] of gradients) {
      const sum = this.#sums.get(leaf);
      const more = arrayOf(gradient);
      this.#sums.set(leaf, sum ? add(sum, more) : more);
      if (sum) for (const array of [sum, more]) deferFree(array);
    }
  }

  dividedBy(divisor: number): { readonly value: number; readonly gradients: Gradients } {
    const quotient = (sum: NdArray): Tensor => {
      if (divisor === 1) return new Tensor(sum);
      const mean = scale(sum, 1 / divisor);
      deferFree(sum);
      return new Tensor(mean);
    };
    const quotients = (sums: ReadonlyMap<Tensor, NdArray>): ReadonlyMap<Tensor, Tensor> =>
      new Map([...sums].map(([tensor, sum]) => [tensor, quotient(sum)] as const));
    const gradients = new Gradients(quotients(this.#sums), quotients(this.#intermediate));
    return { value: this.#value / divisor, gradients };
  }
}
