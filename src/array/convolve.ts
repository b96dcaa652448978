import * as kernels from '../kernels/index.js';
import type { Windows } from '../kernels/index.js';
import { type NdArray, type Numbers, type Shape, fromFlat, sizeOf, store } from './array.js';
import { flat } from './contiguous.js';

/** What was computed of images and a kernel, and the way back. */
export interface Convolved {
  readonly value: NdArray;
  back(gradient: NdArray): readonly [x: NdArray, kernel: NdArray];
}

/** What was computed of images, and the way back. */
export interface Pooled {
  readonly value: NdArray;
  back(gradient: NdArray): NdArray;
}

/** About how many windows are laid out as rows at a time. */
const ROWS = 1024;

/**
 * The product of every window of x with the kernel [rows, columns, channels / groups, filters]: [samples, down, across,
 * filters]. Filters are parted into groups as channels are. Windows are laid out as rows, some samples at a time, and
 * again on the way back, so that they are not kept.
 */
export function convolve(x: NdArray, kernel: NdArray, windows: Windows, groups: number): Convolved {
  const { rows, columns, channels, down, across } = windows;
  const samples = x.shape[0]!;
  const filters = kernel.shape[3]!;
  const [input, weights] = [flat(x), flat(kernel)];
  const count = channels / groups;
  const own = filters / groups;
  const line = rows * columns * count;
  const perSample = down * across;
  const some = Math.max(1, Math.floor(ROWS / perSample));
  const image = windows.height * windows.width * channels;
  const shape = [samples, down, across, filters];

  const laid = store(x.dtype, Math.min(some, samples) * perSample * line);
  const batch = store(x.dtype, Math.min(some, samples) * perSample * own);
  const lay = (first: number, many: number, group: number): void => {
    for (let s = 0; s < many; s++)
      kernels.convolve.unfold(
        input,
        (first + s) * image,
        windows,
        group * count,
        count,
        laid,
        s * perSample * line,
      );
  };
  const matrix = (data: Numbers, at: number, row: number, column = 1) => ({ data, at, row, column });

  const out = store(x.dtype, sizeOf(shape));
  for (let first = 0; first < samples; first += some) {
    const many = Math.min(some, samples - first);
    for (let group = 0; group < groups; group++) {
      lay(first, many, group);
      const ofGroup = matrix(weights, group * own, filters);
      const to = first * perSample * filters;
      if (groups === 1) {
        kernels.matmul(many * perSample, line, own, matrix(laid, 0, line), ofGroup, out, to);
      } else {
        kernels.matmul(many * perSample, line, own, matrix(laid, 0, line), ofGroup, batch, 0);
        kernels.elementwise.copy(many * perSample, own, batch, { at: 0, row: own, column: 1 }, out, {
          at: to + group * own,
          row: filters,
          column: 1,
        });
      }
    }
  }
  return {
    value: fromFlat(out, shape),
    back(gradient) {
      const g = flat(gradient);
      const ofX = store(x.dtype, sizeOf(x.shape));
      const ofKernel = new Float64Array(sizeOf(kernel.shape));
      const product = store(x.dtype, line * own);
      const pulled = store(x.dtype, laid.length);
      for (let first = 0; first < samples; first += some) {
        const many = Math.min(some, samples - first);
        const sums = new Float64Array(many * image);
        for (let group = 0; group < groups; group++) {
          lay(first, many, group);
          const ofGroup = matrix(g, first * perSample * filters + group * own, filters);
          // dK = Wᵀ G over the rows W of windows, and dW = G Kᵀ.
          kernels.matmul(line, many * perSample, own, matrix(laid, 0, 1, line), ofGroup, product, 0);
          kernels.convolve.addPart(product, line, own, ofKernel, group * own, filters);
          const turned = matrix(weights, group * own, 1, filters);
          kernels.matmul(many * perSample, own, line, ofGroup, turned, pulled, 0);
          for (let s = 0; s < many; s++) {
            const at = s * perSample * line;
            kernels.convolve.refold(pulled, at, windows, group * count, count, sums, s * image);
          }
        }
        ofX.set(sums, first * image);
      }
      return [fromFlat(ofX, x.shape), narrowed(ofKernel, kernel)];
    },
  };
}

/** Every channel with kernels of its own, [rows, columns, channels, multiplier]: [samples, down, across, channels · multiplier]. */
export function convolveDepthwise(x: NdArray, kernel: NdArray, windows: Windows): Convolved {
  const multiplier = kernel.shape[3]!;
  const [input, weights] = [flat(x), flat(kernel)];
  const { image, size, samples, shape } = sized(x, windows, windows.channels * multiplier);
  const out = store(x.dtype, sizeOf(shape));
  for (let s = 0; s < samples; s++) {
    const sums = new Float64Array(size);
    kernels.convolve.depthwise(input, s * image, weights, multiplier, windows, sums);
    out.set(sums, s * size);
  }
  return {
    value: fromFlat(out, shape),
    back(gradient) {
      const g = flat(gradient);
      const ofKernel = new Float64Array(sizeOf(kernel.shape));
      const ofX = perSample(x, image, (s, sums) =>
        kernels.convolve.depthwiseBack(
          g,
          input,
          s * image,
          s * size,
          weights,
          multiplier,
          windows,
          sums,
          ofKernel,
        ),
      );
      return [ofX, narrowed(ofKernel, kernel)];
    },
  };
}

/** The largest of every window, channel by channel; those that tie share the gradient evenly. */
export function maxPool(x: NdArray, windows: Windows): Pooled {
  const input = flat(x);
  const { image, size, samples, shape } = sized(x, windows, windows.channels);
  const out = store(x.dtype, sizeOf(shape));
  for (let s = 0; s < samples; s++) kernels.convolve.maxPool(input, s * image, windows, out, s * size);
  return {
    value: fromFlat(out, shape),
    back(gradient) {
      const g = flat(gradient);
      return perSample(x, image, (s, sums) =>
        kernels.convolve.maxPoolBack(g, input, s * image, windows, out, s * size, sums),
      );
    },
  };
}

/** The mean of what every window sees of the image, channel by channel. */
export function averagePool(x: NdArray, windows: Windows): Pooled {
  const input = flat(x);
  const { image, size, samples, shape } = sized(x, windows, windows.channels);
  const counts = kernels.convolve.seenBy(windows);
  const out = store(x.dtype, sizeOf(shape));
  for (let s = 0; s < samples; s++)
    kernels.convolve.averagePool(input, s * image, counts, windows, out, s * size);
  return {
    value: fromFlat(out, shape),
    back(gradient) {
      const g = flat(gradient);
      return perSample(x, image, (s, sums) =>
        kernels.convolve.averagePoolBack(g, s * size, counts, windows, sums),
      );
    },
  };
}

function sized(x: NdArray, { height, width, channels, down, across }: Windows, wide: number) {
  const samples = x.shape[0]!;
  const shape: Shape = [samples, down, across, wide];
  return { image: height * width * channels, size: down * across * wide, samples, shape };
}

/** A gradient of x that is summed in float64, one sample after the other. */
function perSample(x: NdArray, image: number, add: (sample: number, sums: Float64Array) => void): NdArray {
  const out = store(x.dtype, sizeOf(x.shape));
  for (let s = 0; s < x.shape[0]!; s++) {
    const sums = new Float64Array(image);
    add(s, sums);
    out.set(sums, s * image);
  }
  return fromFlat(out, x.shape);
}

const narrowed = (sums: Float64Array, like: NdArray): NdArray =>
  fromFlat(like.dtype === 'float64' ? sums : Float32Array.from(sums), like.shape);
