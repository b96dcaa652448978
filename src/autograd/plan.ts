import { type Entry, type Tensor, givePlace, isKept, placeOf } from './tape.js';

/** The tensors of a tape by number, so that a sweep need not look each of them up. */
export interface Plan {
  /** The numbers of what every entry read and made, one after the other, from the first entry to the last. */
  readonly inputs: readonly number[];
  readonly outputs: readonly number[];
  /** The numbers of what the function returned. */
  readonly results: readonly number[];
  /** Which numbers a gradient is to pass through, or to reach. */
  readonly needed: readonly boolean[];
  /** Those wanted of the tensors that no entry made, and their numbers: the first that a sweep meets first. */
  readonly leaves: readonly (readonly [Tensor, number])[];
  /** The intermediate tensors whose gradients are kept, with their numbers. */
  readonly intermediate: readonly (readonly [Tensor, number])[];
}

let sweeps = 0;

/** Numbers the tensors of a tape. Needed are the wanted leaves, and what they lead to. */
export function plan(
  entries: readonly Entry[],
  results: readonly Tensor[],
  wanted: (leaf: Tensor) => boolean,
): Plan {
  const sweep = ++sweeps;
  const needed: boolean[] = [];
  const asked: (Tensor | undefined)[] = [];
  const numbered = (tensor: Tensor, need: boolean, leaf: Tensor | undefined): number => {
    const place = needed.length;
    givePlace(tensor, sweep, place);
    needed.push(need);
    asked.push(leaf);
    return place;
  };
  const read = (tensor: Tensor): number => {
    const place = placeOf(tensor, sweep);
    if (place >= 0) return place;
    const ask = wanted(tensor) || isKept(tensor);
    return numbered(tensor, ask, ask ? tensor : undefined);
  };
  const inputs: number[] = [];
  const outputs: number[] = [];
  const intermediate: (readonly [Tensor, number])[] = [];
  for (const entry of entries) {
    let leads = false;
    for (const input of entry.inputs) {
      const place = read(input);
      inputs.push(place);
      leads ||= needed[place]!;
    }
    for (const output of entry.outputs) {
      const kept = isKept(output);
      outputs.push(numbered(output, leads || kept, undefined));
      if (kept) intermediate.push([output, outputs.at(-1)!]);
    }
  }
  const returned = results.map(read);

  const leaves: (readonly [Tensor, number])[] = [];
  const meet = (place: number): void => {
    const leaf = asked[place];
    if (leaf) leaves.push([leaf, place]);
    asked[place] = undefined;
  };
  returned.forEach(meet);
  for (let i = entries.length - 1, end = inputs.length; i >= 0; i--) {
    const from = end - entries[i]!.inputs.length;
    for (let k = from; k < end; k++) meet(inputs[k]!);
    end = from;
  }
  return { inputs, outputs, results: returned, needed, leaves, intermediate };
}
