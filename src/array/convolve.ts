import { NormtapeError } from '../error.js';
import * as kernels from '../kernels/index.js';
import type { Windows } from '../kernels/index.js';
import {
  type NdArray,
  type Numbers,
  type Shape,
  demandShapeOf,
  empty,
  filled,
  full,
  sameShape,
  sizeOf,
} from './array.js';
import { flat } from './contiguous.js';
import { numbersOf } from './view.js';

/** The output of a convolution, and its backward pass. */
export interface Convolved {
  readonly value: NdArray;
  /** Gradients that are not needed are left out. */
  back(
    gradient: NdArray,
    needed: readonly boolean[],
  ): readonly [x: NdArray | undefined, kernel: NdArray | undefined];
}

/** The output of pooling, and its backward pass. */
export interface Pooled {
  readonly value: NdArray;
  back(gradient: NdArray): NdArray;
}

/** About how many windows are laid out as rows at a time. */
const ROWS = 1024;

/**
 * The product of every window of x with the kernel [rows, columns, channels / groups, filters]: [samples, down, across,
 * filters]. Filters are parted into groups as channels are. Windows are laid out as rows, some samples at a time, and
 * again in the backward pass, so that they are not kept.
 */
export function convolve(x: NdArray, kernel: NdArray, windows: Windows, groups: number): Convolved {
  demandKernel('convolve', kernel, windows, groups);
  const filters = kernel.shape[3]!;
  const own = filters / groups;
  const { down, across } = windows;
  const shape = [x.shape[0]!, down, across, filters];
  const value = full(shape, 0, x.dtype);
  const out = numbersOf(value);
  const { line, batches, room } = layOut(x, windows, groups);
  const weights = flat(kernel);
  const product = numbersOf(empty([room, own], x.dtype));
  for (const { rows, from, group, laid } of batches()) {
    const ofGroup = matrix(weights, group * own, filters);
    kernels.matmul(rows, line, own, matrix(laid, 0, line), ofGroup, product, 0);
    const [packed, spread] = [
      { at: 0, row: own, column: 1 },
      { at: from * filters + group * own, row: filters, column: 1 },
    ];
    kernels.copy(rows, own, product, packed, out, spread);
  }
  return {
    value,
    back: (gradient, [ofImages, ofKernel]) => [
      ofImages ? imageGradient(gradient, x, kernel, windows, groups) : undefined,
      ofKernel ? kernelGradient(gradient, x, kernel, windows, groups) : undefined,
    ],
  };
}

/** dK = Wᵀ G over the rows W of windows. */
export function kernelGradient(
  gradient: NdArray,
  x: NdArray,
  kernel: NdArray,
  windows: Windows,
  groups: number,
): NdArray {
  demandKernel('kernelGradient', kernel, windows, groups);
  demandAfter('kernelGradient', gradient, x, windows, kernel.shape[3]!);
  const filters = kernel.shape[3]!;
  const own = filters / groups;
  const { line, batches } = layOut(x, windows, groups);
  const g = flat(gradient);
  const sums = new Float64Array(sizeOf(kernel.shape));
  const product = numbersOf(empty([line, own], x.dtype));
  for (const { rows, from, group, laid } of batches()) {
    const ofGroup = matrix(g, from * filters + group * own, filters);
    kernels.matmul(line, rows, own, matrix(laid, 0, 1, line), ofGroup, product, 0);
    kernels.addPart(product, line, own, sums, group * own, filters);
  }
  return narrowed(sums, kernel);
}

/** dW = G Kᵀ of every window, added up where the windows lie on images of the shape of x. */
export function imageGradient(
  gradient: NdArray,
  x: Pick<NdArray, 'shape' | 'dtype'>,
  kernel: NdArray,
  windows: Windows,
  groups: number,
): NdArray {
  demandKernel('imageGradient', kernel, windows, groups);
  demandAfter('imageGradient', gradient, x, windows, kernel.shape[3]!);
  const filters = kernel.shape[3]!;
  const own = filters / groups;
  const { line, count, image, perSample, room, spans } = spread(x.shape, windows, groups);
  const [g, weights] = [flat(gradient), flat(kernel)];
  const sums = new Float64Array(sizeOf(x.shape));
  const pulled = numbersOf(empty([room, line], x.dtype));
  for (const { rows, from, group } of spans()) {
    const ofGroup = matrix(g, from * filters + group * own, filters);
    kernels.matmul(rows, own, line, ofGroup, matrix(weights, group * own, 1, filters), pulled, 0);
    for (let row = 0; row < rows; row += perSample) {
      const to = ((from + row) / perSample) * image;
      kernels.refold(pulled, row * line, windows, group * count, count, sums, to);
    }
  }
  return filled(sums, x.shape, x.dtype);
}

const matrix = (data: Numbers, at: number, row: number, column = 1) => ({ data, at, row, column });

/** Some samples and one group, whose windows are laid out as rows at a time. */
interface Span {
  readonly rows: number;
  /** How many windows come before. */
  readonly from: number;
  readonly group: number;
}

/** How the windows of images are parted into spans of `room` rows at most, of `line` numbers each. */
function spread(shape: Shape, windows: Windows, groups: number) {
  demandImages('convolve', shape, windows);
  const { height, width, channels, down, across } = windows;
  const samples = shape[0]!;
  const perSample = down * across;
  const image = height * width * channels;
  const count = channels / groups;
  if (!(count >= 1 && Number.isInteger(groups) && Number.isInteger(count))) {
    throw new NormtapeError({
      where: 'groups',
      expected: `a divisor of ${channels} channels`,
      received: groups,
    });
  }
  const line = windows.rows * windows.columns * count;
  const some = Math.min(samples, Math.max(1, Math.floor(ROWS / perSample)));
  function* spans(): Generator<Span> {
    for (let first = 0; first < samples; first += some) {
      const rows = Math.min(some, samples - first) * perSample;
      for (let group = 0; group < groups; group++) yield { rows, from: first * perSample, group };
    }
  }
  return { line, count, image, perSample, room: some * perSample, spans };
}

/** The windows of a span of images as rows; the next span overwrites them. */
function layOut(x: NdArray, windows: Windows, groups: number) {
  const { line, count, image, perSample, room, spans } = spread(x.shape, windows, groups);
  function* batches(): Generator<Span & { readonly laid: Numbers }> {
    const input = flat(x);
    const laid = numbersOf(empty([room, line], x.dtype));
    for (const span of spans()) {
      for (let row = 0; row < span.rows; row += perSample) {
        const from = ((span.from + row) / perSample) * image;
        kernels.unfold(input, from, windows, span.group * count, count, laid, row * line);
      }
      yield { ...span, laid };
    }
  }
  return { line, room, batches };
}

/** Every channel with kernels of its own, [rows, columns, channels, multiplier]: [samples, down, across, channels · multiplier]. */
export function convolveDepthwise(x: NdArray, kernel: NdArray, windows: Windows): Convolved {
  const multiplier = kernel.shape[3]!;
  const { rows, columns, channels } = windows;
  demandShapeOf('convolveDepthwise', kernel, [rows, columns, channels, multiplier]);
  const { image, size, samples, shape } = sized(x, windows, windows.channels * multiplier);
  const [input, weights] = [flat(x), flat(kernel)];
  const value = full(shape, 0, x.dtype);
  const out = numbersOf(value);
  for (let s = 0; s < samples; s++) {
    const sums = new Float64Array(size);
    kernels.depthwise(input, s * image, weights, multiplier, windows, sums);
    out.set(sums, s * size);
  }
  return {
    value,
    back(gradient): readonly [NdArray, NdArray] {
      demandShapeOf('convolveDepthwise.gradient', gradient, shape);
      const [g, pixels, factors] = [flat(gradient), flat(x), flat(kernel)];
      const ofKernel = new Float64Array(sizeOf(kernel.shape));
      const ofX = perSample(x, image, (s, sums) =>
        kernels.depthwiseBack(g, pixels, s * image, s * size, factors, multiplier, windows, sums, ofKernel),
      );
      return [ofX, narrowed(ofKernel, kernel)];
    },
  };
}

/** The maximum of every window, channel by channel; elements that tie share the gradient evenly. */
export function maxPool(x: NdArray, windows: Windows): Pooled {
  const input = flat(x);
  const { image, size, samples, shape } = sized(x, windows, windows.channels);
  const value = full(shape, 0, x.dtype);
  const out = numbersOf(value);
  for (let s = 0; s < samples; s++) kernels.maxPool(input, s * image, windows, out, s * size);
  return {
    value,
    back(gradient) {
      demandShapeOf('maxPool.gradient', gradient, shape);
      const [g, pixels, most] = [flat(gradient), flat(x), flat(value)];
      return perSample(x, image, (s, sums) =>
        kernels.maxPoolBack(g, pixels, s * image, windows, most, s * size, sums),
      );
    },
  };
}

/** The mean of what every window sees of the image, channel by channel. */
export function averagePool(x: NdArray, windows: Windows): Pooled {
  const input = flat(x);
  const { image, size, samples, shape } = sized(x, windows, windows.channels);
  const counts = kernels.seenBy(windows);
  const value = full(shape, 0, x.dtype);
  const out = numbersOf(value);
  for (let s = 0; s < samples; s++) kernels.averagePool(input, s * image, counts, windows, out, s * size);
  return {
    value,
    back(gradient) {
      demandShapeOf('averagePool.gradient', gradient, shape);
      const g = flat(gradient);
      return perSample(x, image, (s, sums) => kernels.averagePoolBack(g, s * size, counts, windows, sums));
    },
  };
}

function sized(x: NdArray, windows: Windows, wide: number) {
  demandImages('windows', x.shape, windows);
  const { height, width, channels, down, across } = windows;
  const samples = x.shape[0]!;
  const shape: Shape = [samples, down, across, wide];
  return { image: height * width * channels, size: down * across * wide, samples, shape };
}

/** A gradient of x that is summed in float64, one sample after the other. */
function perSample(x: NdArray, image: number, add: (sample: number, sums: Float64Array) => void): NdArray {
  const made = full(x.shape, 0, x.dtype);
  const out = numbersOf(made);
  for (let s = 0; s < x.shape[0]!; s++) {
    const sums = new Float64Array(image);
    add(s, sums);
    out.set(sums, s * image);
  }
  return made;
}

/** Throws unless the windows are those of images of this shape. */
function demandImages(where: string, shape: Shape, { height, width, channels }: Windows): void {
  const [samples = 0] = shape;
  if (sameShape(shape, [samples, height, width, channels])) return;
  const expected = `images [samples, ${height}, ${width}, ${channels}]`;
  throw new NormtapeError({ where, expected, received: shape });
}

/** Throws unless the kernel has the size of the windows, and its filters part into the groups. */
function demandKernel(where: string, kernel: NdArray, windows: Windows, groups: number): void {
  const { rows, columns, channels } = windows;
  const filters = kernel.shape[3] ?? 0;
  if (filters % groups === 0 && sameShape(kernel.shape, [rows, columns, channels / groups, filters])) return;
  const expected = `a kernel [${rows}, ${columns}, ${channels / groups}, filters] of ${groups} groups`;
  throw new NormtapeError({ where, expected, received: kernel.shape });
}

/** Throws unless a gradient has the shape of the output. */
function demandAfter(
  where: string,
  gradient: NdArray,
  { shape }: Pick<NdArray, 'shape'>,
  { down, across }: Windows,
  filters: number,
): void {
  demandShapeOf(`${where}.gradient`, gradient, [shape[0]!, down, across, filters]);
}

const narrowed = (sums: Float64Array, like: NdArray): NdArray => filled(sums, like.shape, like.dtype);
