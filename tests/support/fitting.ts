import type { Shape } from '../../src/array/index.js';
import type { Norm } from '../../src/norms/norm.js';
import { read } from '../../src/norms/option.js';

/** Those of these shapes that a norm accepts: some need more axes than others. */
export function allFitting(norm: Norm, shapes: readonly Shape[], given: object = {}): readonly Shape[] {
  const { values } = read(norm.type, norm.options, given);
  const found = shapes.filter((shape) => (norm.accepts?.(shape, values as never) ?? true) === true);
  if (found.length === 0) throw new Error(`${norm.type} accepts none of ${JSON.stringify(shapes)}`);
  return found;
}

/** The first of these shapes that a norm accepts. */
export const fitting = (norm: Norm, shapes: readonly Shape[], given: object = {}): Shape =>
  allFitting(norm, shapes, given)[0]!;

/** The shape, with an axis of size 1 behind the first if the norm needs three axes. */
export const threeIfNeeded = (norm: Norm, [batch, ...rest]: Shape): Shape =>
  fitting(norm, [
    [batch!, ...rest],
    [batch!, 1, ...rest],
  ]);
