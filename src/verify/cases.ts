import type { Arbitrary } from 'fast-check';
import {
  type Dtype,
  type NdArray,
  type Shape,
  cast,
  positiveAxes,
  sameShape,
  sizeOf,
} from '../array/index.js';
import { NormtapeError } from '../error.js';
import type { NormalizationLayer } from '../norms/layer.js';
import { newState } from '../norms/new-state.js';
import { type Norm, couplingOf } from '../norms/norm.js';
import type { Options, Values } from '../norms/option.js';
import { shapesOf } from '../norms/owned.js';
import * as arbitrary from './arbitraries.js';
import { fc } from './peer.js';

/** The norm to verify: under any options and weights, or under those of one layer. */
export interface Subject {
  readonly norm: Norm;
  readonly options?: Values<Options>;
  /** The weights of a layer that is built, by name. */
  readonly weights?: Readonly<Record<string, NdArray>>;
  readonly state?: Readonly<Record<string, NdArray>>;
}

/** One input of a norm, with its options, weights and situation. */
export interface Case {
  readonly x: NdArray;
  readonly options: Values<Options>;
  readonly weights: Readonly<Record<string, NdArray>>;
  readonly state: Readonly<Record<string, NdArray>>;
  /** The inputs besides x, by name. */
  readonly inputs: Readonly<Record<string, NdArray>>;
  readonly mask: NdArray | undefined;
  readonly training: boolean;
  /** Of the gradients that are pulled back. */
  readonly seed: number;
}

/** The numbers of a case: moderate ones, extreme ones, or smooth ones for finite differences. */
export type Sort = 'ordinary' | 'extreme' | 'smooth';

/** Exponents of rows. At the ends there is room for a sum of many numbers, each times a weight, and no more. */
const RANGES: Readonly<Record<Sort, Readonly<Record<Dtype, arbitrary.RowRange>>>> = {
  ordinary: { float32: { from: -12, to: 12 }, float64: { from: -40, to: 40 } },
  extreme: { float32: { from: -149, to: 106 }, float64: { from: -1074, to: 1002 } },
  smooth: {
    float32: { from: -2, to: 2, kinds: ['mixed'] },
    float64: { from: -2, to: 2, kinds: ['mixed'] },
  },
};

/** Cases of a subject; they shrink towards small shapes and quarters. */
export const casesOf = (subject: Subject, dtype: Dtype, sort: Sort): Arbitrary<Case> =>
  settings(subject)
    .chain(({ shape, options }) => {
      const { norm, weights, state } = subject;
      const range = { ...RANGES[sort][dtype], dtype };
      return fc.record({
        x: sort === 'extreme' ? arbitrary.structured(shape, range) : arbitrary.inputs(shape, range),
        options: fc.constant(options),
        weights: weights
          ? fc.constant(inDtype(weights, dtype))
          : arbitrary.weights(norm, shape, options, dtype),
        state: state ? fc.constant(inDtype(state, dtype)) : states(norm, shape, options, dtype),
        inputs: arbitrary.secondInputs(norm, shape, options, dtype),
        mask: norm.mask
          ? fc.option(arbitrary.masks(norm.mask.shape(shape, options), dtype), { nil: undefined })
          : fc.constant(undefined),
        training: fc.boolean(),
        seed: arbitrary.seeds(),
      });
    })
    .map((drawn) => withState(subject.norm, drawn));

/** Running statistics of a norm; undefined for those of a new layer, if these start from the input. */
export const states = (
  norm: Norm,
  shape: Shape,
  options: Values<Options>,
  dtype: Dtype = 'float64',
): Arbitrary<Case['state'] | undefined> => {
  const statistics = arbitrary.statistics(norm, shape, options, dtype);
  return norm.start ? fc.option(statistics, { nil: undefined, freq: 3 }) : statistics;
};

type Stateless = Pick<Case, 'x' | 'options'> & { readonly state: Case['state'] | undefined };

/** The same with those of a new layer where none are given. */
export const withState = <C extends Stateless>(norm: Norm, drawn: C): C & Pick<Case, 'state'> => ({
  ...drawn,
  state: drawn.state ?? newState(norm, drawn.x, drawn.options),
});

const inDtype = (arrays: Readonly<Record<string, NdArray>>, dtype: Dtype) =>
  Object.fromEntries(Object.entries(arrays).map(([name, value]) => [name, cast(value, dtype)]));

/** Shapes of rank 1 to 5 and options that go together. */
export function settings({
  norm,
  options,
  weights,
  state,
}: Subject): Arbitrary<{ shape: Shape; options: Values<Options> }> {
  if (!options) {
    return arbitrary
      .shapes({ maxRank: 5 })
      .chain((shape) =>
        fc.record({ shape: fc.constant(shape), options: arbitrary.options(norm, shape.length) }),
      )
      .filter(({ shape, options: drawn }) => (norm.accepts?.(shape, drawn) ?? true) === true);
  }
  // The sizes of the weights, and what they may be products of.
  const owned = Object.entries({ ...weights, ...state });
  const sizes = new Set([1, 2, 3, ...owned.flatMap(([, { shape }]) => shape).flatMap(divisors)]);
  const most = 96 * Math.max(1, ...owned.map(([, { shape }]) => sizeOf(shape)));
  const fits = (shape: Shape): boolean => {
    if (!hasAxes(norm, options, shape.length) || (norm.accepts?.(shape, options) ?? true) !== true)
      return false;
    const wanted: Readonly<Record<string, Shape>> = {
      ...shapesOf(norm.parameters, shape, options),
      ...shapesOf(norm.state, shape, options),
    };
    return sizeOf(shape) <= most && owned.every(([name, own]) => sameShape(own.shape, wanted[name] ?? []));
  };
  return fc
    .array(fc.constantFrom(...sizes), { minLength: 1, maxLength: 5 })
    .filter(fits)
    .map((shape) => ({ shape, options }));
}

const divisors = (n: number): number[] =>
  Array.from({ length: n }, (_, i) => i + 1).filter(
    (divisor) => n % divisor === 0 && (divisor <= 4 || divisor >= n / 4),
  );

function hasAxes({ options: specs }: Norm, options: Values<Options>, rank: number): boolean {
  try {
    for (const [name, { kind }] of Object.entries(specs)) {
      if (kind === 'axis' || kind === 'axes') positiveAxes(options[name] as number, rank);
    }
    return true;
  } catch (error) {
    if (error instanceof NormtapeError) return false;
    throw error;
  }
}

/** The count of numbers that share a statistic, from the declaration of a norm; infinite if it does not say. */
export function groupSize(norm: Norm, shape: Shape, options: Values<Options>): number {
  const named = Object.entries(norm.options).flatMap(([name, { kind }]) =>
    kind === 'axis' || kind === 'axes' ? positiveAxes(options[name] as number, shape.length) : [],
  );
  const along = sizeOf(named.map((axis) => shape[axis]!));
  switch (couplingOf(norm, options)) {
    case 'batch':
      return sizeOf(shape) / along;
    case 'sample':
      return sizeOf(shape.slice(1));
    default:
      return named.length > 0 ? along : Infinity;
  }
}

/** A layer as a subject: its options, and copies of its weights where it is built. */
export function subjectOf(layer: NormalizationLayer): Subject {
  const { definition: norm, options, built } = layer;
  if (!built) return { norm, options };
  const all = Object.entries(layer.stateDict());
  const pick = (names: object) => Object.fromEntries(all.filter(([name]) => name in names));
  return { norm, options, weights: pick(norm.parameters), state: pick(norm.state ?? {}) };
}
