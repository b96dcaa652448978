import { type Shape, positiveAxes } from '../../array/index.js';
import type { Refusal } from '../norm.js';

/** Every axis but the feature axis. */
export function allButFeatures(shape: Shape, axis: number): readonly number[] {
  const features = positiveAxes(axis, shape.length);
  return shape.map((_, i) => i).filter((i) => !features.includes(i));
}

/** Every axis but the batch and the features: the positions of one sample. */
export const positionsOf = (shape: Shape, axis: number): readonly number[] =>
  allButFeatures(shape, axis).filter((i) => i !== 0);

/** Whether the batch comes first, and another axis has the features; otherwise the refusal. */
export function demandBatch(input: Shape, { axis }: { readonly axis: number }): true | Refusal {
  if (input.length < 2) return { expected: 'an input of rank 2 or more, with the batch first' };
  const isBatch = positiveAxes(axis, input.length)[0] === 0;
  return isBatch ? { option: 'axis', expected: 'an axis other than the batch, which is axis 0' } : true;
}
