import * as array from '../array/index.js';
import { type NdArray, map, max, min } from '../array/index.js';
import { SMOOTH, primitive } from '../autograd/primitive.js';
import { reduction } from './reduction.js';

// A comparison is constant but for jumps, so no gradient passes.

/** 1 where a = b and 0 elsewhere, broadcast; a NaN equals nothing. No gradient passes. */
export const equal = comparison('equal', array.equal);

/** 1 where a ≠ b and 0 elsewhere, broadcast; a NaN differs from everything. No gradient passes. */
export const notEqual = comparison('notEqual', array.notEqual);

/** 1 where a > b and 0 elsewhere, broadcast. No gradient passes. */
export const greater = comparison('greater', (a, b) => array.less(b, a));

/** 1 where a ≥ b and 0 elsewhere, broadcast. No gradient passes. */
export const greaterEqual = comparison('greaterEqual', (a, b) => array.lessEqual(b, a));

/** 1 where a < b and 0 elsewhere, broadcast. No gradient passes. */
export const less = comparison('less', array.less);

/** 1 where a ≤ b and 0 elsewhere, broadcast. No gradient passes. */
export const lessEqual = comparison('lessEqual', array.lessEqual);

function comparison(op: string, holds: (a: NdArray, b: NdArray) => NdArray) {
  return primitive(
    op,
    (a: NdArray, b: NdArray) => ({
      value: holds(a, b),
      pullback: () => [undefined, undefined],
    }),
    { ...SMOOTH, ties: true },
  );
}

/**
 * 1 if any number along the axes is not 0, else 0; without numbers 0. A NaN is not 0. No gradient passes.
 */
export const any = reduction(
  'any',
  0,
  (x, axes) => ({
    value: map(max(map(x, isNonzero), axes), (most) => Number(most > 0)),
    pullback: () => [undefined],
  }),
  { ...SMOOTH, corners: [0] },
);

/** 1 if no number along the axes is 0, else 0; without numbers 1. A NaN is not 0. No gradient passes. */
export const all = reduction(
  'all',
  0,
  (x, axes) => ({
    value: map(min(map(x, isNonzero), axes), (least) => Number(least > 0)),
    pullback: () => [undefined],
  }),
  { ...SMOOTH, corners: [0] },
);

const isNonzero = (x: number): number => Number(x !== 0);
