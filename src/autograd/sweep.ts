import { type NdArray, escape, isNdArray, runIn, sameShape } from '../array/index.js';
import { NormtapeError } from '../error.js';
import { Gradients } from './gradients.js';
import { ignoreRejection } from './promise.js';
import { noGrad } from './recording.js';
import type { Pulled } from './rule.js';
import { type Slots, assignSlots } from './slots.js';
import { GradientSums, zeros } from './sums.js';
import { type Entry, Tensor, isKept, pullThrough } from './tape.js';

/** A backward pass: over which entries, and from which gradients of which outputs. */
export interface Sweep {
  /** From the first entry to the last. */
  readonly entries: Entry[];
  readonly outputs: readonly Tensor[];
  /** A gradient of each output. */
  seeds(): readonly NdArray[];
  /** Whether the gradient of a leaf is wanted. Default: of every leaf. */
  wanted?(leaf: Tensor): boolean;
  /** Called with every entry once no pullback needs it any more; each is then removed from the list before. */
  readonly passed?: ((entry: Entry) => void) | undefined;
}

/**
 * The backward pass: walks from the last entry to the first, and accumulates the gradients that each pulls back. The
 * gradient of an intermediate tensor is released once its entry has pulled it back; those of leaves are returned.
 */
export function sweep({ entries, outputs, seeds, wanted = () => true, passed }: Sweep): Gradients {
  const slots = assignSlots(entries, outputs, wanted);
  const sums = new GradientSums(slots.needed.length);
  const kept = new Map<Tensor, NdArray>();
  const walk = (): void => {
    seeds().forEach((seed, i) => sums.accumulate(slots.results[i]!, seed));
    let [firstOutput, firstInput] = [slots.outputs.length, slots.inputs.length];
    for (let i = entries.length - 1; i >= 0; i--) {
      const entry = entries[i]!;
      if (passed) entries.pop();
      firstOutput -= entry.outputs.length;
      firstInput -= entry.inputs.length;
      const incoming = sums.take(entry.outputs, slots.outputs, firstOutput);
      if (incoming) {
        if (slots.intermediate.length > 0) keepCopies(entry, incoming);
        pullBack(sums, slots, entry, incoming, firstInput);
        sums.release(incoming);
      }
      passed?.(entry);
    }
  };
  const keepCopies = ({ outputs: made }: Entry, incoming: readonly NdArray[]): void => {
    for (const [k, output] of made.entries())
      if (isKept(output)) kept.set(output, sums.retainCopy(incoming[k]!));
  };
  try {
    const [leaves, intermediate] = runIn(sums.region, () => {
      noGrad(walk);
      return [
        slots.leaves.map(([leaf, slot]) => [leaf, sums.of(leaf, slot)] as const),
        slots.intermediate.map((tensor) => [tensor, kept.get(tensor) ?? zeros(tensor)] as const),
      ];
    });
    for (const [, gradient] of [...leaves, ...intermediate]) escape(gradient, sums.region);
    return new Gradients(tensorsOf(leaves), tensorsOf(intermediate));
  } finally {
    sums.region.free();
  }
}

/** Pulls the gradients of an entry's outputs back to its inputs, whose slots begin at `first`, if any of them is needed. */
function pullBack(
  sums: GradientSums,
  { inputs, needed }: Slots,
  entry: Entry,
  incoming: readonly NdArray[],
  first: number,
): void {
  const needs = Array<boolean>(entry.inputs.length);
  let some = false;
  for (let k = 0; k < needs.length; k++) {
    const need = needed[inputs[first + k]!]!;
    needs[k] = need;
    some ||= need;
  }
  if (!some) return;
  const from = sums.region.mark;
  const pulled = demandEach(entry, pullThrough(entry, incoming, needs));
  for (let k = 0; k < needs.length; k++) {
    const gradient = pulled[k];
    if (gradient && needs[k])
      sums.accumulate(inputs[first + k]!, sums.own(demandFitting(entry, k, gradient)));
  }
  sums.region.freeUnreferenced(from);
}

const tensorsOf = (arrays: readonly (readonly [Tensor, NdArray])[]): ReadonlyMap<Tensor, Tensor> =>
  new Map(arrays.map(([tensor, array]) => [tensor, new Tensor(array)]));

/** Throws unless a pullback returned a gradient, or undefined, for each input. */
function demandEach({ op, inputs }: Entry, pulled: Pulled): Pulled {
  if (Array.isArray(pulled) && pulled.length === inputs.length) return pulled;
  const expected = `a list with a gradient, or undefined, for each of the ${inputs.length} inputs`;
  const received = Array.isArray(pulled) ? `${pulled.length} of them` : ignoreRejection(pulled);
  throw new NormtapeError({ where: `${op}: pullback`, expected, received });
}

/** Throws unless a gradient has the shape and dtype of its input. */
function demandFitting({ op, inputs }: Entry, i: number, pulled: NdArray): NdArray {
  const { shape, dtype } = inputs[i]!;
  const isArray = isNdArray(pulled);
  if (isArray && sameShape(pulled.shape, shape) && pulled.dtype === dtype) return pulled;
  throw new NormtapeError({
    where: `${op}: gradient of input ${i}`,
    expected: `the shape and dtype of the input, ${JSON.stringify(shape)} of ${dtype}`,
    received: isArray ? `${JSON.stringify(pulled.shape)} of ${pulled.dtype}` : pulled,
    hint: 'If the input was broadcast, end the pullback with sumTo.',
  });
}
