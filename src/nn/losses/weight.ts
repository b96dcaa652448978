import { ignoreRejection } from '../../autograd/promise.js';
import { Tensor } from '../../autograd/tape.js';
import { ContextVariable } from '../../context.js';
import { NormtapeError } from '../../error.js';

/** The weight of a batch relative to other batches: the divisor of its mean; or 'sum' if it is a sum, so that batches add up. */
export type Weight = number | 'sum';

/** How the loss or metric of a batch combines its samples, for a mean over several batches. */
export interface Reduction {
  readonly weight: Weight;
  /** Whether samples can be left out, so that the count need not be in proportion to the size of the batch. */
  readonly partial: boolean;
}

/** The loss of a batch, and its weight relative to other batches: for a mean, the number of samples that it divides by. */
export interface WeightedLoss {
  readonly loss: Tensor;
  readonly weight: Weight;
}

const reductions = new WeakMap<Tensor, Reduction>();
const reduced = new ContextVariable<Reduction[] | undefined>('weighing', undefined);

/** Records how a loss, or a metric if there is not a tensor, was reduced. */
export function noteReduction(reduction: Reduction, loss?: Tensor): void {
  if (loss) reductions.set(loss, reduction);
  reduced.value?.push(reduction);
}

/** Whether the weight of a batch is being computed, so that a batch of weight 0 is ignored. */
export const isWeighing = (): boolean => reduced.value !== undefined;

/** The value of a batch, and the weight that it has among the values of other batches. */
export interface Weighed<V> {
  readonly value: V;
  readonly weight: Weight;
}

/**
 * Runs f, the loss or a metric of one batch of `samples`, and finds the weight of what it returns: the weight stated in
 * `{ loss, weight }` or `{ value, weight }`; else the count that its losses or metrics divided by, if they agree; else
 * the number of samples. Throws if several of them leave out different samples, since no single weight is right then.
 */
export function weigh<V extends Tensor | number>(
  where: string,
  samples: number,
  f: () => V | WeightedLoss | Weighed<V>,
): Weighed<V> {
  const made: Reduction[] = [];
  return reduced.run(made, () => {
    const returned = f();
    if (typeof returned === 'number' || returned instanceof Tensor) {
      return { value: returned, weight: weightOf(where, samples, returned, made) };
    }
    return stated(where, returned);
  });
}

/** The loss of a batch of `samples` and its weight, as `weigh` finds it; throws if it is not a tensor of size 1. */
export function weighLoss(samples: number, f: () => Tensor | WeightedLoss): Weighed<Tensor> {
  const found = weigh<Tensor>('loss', samples, f);
  const loss: unknown = found.value;
  if (loss instanceof Tensor && loss.size === 1) return found;
  const hint =
    loss instanceof Tensor
      ? "Take the mean, or leave out reduction: 'none'."
      : 'Return the tensor itself, without item(): gradients lead back through it.';
  const received = loss instanceof Tensor ? loss.shape : loss;
  throw new NormtapeError({ where: 'loss', expected: 'a tensor of size 1', received, hint });
}

function weightOf(
  where: string,
  samples: number,
  value: Tensor | number,
  made: readonly Reduction[],
): Weight {
  const own = value instanceof Tensor ? reductions.get(value) : undefined;
  if (own) return own.weight;
  const [first, ...others] = made;
  if (!first) return samples;
  if (others.every(({ weight }) => weight === first.weight) && !disagree(made)) return first.weight;
  if (!made.some(({ partial }) => partial)) return samples;
  const counts = made.map(({ weight }) => weight).join(', ');
  throw new NormtapeError({
    where,
    expected: 'losses of one batch that count the same samples',
    received: counts,
    hint: 'Return { loss, weight }, where weight says how much this batch counts relative to other batches.',
  });
}

/** Whether some leave samples out and others do not, so that their counts agree only by chance. */
const disagree = (made: readonly Reduction[]): boolean =>
  made.some(({ partial }) => partial !== made[0]!.partial);

function stated<V>(where: string, returned: unknown): Weighed<V> {
  const { loss, value, weight } = (returned ?? {}) as { loss?: unknown; value?: unknown; weight?: unknown };
  const found = loss ?? value;
  const isValue = typeof found === 'number' || found instanceof Tensor;
  const isWeight = weight === 'sum' || (typeof weight === 'number' && weight >= 0 && weight < Infinity);
  if (isValue && isWeight) return { value: found as V, weight };
  const expected = "a tensor, or { loss, weight } with a finite weight from 0, or 'sum'";
  throw new NormtapeError({ where, expected, received: isValue ? weight : ignoreRejection(returned) });
}
