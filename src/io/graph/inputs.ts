import { type Dtype, Random, draw, isNdArray, sizeOf } from '../../array/index.js';
import { Tensor } from '../../autograd/tape.js';
import { NormtapeError } from '../../error.js';
import { itemsOf } from '../../option/index.js';
import { input, oneHot } from './builder.js';
import type { Node } from './node.js';

/** A shape, in which 'batch' stands for any batch size. */
export type BatchShape = readonly (number | 'batch')[];

interface Settings {
  readonly target?: BatchShape | undefined;
  readonly labels: boolean;
  /** The batch size of this trace. */
  readonly size: number;
  readonly seed: number;
}

/** The tensor that stands for the target: its own input, or the one-hot rows of labels. */
export function targetOf(prediction: Tensor, settings: Settings, leaves: Map<Tensor, Node>): Tensor {
  const { labels, target, size, seed } = settings;
  const { shape: own, dtype } = prediction;
  if (!labels) {
    const shape = target === undefined ? own : sized(target, size);
    const made = new Tensor(draw(shape, uniform(seed), dtype));
    leaves.set(made, input('target', shape));
    return made;
  }
  const classes = own.at(-1)!;
  const rows = Array.from({ length: sizeOf(own) }, (_, i) => Number(i % classes === seed % classes));
  const made = new Tensor(draw(own, () => rows.shift()!, dtype));
  leaves.set(made, oneHot(input('target', own.slice(0, -1), 'integer'), classes));
  return made;
}

/** A shape at a batch size. */
export const sized = (shape: BatchShape, batch: number): number[] =>
  shape.map((n) => (n === 'batch' ? batch : n));

const uniform = (seed: number): (() => number) => {
  const random = new Random(seed + 10);
  return () => random.uniform();
};

/** Numbers to trace with. */
export function normal(shape: readonly number[], seed: number, dtype: Dtype): Tensor {
  const random = new Random(seed);
  return new Tensor(draw(shape, () => random.normal(), dtype));
}

/** The outputs of a model as a list; throws if they are no tensors. */
export function tensorsOf(where: string, output: unknown): readonly Tensor[] {
  const all: readonly unknown[] = Array.isArray(output) && !isNdArray(output) ? output : [output];
  if (all.length > 0 && all.every((one) => one instanceof Tensor)) return all;
  throw new NormtapeError({ where, expected: 'a model that returns tensors', received: output });
}

/** Throws unless a value is a shape of sizes and 'batch'. */
export function demandBatchShape(where: string, shape: unknown): asserts shape is BatchShape {
  const isSize = (n: unknown): boolean => n === 'batch' || (Number.isInteger(n) && (n as number) > 0);
  if (itemsOf(shape)?.every(isSize)) return;
  const expected = "a shape of whole numbers above 0 and 'batch', such as ['batch', 12]";
  throw new NormtapeError({ where, expected, received: shape });
}
