import type { Laying, Pair } from '../../array/index.js';
import { windowsOn } from '../../array/index.js';
import {
  binary,
  concat,
  conv,
  matmul,
  pad,
  pool,
  reduce,
  reshape,
  scalar,
  slice,
  constant,
} from './builder.js';
import type { Node } from './node.js';

// Windows on images [samples, height, width, channels]: convolutions and pooling, as slices of a padded image.

type Windows = ReturnType<typeof windowsOn>;

/** How much zeros or another number are put around an image, so that every window lies on it. */
function around({ height, width, before, stride, dilation, rows, columns, down, across }: Windows) {
  const after = (n: number, axis: 0 | 1, count: number, size: number): number =>
    Math.max(0, (count - 1) * stride[axis] + (size - 1) * dilation[axis] + 1 - n - before[axis]);
  return {
    before: [0, before[0], before[1], 0],
    after: [0, after(height, 0, down, rows), after(width, 1, across, columns), 0],
  };
}

/** The pixels that each window has at one of its places, for every place: [samples, down, across, channels]. */
function places(x: Node, windows: Windows, value = 0): readonly Node[] {
  const { rows, columns, stride, dilation, down, across } = windows;
  const { before, after } = around(windows);
  const padded = pad(x, before, after, value);
  return Array.from({ length: rows * columns }, (_, place) => {
    const from = [Math.floor(place / columns) * dilation[0], (place % columns) * dilation[1]] as const;
    const down_ = slice(padded, 1, from[0], from[0] + (down - 1) * stride[0] + 1, stride[0]);
    return slice(down_, 2, from[1], from[1] + (across - 1) * stride[1] + 1, stride[1]);
  });
}

interface Convolution {
  readonly where: string;
  readonly laying: Laying;
  readonly groups: number;
  /** Whether the node of a whole convolution may stand for it, which has no gradient. */
  readonly isWhole: boolean;
}

/** A convolution with a kernel [rows, columns, channels / groups, filters]. */
export function convolution(x: Node, kernel: Node, { where, laying, groups, isWhole }: Convolution): Node {
  const [rows, columns, channels, filters] = kernel.shape as readonly [number, number, number, number];
  const windows = windowsOn(where, x.shape, [rows, columns], laying);
  const { before, after } = around(windows);
  const shape = [x.shape[0]!, windows.down, windows.across, filters];
  if (isWhole) {
    const { stride, dilation } = windows;
    const pads = [before[1], before[2], after[1], after[2]];
    return conv(x, kernel, shape, { pads, strides: stride, dilations: dilation, groups });
  }
  const seen = places(x, windows);
  const perGroup = filters / groups;
  const parts = Array.from({ length: groups }, (_, group) => {
    const cut = (part: Node): Node => slice(part, 3, group * channels, (group + 1) * channels);
    const patches = concat(seen.map(cut), 3);
    const own = slice(kernel, 3, group * perGroup, (group + 1) * perGroup);
    return matmul(patches, reshape(own, [rows * columns * channels, perGroup]));
  });
  return concat(parts, 3);
}

/** Each channel with its own kernels, [rows, columns, channels, multiplier]. */
export function depthwise(
  x: Node,
  kernel: Node,
  { where, laying, isWhole }: Omit<Convolution, 'groups'>,
): Node {
  const [rows, columns, channels, multiplier] = kernel.shape as readonly [number, number, number, number];
  if (isWhole) {
    const flat = reshape(kernel, [rows, columns, 1, channels * multiplier]);
    return convolution(x, flat, { where, laying, groups: channels, isWhole });
  }
  const windows = windowsOn(where, x.shape, [rows, columns], laying);
  const products = places(x, windows).map((seen, place) => {
    const row = slice(kernel, 0, Math.floor(place / columns), Math.floor(place / columns) + 1);
    const own = slice(row, 1, place % columns, (place % columns) + 1);
    return binary('mul', reshape(seen, [...seen.shape, 1]), reshape(own, [1, 1, 1, channels, multiplier]));
  });
  const sum = products.reduce((a, b) => binary('add', a, b));
  return reshape(sum, [...sum.shape.slice(0, 3), channels * multiplier]);
}

interface Pooling {
  readonly where: string;
  readonly size: Pair;
  readonly laying: Laying;
  /** Whether the node of a whole pooling may stand for it, which has no gradient. */
  readonly isWhole: boolean;
}

/** A pooling as one node. Its windows have no gaps. */
function wholePool(kind: 'maxPool' | 'averagePool', x: Node, size: Pair, windows: Windows): Node {
  const { before, after } = around(windows);
  const pads = [before[1], before[2], after[1], after[2]];
  const shape = [x.shape[0]!, windows.down, windows.across, x.shape[3]!];
  return pool(kind, x, shape, { size, pads, strides: windows.stride });
}

/** The maximum of each window; the nothing around an image does not count, and ties share the gradient evenly. */
export function maxPool(x: Node, { where, size, laying, isWhole }: Pooling): Node {
  const windows = windowsOn(where, x.shape, size, laying);
  if (isWhole) return wholePool('maxPool', x, size, windows);
  const seen = places(x, windows, -Infinity);
  const side = seen.map((part) => reshape(part, [...part.shape, 1]));
  const stacked = concat(side, 4);
  return reshape(reduce('max', stacked, 4), stacked.shape.slice(0, 4));
}

/** The mean of the pixels of each window that lie on the image. */
export function averagePool(x: Node, { where, size, laying, isWhole }: Pooling): Node {
  const windows = windowsOn(where, x.shape, size, laying);
  if (isWhole) return wholePool('averagePool', x, size, windows);
  const sum = places(x, windows).reduce((a, b) => binary('add', a, b));
  return binary('div', sum, counts(windows));
}

/** How many pixels each window covers, [1, down, across, 1]; one number if it is the same everywhere. */
function counts({ height, width, before, stride, dilation, rows, columns, down, across }: Windows): Node {
  const along = (axis: 0 | 1, count: number, size: number, n: number): number[] =>
    Array.from(
      { length: count },
      (_, i) =>
        Array.from({ length: size }, (__, k) => i * stride[axis] - before[axis] + k * dilation[axis]).filter(
          (at) => at >= 0 && at < n,
        ).length,
    );
  const [inRows, inColumns] = [along(0, down, rows, height), along(1, across, columns, width)];
  const all = inRows.flatMap((r) => inColumns.map((c) => r * c));
  return all.every((count) => count === all[0]) ? scalar(all[0]!) : constant(all, [1, down, across, 1]);
}
