import {
  type NdArray,
  type Random,
  type Region,
  escape,
  flat,
  fromFlat,
  noting,
  sameShape,
} from '../array/index.js';
import { ContextVariable } from '../context.js';
import { demandFunction } from '../demand.js';
import { NormtapeError } from '../error.js';
import { ignoreRejection } from './promise.js';
import { noGrad, recording } from './recording.js';
import type { Pullback, Pulled } from './rule.js';
import { sweep } from './sweep.js';
import { type Entry, Tensor, arrayOf, pullThrough, record, replace } from './tape.js';

/**
 * Runs f, and keeps only its inputs and its result on the tape; the backward pass runs f again (gradient checkpointing,
 * Griewank 1992; Chen et al. 2016). Gradients are the same to the last bit, Dropout draws the same masks again, and
 * running statistics are updated only once. Gradients flow into f only through its result. The backward pass throws if
 * f computes different values the second time, for example after a change of mode.
 */
export function checkpoint(f: () => Tensor): Tensor {
  demandFunction('checkpoint', f);
  const generators = new Map<Random, readonly number[]>();
  const states: NdArray[] = [];
  // In the replay of an enclosing checkpoint, statistics read as that one found them first.
  const found = noted.value;
  const made = noted.run(
    (array) => {
      const first = found(array);
      states.push(lasting(first));
      return first;
    },
    () => noting(generators, () => run(f)),
  );
  const inputs = usesOf(made.entries, made.output);
  const values = inputs.map(arrayOf);
  const value = arrayOf(made.output);
  escape(value, made.region);
  made.region.free();
  let replays = 0;
  return record('checkpoint', inputs, () => ({
    value,
    pullback(gradient) {
      replays += 1;
      let next = 0;
      // A replay within the second replay of an enclosing checkpoint is no first one either.
      return replay.run(Math.max(replays, replay.value), () =>
        noted.run(
          () => states[next++]!,
          () => replaying(inputs, values, generators, () => pull(f, value, inputs.length, gradient)),
        ),
      );
    },
  }))[0]!;
}

/** How often the checkpoint that runs has run again; 0 outside of replays. */
const replay = new ContextVariable('replay', 0);

/** Whether a checkpoint runs again for its tape: statistics have moved already then. */
export const isReplay = (): boolean => replay.value > 0;

/** Whether it does so not for the first time: the backward pass has moved its statistics already too. */
export const isRepeatedReplay = (): boolean => replay.value > 1;

const noted = new ContextVariable<(array: NdArray) => NdArray>('states', (array) => array);

/** The array of a statistic that a computation reads and later replaces; in a replay, as the first run found it. */
export const asFirstRead = (array: NdArray): NdArray => noted.value(array);

/** A copy that no region owns. */
const lasting = (array: NdArray): NdArray => fromFlat(flat(array).slice(), array.shape);

/** A run of f on a tape of its own: its result, the entries, and the region that owns the arrays. */
interface Run {
  readonly output: Tensor;
  readonly entries: Entry[];
  readonly region: Region;
}

function run(f: () => Tensor): Run {
  const { value: output, entries, region } = noGrad(() => recording(f));
  if (output instanceof Tensor) return { output, entries, region };
  region.free();
  const expected = 'a function that returns a tensor';
  throw new NormtapeError({ where: 'checkpoint', expected, received: ignoreRejection(output) });
}

/**
 * Every use of a tensor that no entry made, from the last to the first. A tensor that is read twice is there twice:
 * so its gradients are accumulated one by one, in the same order as without a checkpoint.
 */
function usesOf(entries: readonly Entry[], output: Tensor): readonly Tensor[] {
  const made = new Set(entries.flatMap(({ outputs }) => outputs));
  const uses = [...entries].reverse().flatMap(({ inputs }) => inputs.filter((input) => !made.has(input)));
  return made.has(output) ? uses : [output, ...uses];
}

/** Runs f with the inputs and generators as in the first run, and restores their present values and states. */
function replaying<Y>(
  inputs: readonly Tensor[],
  values: readonly NdArray[],
  generators: ReadonlyMap<Random, readonly number[]>,
  f: () => Y,
): Y {
  const present = inputs.map(arrayOf);
  const states = [...generators.keys()].map((random) => [random, random.state] as const);
  try {
    inputs.forEach((input, i) => replace(input, values[i]!));
    for (const [random, state] of generators) random.state = state;
    return f();
  } finally {
    inputs.forEach((input, i) => replace(input, present[i]!));
    for (const [random, state] of states) random.state = state;
  }
}

/** The gradients of all uses, from a tape of its own whose arrays are freed during the backward pass. */
function pull(f: () => Tensor, value: NdArray, count: number, gradient: NdArray): Pulled {
  const made = run(f);
  try {
    return pulledThrough(made, value, count, gradient);
  } finally {
    // Freed also if a pullback throws, or if the recomputed values differ.
    made.region.free();
  }
}

function pulledThrough({ output, entries }: Run, value: NdArray, count: number, gradient: NdArray): Pulled {
  if (!same(arrayOf(output), value) || usesOf(entries, output).length !== count) {
    const hint =
      'The function may depend only on tensors and random generators; do not switch between train and eval mode before the backward pass ends.';
    const expected = 'the same values when the function runs again';
    throw new NormtapeError({ where: 'checkpoint', expected, received: 'other values', hint });
  }
  const made = new Set(entries.flatMap(({ outputs }) => outputs));
  // A stand-in for each use, so that the gradients of different uses are not accumulated here.
  const uses: Tensor[] = [];
  const use = (tensor: Tensor): Tensor => {
    if (made.has(tensor)) return tensor;
    const standIn = new Tensor(arrayOf(tensor));
    uses.push(standIn);
    return standIn;
  };
  const end = use(output);
  const reached = new Set([end]);
  const backwards = entries.reverse().map((entry): Entry => {
    const inputs = entry.inputs.map(use);
    const pullback: Pullback = (gradients, needed) => {
      const pulled = pullThrough(entry, gradients, needed);
      inputs.forEach((input, i) => pulled[i] && reached.add(input));
      return pulled;
    };
    return { ...entry, inputs, pullback };
  });
  const gradients = sweep({
    entries: backwards.reverse(),
    outputs: [end],
    seeds: () => [gradient],
    passed: (entry) => entry.region.free(entry.from),
  });
  return uses.map((standIn) => (reached.has(standIn) ? arrayOf(gradients.of(standIn)!) : undefined));
}

function same(a: NdArray, b: NdArray): boolean {
  const [left, right] = [flat(a), flat(b)];
  return sameShape(a.shape, b.shape) && left.every((x, i) => Object.is(x, right[i]));
}
