import {
  type NdArray,
  type Shape,
  add,
  concat,
  flat,
  max,
  positiveAxes,
  reshape,
  sliceView,
} from '../../array/index.js';
import { standardizeWhere } from './masked.js';
import { blendInTurn } from './running.js';

/** Some neighbouring chunks of one size, and where the first begins in the batch. */
export interface Chunks {
  readonly from: number;
  readonly count: number;
  readonly size: number;
}

/** A batch cut into chunks of a size: all of that size, and then the rest, which is smaller, if there is one. */
export function chunksOf(batch: number, largest: number): readonly Chunks[] {
  const size = Math.min(batch, largest);
  const count = Math.floor(batch / size);
  const rest = batch - count * size;
  const whole = { from: 0, count, size };
  return rest === 0 ? [whole] : [whole, { from: count * size, count: 1, size: rest }];
}

/** The shape of some chunks, with an axis of chunks before that of their samples. */
export const chunkShape = ([, ...rest]: Shape, { count, size }: Chunks): Shape => [count, size, ...rest];

/** In the shape of chunks, every axis but that of chunks and the feature axis. */
export function withinChunk(shape: Shape, axis: number): readonly number[] {
  const [feature] = positiveAxes(axis, shape.length);
  return shape.map((_, i) => i + 1).filter((i) => i !== feature! + 1);
}

/** The running statistics of a batch. */
interface Running {
  readonly moving_mean: NdArray;
  readonly moving_variance: NdArray;
}

/** `standardizeWhere` of each feature in each chunk of a batch. */
export function standardizeChunks(
  mask: NdArray | undefined,
  x: NdArray,
  { axis, epsilon, largest }: { readonly axis: number; readonly epsilon: number; readonly largest: number },
  { gain, shift }: { readonly gain: NdArray | undefined; readonly shift: NdArray | undefined },
) {
  const over = withinChunk(x.shape, axis);
  const weights = { gain, shift, along: positiveAxes(axis, x.shape.length).map((at) => at + 1) };
  const parts = chunksOf(x.shape[0]!, largest).map((chunks) => {
    const counting = mask && cut(mask, chunks);
    return { chunks, counting, unit: standardizeWhere(counting, cut(x, chunks), over, epsilon, weights) };
  });
  const joined = (all: readonly NdArray[]): NdArray =>
    all.length === 1 ? reshape(all[0]!, x.shape) : concat(all.map(together), 0);
  return {
    value: joined(parts.map(({ unit }) => unit.value)),
    pullback(gradient: NdArray) {
      const pulled = parts.map(({ chunks, unit }) => unit.pullback(cut(gradient, chunks)));
      return {
        x: joined(pulled.map(({ x: ofX }) => ofX)),
        gain: gain && pulled.map((one) => one.gain!).reduce(add),
        shift: shift && pulled.map((one) => one.shift!).reduce(add),
      };
    },
    /** The running statistics after all chunks in their order; one in which nothing counts moves none. */
    moved(before: Running, momentum: number): Running {
      let after = before;
      for (const { counting, unit } of parts) {
        const marks = counting && flat(max(counting, counting.shape.map((_, i) => i).slice(1)));
        const counts = (chunk: number) => !marks || marks[chunk] === 1;
        after = {
          moving_mean: blendInTurn(after.moving_mean, unit.center(), momentum, counts),
          moving_variance: blendInTurn(after.moving_variance, unit.variance(), momentum, counts, (part) =>
            unit.varianceShare(part),
          ),
        };
      }
      return after;
    },
  };
}

/** Some chunks of a batch. */
function cut(batch: NdArray, chunks: Chunks): NdArray {
  const { from, count, size } = chunks;
  const whole = count * size === batch.shape[0];
  const own = whole ? batch : sliceView(batch, [[from, from + count * size]]);
  return reshape(own, chunkShape(batch.shape, chunks));
}

/** Chunks as one batch again. */
function together(chunks: NdArray): NdArray {
  const [count, size, ...rest] = chunks.shape;
  return reshape(chunks, [count! * size!, ...rest]);
}
