import {
  type Dtype,
  Random,
  type Shape,
  demandShape,
  draw,
  drawNormal,
  drawUniform,
  full as filled,
  sizeOf,
} from '../array/index.js';
import { Tensor } from '../autograd/tape.js';
import { NormtapeError } from '../error.js';
import { type Indices, picksOf } from './indices.js';
import { type Given, type Options, choice, completed, flag, number, resolve, seed } from '../option/index.js';

const KIND = { dtype: choice('float32', 'What the numbers are kept in.', ['float32', 'float64']) };

const anywhere = { explore: [-1, 1] } as const;

const NORMAL = {
  seed: seed('The same seed gives the same numbers.'),
  mean: number(0, 'Where the middle is.', anywhere),
  standardDeviation: number(1, 'How far they spread.', { min: 0, explore: [0.1, 2] }),
  ...KIND,
};

const UNIFORM = {
  seed: NORMAL.seed,
  low: number(0, 'The lower bound.', anywhere),
  high: number(1, 'The upper bound, which is not reached.', anywhere),
  ...KIND,
};

interface Kind {
  /** The dtype. Default: float32. */
  readonly dtype?: Dtype;
}

/** The options of a random tensor; the seed is required. */
type Drawn<D extends Options> = Given<D> & { readonly seed: number };

/** A tensor filled with one number. Throws if the shape, the number or the dtype is invalid. */
export const full = (shape: Shape, value: number, kind: Kind = {}): Tensor =>
  constant('full', shape, value, kind);

/** A tensor of zeros, float32 unless `dtype` says otherwise. */
export const zeros = (shape: Shape, kind: Kind = {}): Tensor => constant('zeros', shape, 0, kind);

/** A tensor of ones, float32 unless `dtype` says otherwise. */
export const ones = (shape: Shape, kind: Kind = {}): Tensor => constant('ones', shape, 1, kind);

function constant(where: string, shape: Shape, value: number, kind: Kind): Tensor {
  const { dtype } = resolve(where, KIND, kind);
  if (typeof value !== 'number') throw new NormtapeError({ where, expected: 'a number', received: value });
  return new Tensor(filled(checked(where, shape), value, dtype));
}

/** The numbers from start to below stop, in steps of 1 or of `step`. A single number is the stop, and start is 0. */
export function arange(stop: number, kind?: Kind): Tensor;
export function arange(start: number, stop: number, kind?: Kind): Tensor;
export function arange(start: number, stop: number | undefined, step: number, kind?: Kind): Tensor;
export function arange(...given: readonly (number | Kind | undefined)[]): Tensor {
  const at = given.findIndex((value) => typeof value === 'object');
  const { dtype } = resolve('arange', KIND, at < 0 ? {} : (given[at] as Kind));
  const [first, second, step = 1, ...rest] = (at < 0 ? given : given.slice(0, at)) as readonly number[];
  const [from, to] = second === undefined ? [0, first] : [first, second];
  if (![from, to, step].every(Number.isFinite) || step === 0 || rest.length > 0) {
    const expected = 'up to three finite numbers, start, stop and a step other than 0';
    throw new NormtapeError({ where: 'arange', expected, received: given });
  }
  let i = 0;
  const count = Math.max(0, Math.ceil((to! - from!) / step));
  return new Tensor(draw(checked('arange', [count]), () => from! + step * i++, dtype));
}

const TRIANGLE = {
  upper: flag(false, 'Whether the triangle lies above the diagonal.'),
  diagonal: number(0, 'How far above the main diagonal it ends.', { whole: true, explore: [-2, 2] }),
  ...KIND,
};

/**
 * A mask of [rows, columns], square if one number is given: 1 on the diagonal and below it, 0 above; with `upper` 1 on the
 * diagonal and above. `diagonal` moves the diagonal up by so many columns, or down if it is negative.
 * `triangle(n)` is the mask of causal attention.
 *
 * @throws {NormtapeError} If the size is not a whole number from 0, or two of them.
 */
export function triangle(
  size: number | readonly [rows: number, columns: number],
  given: Given<typeof TRIANGLE> = {},
): Tensor {
  const { upper, diagonal, dtype } = resolve('triangle', TRIANGLE, given);
  const shape = checked('triangle', typeof size === 'number' ? [size, size] : size);
  const [, columns, ...more] = shape;
  if (columns === undefined || more.length > 0) {
    throw new NormtapeError({ where: 'triangle', expected: 'one size, or rows and columns', received: size });
  }
  let i = 0;
  const next = (): number => {
    const [row, column] = [Math.floor(i / columns), i % columns];
    i += 1;
    return Number(upper ? column >= row + diagonal : column <= row + diagonal);
  };
  return new Tensor(draw(shape, next, dtype));
}

/**
 * One-hot vectors, 1 at the position of an index and 0 elsewhere: indices of any shape become [...shape, classes].
 *
 * @throws {NormtapeError} If an index is not a whole number from 0 to classes − 1.
 */
export function oneHot(indices: Indices | Tensor, classes: number, given: Kind = {}): Tensor {
  const { dtype } = resolve('oneHot', KIND, given);
  const { data, shape } = picksOf('oneHot', indices);
  const whole = checked('oneHot', [...shape, classes]);
  const stray = data.find((index) => index < 0 || index >= classes);
  if (stray !== undefined) {
    const expected = `whole numbers from 0 to ${classes - 1}`;
    throw new NormtapeError({ where: 'oneHot', expected, received: stray });
  }
  let i = 0;
  const next = (): number => {
    const [row, column] = [Math.floor(i / classes), i % classes];
    i += 1;
    return Number(data[row] === column);
  };
  return new Tensor(draw(whole, next, dtype));
}

/** Independent normal numbers. Throws if there is no seed, or an option is invalid. */
export function randomNormal(shape: Shape, given: Drawn<typeof NORMAL>): Tensor {
  const { seed, mean, standardDeviation, dtype } = resolve(
    'randomNormal',
    NORMAL,
    seeded('randomNormal', given),
  );
  const random = new Random(seed!);
  return new Tensor(drawNormal(random, checked('randomNormal', shape), mean, standardDeviation, dtype));
}

/** Independent uniform numbers in [low, high). Throws if there is no seed, or an option is invalid. */
export function randomUniform(shape: Shape, given: Drawn<typeof UNIFORM>): Tensor {
  const { seed, low, high, dtype } = resolve('randomUniform', UNIFORM, seeded('randomUniform', given));
  if (low > high) {
    throw new NormtapeError({
      where: 'randomUniform.high',
      expected: `at least low, ${low}`,
      received: high,
    });
  }
  const random = new Random(seed!);
  return new Tensor(drawUniform(random, checked('randomUniform', shape), low, high, dtype));
}

// A seed is never left to a default: null, unlike undefined, is refused.
const seeded = <G extends object>(where: string, given: G | undefined): G =>
  completed(where, given ?? ({} as G), { seed: null } as object);

function checked(where: string, shape: Shape): Shape {
  demandShape(where, shape);
  if (sizeOf(shape) < 2 ** 31) return shape;
  throw new NormtapeError({ where, expected: 'a shape of fewer than 2³¹ elements', received: shape });
}
