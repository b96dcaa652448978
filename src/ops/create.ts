import { type Dtype, Random, type Shape, draw, full as filled, sizeOf } from '../array/index.js';
import { Tensor } from '../autograd/tape.js';
import { NormtapeError } from '../error.js';

interface Kind {
  /** float32 when left out. */
  readonly dtype?: Dtype;
}

interface Drawn extends Kind {
  /** The same seed gives the same numbers. */
  readonly seed: number;
}

/** A tensor of one number everywhere. */
export function full(shape: Shape, value: number, { dtype = 'float32' }: Kind = {}): Tensor {
  return new Tensor(filled(checked('full', shape), value, dtype));
}

export const zeros = (shape: Shape, kind?: Kind): Tensor => full(shape, 0, kind);

export const ones = (shape: Shape, kind?: Kind): Tensor => full(shape, 1, kind);

/** The numbers from start to below stop, in equal steps; with one number given, from 0 to below it by 1. */
export function arange(start: number, stop?: number, step = 1, { dtype = 'float32' }: Kind = {}): Tensor {
  const [from, to] = stop === undefined ? [0, start] : [start, stop];
  if (![from, to, step].every(Number.isFinite) || step === 0) {
    const expected = 'finite numbers and a step other than 0';
    throw new NormtapeError({ where: 'arange', expected, received: [from, to, step] });
  }
  let i = 0;
  const count = Math.max(0, Math.ceil((to - from) / step));
  return new Tensor(draw([count], () => from + step * i++, dtype));
}

/** Independent normal numbers. */
export function randomNormal(
  shape: Shape,
  {
    seed,
    mean = 0,
    standardDeviation = 1,
    dtype = 'float32',
  }: Drawn & { readonly mean?: number; readonly standardDeviation?: number },
): Tensor {
  const random = new Random(seed);
  const next = () => mean + standardDeviation * random.normal();
  return new Tensor(draw(checked('randomNormal', shape), next, dtype));
}

/** Independent uniform numbers in [low, high). */
export function randomUniform(
  shape: Shape,
  { seed, low = 0, high = 1, dtype = 'float32' }: Drawn & { readonly low?: number; readonly high?: number },
): Tensor {
  const random = new Random(seed);
  const next = () => low + (high - low) * random.uniform();
  return new Tensor(draw(checked('randomUniform', shape), next, dtype));
}

function checked(where: string, shape: Shape): Shape {
  if (Array.isArray(shape) && shape.every((n) => Number.isInteger(n) && n >= 0) && sizeOf(shape) < 2 ** 31) {
    return shape;
  }
  throw new NormtapeError({ where, expected: 'a list of whole numbers from 0', received: shape });
}
