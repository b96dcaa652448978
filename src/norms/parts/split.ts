import { type Shape, across, positiveAxes } from '../../array/index.js';
import type { Refusal } from '../norm.js';

/** The feature axis, and the number of groups of neighbouring features that it is split into. */
export interface Split {
  readonly axis: number;
  readonly groups: number;
}

/** The shape of x with the feature axis split in two: [groups, features of one group]. */
export function splitShape(input: Shape, { axis, groups }: Split): Shape {
  const [at] = positiveAxes(axis, input.length);
  return [...input.slice(0, at), groups, input[at!]! / groups, ...input.slice(at! + 1)];
}

/** In the split shape, the axis along which the features of one group lie. */
export const withinGroup = (input: Shape, axis: number): number => positiveAxes(axis, input.length)[0]! + 1;

/** In the split shape, every axis but the batch and the groups: those that a group of one sample lies along. */
export const sharedAxes = (input: Shape, axis: number): readonly number[] =>
  splitShape(input, { axis, groups: 1 })
    .map((_, i) => i)
    .filter((i) => i !== 0 && i !== withinGroup(input, axis) - 1);

/** The split shape of an array of one number for each position. */
export const positionsSplit = (input: Shape, axis: number): Shape =>
  splitShape(across(input, axis), { axis, groups: 1 });

/** Whether the number that an option states divides the features; otherwise the refusal that names the option. */
export function demandDivisor(input: Shape, axis: number, option: string, divisor: number): true | Refusal {
  const features = input[positiveAxes(axis, input.length)[0]!]!;
  return features % divisor === 0 || { option, expected: `a divisor of ${features} features` };
}

/** The size of a group, or auto: the largest up to 8 that divides the features. */
export type GroupSize = number | 'auto';

const LARGEST_AUTO = 8;

/** The split into groups of a size, which divides the features. */
export function splitBySize(input: Shape, axis: number, size: GroupSize): Split {
  const features = input[positiveAxes(axis, input.length)[0]!]!;
  let own = size === 'auto' ? LARGEST_AUTO : size;
  while (features % own !== 0) own--;
  return { axis, groups: features / own };
}
