import { isList } from '../demand.js';
import { NormtapeError } from '../error.js';
import { type Shape, sizeOf } from './array.js';
import type { Item } from './json.js';

/** The most axes of an array that is read: lists that lie deeper hold themselves, or no data. */
export const MOST_AXES = 64;

/** Nested lists hold fewer numbers than this: one short list, repeated, may claim any count. */
const MOST_LISTED = 2 ** 27;

/** The shape that nested lists claim, by the first item at each level; no number is read. Throws if they lie too deep. */
export function claimedBy(nested: unknown): number[] {
  const shape: number[] = [];
  for (let level = nested; isList(level); level = level[0]) {
    if (shape.length === MOST_AXES) {
      const expected = `lists in at most ${MOST_AXES} levels`;
      throw new NormtapeError({
        where: 'tensor',
        expected,
        received: 'deeper lists, such as a list that contains itself',
      });
    }
    shape.push(level.length);
  }
  return shape;
}

/** The numbers of nested lists of this shape, in row-major order. Throws if a level has another length. */
export function readNested(nested: unknown, shape: Shape, item: Item): number[] {
  if (!(sizeOf(shape) < MOST_LISTED)) {
    const hint = 'A typed array or an NdArray holds more.';
    throw new NormtapeError({
      where: 'tensor',
      expected: 'lists of fewer than 2²⁷ numbers',
      received: shape,
      hint,
    });
  }
  const data: number[] = [];
  const collect = (level: unknown, axis: number): void => {
    const number = axis === shape.length ? item(level) : undefined;
    if (number !== undefined) return void data.push(number);
    if (axis === shape.length || !isList(level) || level.length !== shape[axis]) {
      const expected = axis === shape.length ? 'a number' : `a list of ${shape[axis]}`;
      throw new NormtapeError({ where: 'tensor', expected: `${expected} at depth ${axis}`, received: level });
    }
    for (let i = 0; i < level.length; i++) collect(level[i], axis + 1);
  };
  collect(nested, 0);
  return data;
}
