import { type Entry, type Tensor, assignSlot, isKept, slotOf } from './tape.js';

/** The slots of a backward pass, one for the gradient of each tensor, so that it need not look each tensor up. */
export interface Slots {
  /** The slots of the inputs and outputs of every entry, one after the other, from the first entry to the last. */
  readonly inputs: readonly number[];
  readonly outputs: readonly number[];
  /** The slots of the function's results. */
  readonly results: readonly number[];
  /** Whether the gradient of each slot is needed: it is asked for, or leads to one that is. */
  readonly needed: readonly boolean[];
  /** The wanted leaves, which no entry made, and their slots, in the order in which a backward pass meets them. */
  readonly leaves: readonly (readonly [Tensor, number])[];
  /** The intermediate tensors whose gradients are kept. */
  readonly intermediate: readonly Tensor[];
}

let sweeps = 0;

/** Gives every tensor of a tape its slot. */
export function assignSlots(
  entries: readonly Entry[],
  results: readonly Tensor[],
  wanted: (leaf: Tensor) => boolean,
): Slots {
  const sweep = ++sweeps;
  const needed: boolean[] = [];
  const leafIn: (Tensor | undefined)[] = [];
  const assigned = (tensor: Tensor, isNeeded: boolean, leaf: Tensor | undefined): number => {
    const slot = needed.length;
    assignSlot(tensor, sweep, slot);
    needed.push(isNeeded);
    leafIn.push(leaf);
    return slot;
  };
  const slotOfInput = (tensor: Tensor): number => {
    const slot = slotOf(tensor, sweep);
    if (slot >= 0) return slot;
    const isWanted = wanted(tensor) || isKept(tensor);
    return assigned(tensor, isWanted, isWanted ? tensor : undefined);
  };
  const inputs: number[] = [];
  const outputs: number[] = [];
  const intermediate: Tensor[] = [];
  for (const entry of entries) {
    let leads = false;
    for (const input of entry.inputs) {
      const slot = slotOfInput(input);
      inputs.push(slot);
      leads ||= needed[slot]!;
    }
    for (const output of entry.outputs) {
      const kept = isKept(output);
      outputs.push(assigned(output, leads || kept, undefined));
      if (kept) intermediate.push(output);
    }
  }
  const ofResults = results.map(slotOfInput);

  const leaves: (readonly [Tensor, number])[] = [];
  const meet = (slot: number): void => {
    const leaf = leafIn[slot];
    if (leaf) leaves.push([leaf, slot]);
    leafIn[slot] = undefined;
  };
  ofResults.forEach(meet);
  for (let i = entries.length - 1, end = inputs.length; i >= 0; i--) {
    const from = end - entries[i]!.inputs.length;
    for (let k = from; k < end; k++) meet(inputs[k]!);
    end = from;
  }
  return { inputs, outputs, results: ofResults, needed, leaves, intermediate };
}
