import type { Dtype, Shape } from '../array/index.js';

/** A class or a function that makes modules. */
export type Maker = (new (...given: never[]) => object) | ((...given: never[]) => object);

/** The shape and the dtype of an input. */
export interface BuiltFor {
  readonly shape: Shape;
  readonly dtype: Dtype;
}

// How a module is made again, for `saveModel`: the class or function, its arguments, the input that builds its weights, and
// what was attached to it afterwards.
export const MAKER: unique symbol = Symbol('maker');
export const ARGUMENTS: unique symbol = Symbol('arguments');
export const BUILT_FOR: unique symbol = Symbol('builtFor');
export const ATTACHED: unique symbol = Symbol('attached');
export const ATTACH: unique symbol = Symbol('attach');

/** The input of this shape, by a weight of a layer; undefined if there is no weight yet. */
export const builtFor = <W extends { readonly dtype: Dtype }>(
  weight: W | undefined,
  shape: (weight: W) => Shape,
): BuiltFor | undefined => weight && { shape: shape(weight), dtype: weight.dtype };
