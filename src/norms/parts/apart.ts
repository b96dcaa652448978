import {
  type Axes,
  type Dtype,
  type NdArray,
  cast,
  clamp,
  flat,
  kept,
  LARGEST,
  map,
  max,
  maximum,
  within,
  zip,
  zip3,
} from '../../array/index.js';

// Groups whose numbers are far from 1 are computed apart, in a wider range, and change no bit of any other group.

/** The gradients of x and of weights by their names. */
type Gradients = { readonly x: NdArray } & { readonly [name: string]: NdArray | undefined };

/** A norm applied to x, with its backward pass. */
export interface Applied<G> {
  readonly value: NdArray;
  pullback(gradient: NdArray): G;
}

/** The same in the range of a dtype. */
interface InRange<G> extends Applied<G> {
  /** 1 for each group, or each number, whose value is not in that range, and 0 for others; undefined if all are. */
  readonly apart: NdArray | undefined;
  /** The same for its gradient of x. */
  apartBack(gradient: NdArray): NdArray | undefined;
}

/**
 * `plain`, with the groups that leave its range taken from `wider`. Gradients of weights, to which all groups add, are taken
 * from there if any does.
 */
export function widerApart<G extends Gradients>(plain: InRange<G>, wider: () => Applied<G>): Applied<G> {
  let made: Applied<G> | undefined;
  const again = () => (made ??= wider());
  const { apart, value } = plain;
  return {
    value: apart ? replaced(value, again().value, apart) : value,
    pullback(gradient) {
      const apartBack = plain.apartBack(gradient);
      const pulled = plain.pullback(gradient);
      if (!apartBack) return pulled;
      const other = again().pullback(cast(gradient, 'float64'));
      const weights = Object.entries(other).map(([name, a]) => [name, a && cast(a, value.dtype)]);
      return { ...Object.fromEntries(weights), x: replaced(pulled.x, other.x, apartBack) } as G;
    },
  };
}

const replaced = (plain: NdArray, other: NdArray, apart: NdArray): NdArray =>
  zip3(plain, cast(other, plain.dtype), apart, (a, b, on) => (on === 0 ? a : b));

/** Weights, gradients and units up to here, divided by moderate lengths, stay in the range of a dtype in products of some. */
export const MODERATE: Readonly<Record<Dtype, number>> = { float32: 2 ** 20, float64: 2 ** 130 };

/** Beyond so many lengths, sums of products with what is not centered lose digits of float32. */
export const FAR: Readonly<Record<Dtype, number>> = { float32: 32, float64: MODERATE.float64 };

/** Whether any weight is beyond a limit, or NaN. */
export const anyBeyond = (weights: readonly (NdArray | undefined)[], limit: number): boolean =>
  weights.some((weight) => weight && !within(weight, limit));

/**
 * 1 for each group along the axes with a number beyond a limit or NaN, and 0 for others; undefined if there is none. By
 * a mask, that stretches to all numbers, a number that does not count stands for itself alone.
 */
export function groupsBeyond(a: NdArray, limit: number, axes: Axes, mask?: NdArray): NdArray | undefined {
  if (within(a, limit)) return undefined;
  const marks = map(cast(a, 'float64'), (value) => Number(!(Math.abs(value) <= limit)));
  if (!mask) return max(marks, axes);
  const counted = kept(marks, mask);
  return maximum(marks, max(counted, axes));
}

/** 1 for each group whose N is below a limit, or so far from its mean, or NaN, and 0 for others; undefined if there is none. */
export function lengthsBeyond(
  { center, length }: { readonly center: NdArray; readonly length: NdArray },
  least: number,
  far: number,
): NdArray | undefined {
  const marks = zip(center, length, (mean, N) => Number(!(N >= least && Math.abs(mean) <= far * N)));
  return flat(marks).includes(1) ? marks : undefined;
}

/** The groups that are marked in any; undefined if none is. */
export const either = (...all: readonly (NdArray | undefined)[]): NdArray | undefined =>
  all.reduce((a, b) => (a && b ? maximum(a, b) : (a ?? b)), undefined);

/** The numbers, with the largest one in place of those that exceed it. */
export const bounded = (a: NdArray): NdArray => clamp(a, -LARGEST[a.dtype], LARGEST[a.dtype]);
