import { type NdArray, map, square, sum, zip, isNdArray } from '../array/index.js';
import type { Constraint } from '../autograd/parameter.js';
import { demand, demandText } from '../demand.js';
import { NormtapeError } from '../error.js';
import {
  type Options,
  type Part,
  type PartOf,
  type Values,
  axes,
  number,
  resolvePart,
} from '../option/index.js';

/** A kind of constraint: its text, its options, and the function that they make. */
export interface ConstraintPart<D extends Options = Options> extends Part<D> {
  /** Throws, in the name of `where`, if options contradict each other. */
  make(options: Values<D>, where: string): Constraint | undefined;
}

/** How a constraint is stated: 'non_neg', or { type: 'max_norm', maxValue: 3 }. */
export type StatedConstraint = PartOf<typeof constraints>;

/** Keeps the denominator above 0; the value of Keras. */
const FUZZ = 1e-7;

const together = axes(0, 'The axes along which one length is measured.');

const define = <D extends Options>(member: ConstraintPart<D>): ConstraintPart<D> => member;

export const constraints = {
  none: define({ about: 'Allows every value.', options: {}, make: () => undefined }),

  max_norm: define({
    about: 'w · min(‖w‖, maxValue) / (‖w‖ + 1e-7): no longer than maxValue (Srebro and Shraibman 2005).',
    options: {
      maxValue: number(2, 'The greatest length.', { min: 0, explore: [0.5, 4] }),
      axis: together,
    },
    make:
      ({ maxValue, axis }) =>
      (w) =>
        scaled(w, lengths(w, axis), (length) => Math.min(length, maxValue) / (length + FUZZ)),
  }),

  non_neg: define({
    about: 'max(w, 0): no weight below 0.',
    options: {},
    make: () => (w) => map(w, (x) => (x < 0 ? 0 : x)),
  }),

  unit_norm: define({
    about: 'w / (‖w‖ + 1e-7): of length 1.',
    options: { axis: together },
    make:
      ({ axis }) =>
      (w) =>
        scaled(w, lengths(w, axis), (length) => 1 / (length + FUZZ)),
  }),

  min_value: define({
    about:
      'min(max(w, minValue), maxValue): no weight below minValue, nor above maxValue where that is given.',
    options: {
      minValue: number(0, 'The least value.', { explore: [0, 1] }),
      maxValue: number(Infinity, 'The greatest value; left out, there is none.', { explore: [1, 2] }),
    },
    make({ minValue, maxValue }, where) {
      if (minValue > maxValue) {
        const expected = `at most maxValue, ${maxValue}`;
        throw new NormtapeError({ where: `${where}.minValue`, expected, received: minValue });
      }
      // Compares instead of using min and max, so that NaN stays NaN and 0 keeps its sign.
      return (w) => map(w, (x) => (x < minValue ? minValue : x > maxValue ? maxValue : x));
    },
  }),
};

/**
 * The constraint of a name, or of an object with its type and options; undefined for 'none'.
 * Throws if there is none of that type, or where an option is wrong.
 */
export function constraint(stated: StatedConstraint, where = 'constraint'): Constraint | undefined {
  const family: Readonly<Record<string, ConstraintPart>> = constraints;
  demandText('constraint: where', where);
  const { member, options } = resolvePart(where, family, stated);
  const nearest = member.make(options, where);
  return (
    nearest &&
    ((weight) => {
      demand(where, 'an NdArray', isNdArray, weight);
      return nearest(weight);
    })
  );
}

const lengths = (w: NdArray, axis: number | readonly number[]): NdArray =>
  map(sum(square(w), axis), Math.sqrt);

const scaled = (w: NdArray, length: NdArray, factor: (length: number) => number): NdArray =>
  zip(w, length, (x, l) => x * factor(l));
