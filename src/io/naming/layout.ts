import { type NdArray, type Shape, reshape, sizeOf, transpose } from '../../array/index.js';

/** How the numbers of a weight lie in a tensor of another framework. */
export interface Layout {
  /** The shape of the tensor there, for a weight of this shape; undefined if there is no such tensor. */
  shape(ours: Shape): Shape | undefined;
  /** The weight of this shape, of a tensor from there. */
  here(theirs: NdArray, ours: Shape): NdArray;
  /** The tensor there, of a weight. */
  there(ours: NdArray): NdArray;
}

const inverse = (order: Shape): Shape => order.map((_, axis) => order.indexOf(axis));

/** Axes in another order: axis i there is the axis `order[i]` here. */
const permuted = (order: Shape): Layout => ({
  shape: (ours) => (ours.length === order.length ? order.map((axis) => ours[axis]!) : undefined),
  here: (theirs) => transpose(theirs, inverse(order)),
  there: (ours) => transpose(ours, order),
});

const longAxes = (shape: Shape): number => shape.filter((n) => n > 1).length;

/** The layouts of weights, by name. */
export const LAYOUTS = {
  same: {
    shape: (ours) => ours,
    here: (theirs) => theirs,
    there: (ours) => ours,
  },

  /** [inputs, outputs] as [outputs, inputs]. */
  transposed: permuted([1, 0]),

  /** A weight with one number for each feature, as a list of these numbers. */
  features: {
    shape: (ours) => (longAxes(ours) > 1 ? undefined : ours.length === 0 ? [] : [sizeOf(ours)]),
    here: reshape,
    there: (ours) => (ours.shape.length === 0 ? ours : reshape(ours, [sizeOf(ours.shape)])),
  },

  /** [size, channels, filters] as [filters, channels, size]. */
  convolution1d: permuted([2, 1, 0]),

  /** [rows, columns, channels, filters] as [filters, channels, rows, columns]. */
  convolution2d: permuted([3, 2, 0, 1]),

  /** [rows, columns, channels, multiplier] as [channels · multiplier, 1, rows, columns], the filters of as many groups. */
  depthwise2d: {
    shape: ([rows, columns, channels, multiplier]) => [channels! * multiplier!, 1, rows!, columns!],
    here: (theirs, [rows, columns, channels, multiplier]) =>
      transpose(reshape(theirs, [channels!, multiplier!, rows!, columns!]), [2, 3, 0, 1]),
    there(ours) {
      const [rows, columns, channels, multiplier] = ours.shape;
      return reshape(transpose(ours, [2, 3, 0, 1]), [channels! * multiplier!, 1, rows!, columns!]);
    },
  },
} as const satisfies Readonly<Record<string, Layout>>;

/**
 * The layout of a weight whose first axis here lies along flattened images with this many channels. There each channel is
 * flattened as a whole, and here each pixel.
 */
export function channelsFirst(layout: Layout, channels: number): Layout {
  const turned = (a: NdArray, first: number): NdArray => {
    const [features, ...rest] = a.shape;
    const parted = reshape(a, [first, features! / first, ...rest]);
    return reshape(transpose(parted, [1, 0, ...rest.map((_, i) => i + 2)]), a.shape);
  };
  return {
    shape: (ours) => layout.shape(ours),
    here: (theirs, ours) => turned(layout.here(theirs, ours), channels),
    there: (ours) => layout.there(turned(ours, ours.shape[0]! / channels)),
  };
}
