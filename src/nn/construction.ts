import type { Dtype, Shape } from '../array/index.js';

/** A class or a function that makes modules. */
export type Maker = (new (...given: never[]) => object) | ((...given: never[]) => object);

/** The shape and the dtype of an input. */
export interface BuiltFor {
  readonly shape: Shape;
  readonly dtype: Dtype;
}

// How a module is made again, for `saveModel`: the class or function, its arguments, and the input that builds its weights.
export const MAKER: unique symbol = Symbol('maker');
export const ARGUMENTS: unique symbol = Symbol('arguments');
export const BUILT_FOR: unique symbol = Symbol('builtFor');

/** The input of this shape for a weight; undefined if there is no weight yet. */
export const builtFor = (
  weight: { readonly shape: Shape; readonly dtype: Dtype } | undefined,
  shape: (weight: Shape) => Shape,
): BuiltFor | undefined => weight && { shape: shape(weight.shape), dtype: weight.dtype };
