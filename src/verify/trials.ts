import { type Axes, type NdArray, PlainArray, flat, positiveAxes, sizeOf, store } from '../array/index.js';
import type { Linearized, Trial } from '../norms/law.js';
import { type Norm, couplingOf } from '../norms/norm.js';
import type { Options, Values } from '../norms/option.js';
import type { Computation } from './computation.js';
import { afterBackward } from './ruled.js';

export type AnyTrial = Trial<Values<Options>>;

/** The axes that the options of a trial name, counted from the front. */
const named = ({ options: specs }: Norm, { x, options }: AnyTrial): readonly number[] =>
  Object.entries(specs).flatMap(([name, { kind }]) =>
    kind === 'axis' || kind === 'axes' ? positiveAxes(options[name] as Axes, x.shape.length) : [],
  );

/** The count of leading axes along which a norm declares its parts independent; 0 if it declares nothing. */
export function apart(norm: Norm, trial: AnyTrial): number {
  const before = Math.min(trial.x.shape.length - 1, ...named(norm, trial));
  switch (couplingOf(norm, trial.options, trial)) {
    case 'nothing':
    case 'group':
      return before;
    case 'sample':
    case 'prefix':
      return Math.min(1, trial.x.shape.length - 1, before);
    case 'batch':
    case undefined:
      return 0;
  }
}

/**
 * The outputs, gradients, statistics and weights that it sets of a norm by name, for these gradients of its outputs, with
 * the statistics that its backward pass leaves, if these are given.
 */
export function resultsByName(
  { outputs, pullback, statistics, backwardState, state = {}, set = {} }: Linearized,
  seeds?: readonly NdArray[],
): Readonly<Record<string, NdArray>> {
  const { x, weights, inputs } = pullback(seeds);
  return {
    ...Object.fromEntries(outputs.map((y, k) => [`output ${k}`, y])),
    dx: x,
    ...Object.fromEntries(
      Object.entries({ ...weights, ...inputs }).map(([name, value]) => [`d${name}`, value]),
    ),
    ...state,
    ...set,
    ...(seeds && backwardState ? afterBackward(backwardState(seeds, { ...statistics, ...state })) : {}),
  };
}

/** The same results in a list. */
export const resultsOf = (run: Linearized, seeds?: readonly NdArray[]): readonly NdArray[] =>
  Object.values(resultsByName(run, seeds));

/** The largest difference between two lists of arrays; NaNs in the same places are equal. */
export function gap(a: readonly NdArray[], b: readonly NdArray[]): number {
  if (a.length !== b.length) return Infinity;
  let most = 0;
  a.forEach((one, k) => {
    const [left, right] = [flat(one), flat(b[k]!)];
    if (left.length !== right.length) most = Infinity;
    left.forEach((value, i) => {
      const other = right[i]!;
      if (value === other || (Number.isNaN(value) && Number.isNaN(other))) return;
      const difference = Math.abs(value - other);
      most = Math.max(most, Number.isNaN(difference) ? Infinity : difference);
    });
  });
  return most;
}

export const seedsOf = ({ normal }: AnyTrial, { outputs }: Linearized): readonly NdArray[] =>
  outputs.map(({ shape }, i) => normal(shape, i));

/** A trial as a computation of its outputs, from its input, weights and statistics. */
export function computation(trial: AnyTrial): Computation {
  const { x, weights, inputs, state, mask, linearize } = trial;
  return {
    dtype: x.dtype,
    given: [
      x,
      ...[weights, inputs, state].flatMap((arrays) => Object.values(arrays)),
      ...(mask ? [mask] : []),
    ],
    run() {
      const made = linearize(x);
      return {
        outputs: made.outputs,
        state: Object.values(made.state ?? {}),
        seeds: seedsOf(trial, made),
        pull(seeds) {
          const { x: dx, weights: pulled, inputs: beside } = made.pullback(seeds);
          return { x: dx, ...pulled, ...beside };
        },
      };
    },
  };
}

/** The same elements in a buffer with gaps, read backwards along the first axis. */
export function view(a: NdArray): NdArray {
  if (a.shape.length === 0) return a;
  const room = store(a.dtype, 2 * sizeOf(a.shape) + 3);
  const stride: number[] = [];
  let step = 2;
  for (let axis = a.shape.length - 1; axis >= 0; axis--) {
    stride[axis] = step;
    step *= a.shape[axis]!;
  }
  const backwards = (a.shape[0]! - 1) * (stride[0] ?? 0);
  stride[0] = -stride[0]!;
  const made = new PlainArray(room, a.dtype, [...a.shape], stride, 1 + backwards);
  const values = flat(a);
  values.forEach((value, i) => {
    let rest = i;
    let at = made.offset;
    for (let axis = a.shape.length - 1; axis >= 0; axis--) {
      const n = a.shape[axis]!;
      at += (rest % n) * made.stride[axis]!;
      rest = Math.floor(rest / n);
    }
    room[at] = value;
  });
  return made;
}

export const samples = (a: NdArray, from: number, to: number): NdArray =>
  a.lo(from, ...a.shape.slice(1).map(() => 0)).hi(to - from, ...a.shape.slice(1)) as NdArray;

/** The inputs of a trial besides x, each changed alike. */
export const besideX = ({ inputs }: AnyTrial, change: (a: NdArray) => NdArray): Record<string, NdArray> =>
  Object.fromEntries(Object.entries(inputs).map(([name, a]) => [name, change(a)]));

export const unmasked = { mask: undefined } as const;
