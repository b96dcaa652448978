import {
  type Axes,
  type NdArray,
  ROUNDOFF,
  SMALLEST_NORMAL,
  across,
  cast,
  sizeOf,
} from '../../array/index.js';
import type { Placement } from '../option.js';

// The quantities that bounds of laws are made of.

export interface WithAxes {
  readonly axis: Axes;
}

export interface WithEpsilon {
  readonly epsilon: number;
}

export interface WithPlacement extends WithEpsilon {
  readonly epsilonPlacement: Placement;
}

/** Half a unit in the last place of the input's dtype. */
export const u = ({ x }: { readonly x: NdArray }): number => ROUNDOFF[x.dtype];

/** The smallest normal number of the input's dtype. */
export const least = ({ x }: { readonly x: NdArray }): number => SMALLEST_NORMAL[x.dtype];

/** The count of numbers in x, or in a group along the axes. */
export const count = ({ x }: { readonly x: NdArray }, axes?: Axes): number =>
  axes === undefined ? sizeOf(x.shape) : sizeOf(x.shape) / sizeOf(across(x.shape, axes));

/** The bound of a law that holds bit for bit. */
export const exactly = (): number => 0;

/** The array in float64, in which laws measure, so that they see only the roundings of the norm. */
export const wide = (x: NdArray): NdArray => cast(x, 'float64');
