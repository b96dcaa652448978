import type { Arbitrary } from 'fast-check';
import {
  type Axes,
  type Dtype,
  type NdArray,
  Random,
  type Shape,
  fromFlat,
  map,
  sizeOf,
  store,
} from '../array/index.js';
import { Tensor } from '../autograd/tape.js';
import { NormtapeError } from '../error.js';
import type { Norm } from '../norms/norm.js';
import type { Option, Options, Values } from '../norms/option.js';
import { allocate } from '../norms/owned.js';
import { besideShapes } from '../norms/second-inputs.js';
import { fc } from './peer.js';

export interface Ranks {
  readonly minRank?: number;
  readonly maxRank?: number;
  /** The size of the largest axis. */
  readonly most?: number;
  /** The largest count of numbers. */
  readonly size?: number;
}

/** Shapes without axes of size 0; axes of size 1 and 2 are common. They shrink towards few and small axes. */
export const shapes = ({ minRank = 1, maxRank = 4, most = 4, size = 96 }: Ranks = {}): Arbitrary<Shape> =>
  fc
    .array(fc.integer({ min: 1, max: most }), { minLength: minRank, maxLength: maxRank })
    .filter((shape) => sizeOf(shape) <= size);

/** The most axes that an array can be asked for here. */
const MOST_AXES = 64;

/** One axis of this rank, or several distinct ones in any order, counted from either end. */
export const axes = (rank: number): Arbitrary<Axes> => {
  if (!(rank >= 1 && rank <= MOST_AXES)) {
    const expected = `a rank from 1 to ${MOST_AXES}`;
    throw new NormtapeError({ where: 'arbitraries.axes', expected, received: rank });
  }
  return fc.oneof(
    fc.integer({ min: -rank, max: rank - 1 }),
    fc
      .shuffledSubarray(
        Array.from({ length: rank }, (_, axis) => axis),
        { minLength: 1 },
      )
      .chain((list) => fc.tuple(...list.map((axis) => fc.constantFrom(axis, axis - rank)))),
  );
};

/** Whole numbers to seed a generator with. */
export const seeds = (): Arbitrary<number> => fc.nat();

/** Quarters: exact in binary, and a counterexample of them can be checked by hand. */
const quarters = (min: number, max: number): Arbitrary<number> =>
  fc.integer({ min: Math.ceil(4 * min), max: Math.floor(4 * max) }).map((n) => n / 4);

/** Each number of an array is drawn, and made smaller, by itself: of more than this there is no end. */
const MOST = 2 ** 20;

/** The count of numbers of a shape; throws if they are too many to draw case after case. */
function countIn(shape: Shape): number {
  const size = sizeOf(shape);
  if (size <= MOST) return size;
  const expected = `a shape of at most ${MOST} numbers, which are drawn for every case`;
  throw new NormtapeError({ where: 'verify', expected, received: shape });
}

/** Arrays of quarters between two limits. */
export const arrays = (
  shape: Shape,
  { min = -3, max = 3, dtype = 'float64' }: { min?: number; max?: number; dtype?: Dtype } = {},
): Arbitrary<NdArray> => {
  const size = countIn(shape);
  return fc.array(quarters(min, max), { minLength: size, maxLength: size }).map((numbers) => {
    const data = store(dtype, size);
    data.set(numbers);
    return fromFlat(data, shape);
  });
};

/** Ones and zeros. */
export const masks = (shape: Shape, dtype: Dtype = 'float64'): Arbitrary<NdArray> =>
  arrays(shape, { min: 0, max: 1, dtype }).map((a) => map(a, Math.round));

/** The kinds of rows of numbers; each breaks some implementation of some norm. */
const ROWS = ['mixed', 'constant', 'zero', 'one hot', 'offset', 'ties'] as const;

type RowKind = (typeof ROWS)[number];

export interface RowRange {
  readonly dtype?: Dtype;
  /** The powers of two that the largest numbers of rows lie between. */
  readonly from?: number;
  readonly to?: number;
  readonly kinds?: readonly RowKind[];
}

/**
 * Arrays whose rows are `sign · m · 2ᵏ`, with m in [1, 2), one exponent a row and a jitter of each number; and rows
 * that are constant, zero, one-hot, tied, or far from 0 relative to their spread. Rows lie along the last axis, or the
 * whole array is one. Drawn number by number, nearly every row would have one huge number, and dust relative to it.
 */
export const structured = (
  shape: Shape,
  { dtype = 'float64', from = -12, to = 12, kinds = ROWS }: RowRange = {},
): Arbitrary<NdArray> =>
  fc
    .record({
      rows: fc.array(
        fc.record({ kind: fc.constantFrom(...kinds), exponent: fc.integer({ min: from, max: to }) }),
        { minLength: 1, maxLength: 4 },
      ),
      whole: fc.boolean(),
      seed: seeds(),
    })
    .map(({ rows, whole, seed }) => {
      const size = countIn(shape);
      const width = whole ? size : (shape.at(-1) ?? 1);
      const random = new Random(seed);
      const data = store(dtype, size);
      for (let row = 0; row * width < size; row++) {
        const { kind, exponent } = rows[row % rows.length]!;
        data.set(rowOf(kind, width, exponent, random), row * width);
      }
      return fromFlat(data, shape);
    });

function rowOf(kind: RowKind, width: number, exponent: number, random: Random): Float64Array {
  const size = 2 ** exponent;
  const number = (jitter = 6) =>
    (random.integer(2) ? 1 : -1) * (1 + random.uniform()) * size * 2 ** -random.integer(jitter);
  const row = new Float64Array(width);
  switch (kind) {
    case 'zero':
      return row;
    case 'constant':
      return row.fill(number(1));
    case 'one hot':
      row[random.integer(width)] = number(1);
      return row;
    case 'ties': {
      const few = [number(), number()];
      return row.map(() => few[random.integer(2)]!);
    }
    case 'offset': {
      const spread = 2 ** -(6 + random.integer(14));
      const offset = number(1);
      return row.map(() => offset + spread * number());
    }
    case 'mixed':
      return row.map(() => number());
  }
}

/** Tensors of either sort: quarters for which a law can be checked by hand, and structured rows. */
export const tensors = (shape: Shape, range: RowRange = {}): Arbitrary<Tensor> =>
  inputs(shape, range).map((value) => new Tensor(value));

/** The same as arrays. Whatever fails shrinks to quarters if these fail too. */
export const inputs = (shape: Shape, range: RowRange = {}): Arbitrary<NdArray> =>
  fc.oneof(
    { withCrossShrink: true },
    { arbitrary: arrays(shape, { dtype: range.dtype ?? 'float64' }), weight: 2 },
    { arbitrary: structured(shape, range), weight: 3 },
  );

/** A value of one option: its default, or any within the range worth exploring; an axis is one of this rank. */
export function setting(option: Option, rank: number): Arbitrary<Option['default']> {
  switch (option.kind) {
    case 'number or word':
      return fc.oneof(
        fc.constantFrom(option.default, ...option.words),
        setting({ ...option, kind: 'number', default: option.explore[0], aliases: [] }, rank),
      );
    case 'number or null':
      return fc.oneof(
        fc.constantFrom(option.default, null, ...option.explore),
        between(option.explore, option.whole),
      );
    case 'number': {
      const [min, max] = option.explore;
      const number = option.whole ? fc.integer({ min, max }) : fc.double({ min, max, noNaN: true });
      return fc.oneof(
        { withCrossShrink: true },
        { arbitrary: fc.constant(option.default), weight: 1 },
        // A law may hold at an end of the range alone.
        { arbitrary: fc.constantFrom(min, max), weight: 1 },
        { arbitrary: number, weight: 2 },
      );
    }
    case 'flag':
      return fc.boolean();
    case 'choice':
      return fc.constantFrom(...option.choices);
    case 'axis':
      return fc.integer({ min: -rank, max: rank - 1 });
    case 'axes':
      return option.empty
        ? fc.oneof({ arbitrary: axes(rank), weight: 4 }, { arbitrary: fc.constant([]), weight: 1 })
        : axes(rank);
    case 'seed':
      return seeds();
    case 'numbers':
    case 'text':
    case 'part':
      return fc.constant(option.default);
  }
}

/** Sixteenths of the way from one limit to another: both ends are special, and nothing subnormal lies next to 0. */
const between = ([from, to]: readonly [number, number], whole = false): Arbitrary<number> =>
  fc.integer({ min: 0, max: 16 }).map((step) => {
    const value = from + ((to - from) * step) / 16;
    return whole ? Math.round(value) : value;
  });

/** The options of a norm, for an input of this rank. */
export const options = (norm: Norm, rank: number): Arbitrary<Values<Options>> =>
  fc.record(
    Object.fromEntries(Object.entries(norm.options).map(([name, option]) => [name, setting(option, rank)])),
  );

type Owner = Pick<Norm, 'parameters' | 'state'>;

/** Weights of a norm, of both signs. */
export const weights = (norm: Owner, shape: Shape, under: Values<Options>, dtype: Dtype = 'float64') =>
  like(allocate(norm.parameters, shape, under, { dtype }), -2, 2, dtype).map((all) =>
    Object.fromEntries(
      Object.entries(all).map(([name, a]) => {
        const divides = norm.parameters[name]?.divides?.(under as never) ?? false;
        return [name, divides ? map(a, (value) => value || 1) : a];
      }),
    ),
  );

/**
 * Running statistics of a norm: those of a new layer, or others above 0; only others for a norm that starts them from the
 * first input, which is not known here.
 */
export const statistics = (
  norm: Owner & Pick<Norm, 'start'>,
  shape: Shape,
  under: Values<Options>,
  dtype: Dtype = 'float64',
) => {
  const initial = allocate(norm.state, shape, under, { dtype });
  const others = { arbitrary: like(initial, 0.25, 2, dtype), weight: 3 };
  return norm.start || Object.keys(initial).length === 0
    ? others.arbitrary
    : fc.oneof({ withCrossShrink: true }, others, { arbitrary: fc.constant(initial), weight: 1 });
};

/** The inputs of a norm besides x, of both signs; an axis of any size is as long as that of x, or 2. */
export const secondInputs = (
  { inputs: declared }: Pick<Norm, 'inputs'>,
  shape: Shape,
  under: Values<Options>,
  dtype: Dtype = 'float64',
) =>
  fc.record(
    Object.fromEntries(
      Object.entries(besideShapes(declared, shape, under)).map(([name, own]) => [
        name,
        arrays(own, { min: -2, max: 2, dtype }),
      ]),
    ),
  );

const like = (own: Readonly<Record<string, NdArray>>, min: number, max: number, dtype: Dtype) =>
  fc.record(
    Object.fromEntries(
      Object.entries(own).map(([name, { shape }]) => [name, arrays(shape, { min, max, dtype })]),
    ),
  );
