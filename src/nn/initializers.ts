import {
  type Dtype,
  type NdArray,
  type Shape,
  Random,
  anySeed,
  demandShape,
  draw,
  drawNormal,
  drawUniform,
  full,
  knownDtype,
  sizeOf,
} from '../array/index.js';
import { demandText } from '../demand.js';
import { NormtapeError } from '../error.js';
import {
  type Options,
  type Part,
  type PartOf,
  type Values,
  number,
  plain,
  resolvePart,
  seed,
} from '../option/index.js';
import { orthonormal } from './orthonormal.js';
import { areWeightsReplaced, demandRoomFor } from './room.js';

/** The weight that an initializer makes. */
interface Weight {
  readonly shape: Shape;
  readonly dtype: Dtype;
  /** The stream of random numbers, from the initializer's seed or the layer's. */
  readonly random: Random;
  /** The name of the caller, for errors. */
  readonly where: string;
  readonly fans: Fans;
}

/** The fan in, the number of inputs of each output of a layer, and the fan out. */
export interface Fans {
  readonly fanIn: number;
  readonly fanOut: number;
}

/** A kind of initializer: its text, its options, and how it makes a weight. */
export interface InitializerPart<D extends Options = Options> extends Part<D> {
  make(weight: Weight, options: Values<D>): NdArray;
}

/** How an initializer is stated: 'zeros', or { type: 'random_normal', stddev: 0.1 }. */
export type StatedInitializer = PartOf<typeof initializers>;

const own = { seed: seed("The seed; left out, the layer's.") };
const anywhere = { explore: [-1, 1] } as const;
const mean = number(0, 'The mean.', anywhere);
const stddev = number(0.05, 'The standard deviation.', { min: 0, explore: [0, 1] });

const define = <D extends Options>(member: InitializerPart<D>): InitializerPart<D> => member;

export const initializers = {
  zeros: define({
    about: '0 everywhere.',
    options: {},
    make: ({ shape, dtype }) => full(shape, 0, dtype),
  }),

  ones: define({
    about: '1 everywhere.',
    options: {},
    make: ({ shape, dtype }) => full(shape, 1, dtype),
  }),

  constant: define({
    about: 'One value everywhere.',
    options: { value: number(0, 'The value.', anywhere) },
    make: ({ shape, dtype }, { value }) => full(shape, value, dtype),
  }),

  random_normal: define({
    about: 'Normal.',
    options: { mean, stddev, ...own },
    make: (weight, options) => normal(weight, options),
  }),

  random_uniform: define({
    about: 'Uniform from minval to maxval.',
    options: {
      minval: number(-0.05, 'The lower bound.', anywhere),
      maxval: number(0.05, 'The upper bound.', anywhere),
      ...own,
    },
    make: (weight, { minval, maxval }) => uniform(weight, minval, maxval),
  }),

  truncated_normal: define({
    about: 'Normal, drawn again wherever it is more than two standard deviations from the mean.',
    options: { mean, stddev, ...own },
    make: (weight, options) => truncated(weight, options),
  }),

  glorot_uniform: define({
    about: 'Uniform within ±√(6 / (fanIn + fanOut)) (Glorot and Bengio 2010).',
    options: own,
    make: (weight) => within(weight, Math.sqrt(3 / average(weight))),
  }),

  glorot_normal: define({
    about: 'Normal, truncated, of variance 2 / (fanIn + fanOut) (Glorot and Bengio 2010).',
    options: own,
    make: (weight) => ofVariance(weight, 1 / average(weight)),
  }),

  he_uniform: define({
    about: 'Uniform within ±√(6 / fanIn), for relu (He et al. 2015).',
    options: own,
    make: (weight) => within(weight, Math.sqrt(6 / weight.fans.fanIn)),
  }),

  he_normal: define({
    about: 'Normal, truncated, of variance 2 / fanIn, for relu (He et al. 2015).',
    options: own,
    make: (weight) => ofVariance(weight, 2 / weight.fans.fanIn),
  }),

  orthogonal: define({
    about:
      'gain times a random matrix with orthonormal rows or columns (Saxe et al. 2014); for rank 2 or more.',
    options: { gain: number(1, 'What the matrix is multiplied by.', { explore: [0.5, 2] }), ...own },
    make({ shape, dtype, random, where }, { gain }) {
      const columns = shape.at(-1);
      if (columns === undefined || shape.length < 2) {
        throw new NormtapeError({ where, expected: 'a weight of rank 2 or more', received: shape });
      }
      const entries = orthonormal(sizeOf(shape.slice(0, -1)), columns, () => random.normal());
      let next = 0;
      return draw(shape, () => gain * entries[next++]!, dtype);
    },
  }),
};

export interface InitializeOptions {
  /** float32 by default. */
  readonly dtype?: Dtype;
  /** The seed of an initializer that states none; drawn by default. */
  readonly seed?: number;
  /** The name of the caller, for errors. */
  readonly where?: string;
  /** By default taken from the shape, [...window, inputs, outputs], as in Keras; for a vector, both are its length. */
  readonly fans?: Fans | undefined;
}

/**
 * A weight of this shape, drawn by an initializer: its name, or an object with its type and options. The same seed
 * gives the same bits. Throws if the type is unknown or an option is invalid.
 */
export function initialize(stated: StatedInitializer, shape: Shape, given: InitializeOptions = {}): NdArray {
  const {
    dtype = 'float32',
    seed: fallback = anySeed(),
    where = 'initializer',
    fans,
  } = plain('initialize', given);
  demandText('initialize: where', where);
  demandShape(where, shape);
  knownDtype(where, dtype);
  const family: Readonly<Record<string, InitializerPart>> = initializers;
  const { member, options } = resolvePart(where, family, stated);
  demandRoomFor('elements', sizeOf(shape), where);
  if (areWeightsReplaced()) return full(shape, 0, dtype);
  const random = new Random(typeof options['seed'] === 'number' ? options['seed'] : fallback);
  return member.make({ shape, dtype, random, where, fans: fans ?? fansOf(shape) }, options);
}

interface Moments {
  readonly mean: number;
  readonly stddev: number;
}

const normal = ({ shape, dtype, random }: Weight, { mean, stddev }: Moments): NdArray =>
  drawNormal(random, shape, mean, stddev, dtype);

const uniform = ({ shape, dtype, random }: Weight, low: number, high: number): NdArray =>
  drawUniform(random, shape, low, high, dtype);

const within = (weight: Weight, limit: number): NdArray => uniform(weight, -limit, limit);

function truncated({ shape, dtype, random }: Weight, { mean, stddev }: Moments): NdArray {
  const next = (): number => {
    const z = random.normal();
    return Math.abs(z) <= 2 ? mean + stddev * z : next();
  };
  return draw(shape, next, dtype);
}

/** The standard deviation of the standard normal distribution truncated to ±2. */
const TRUNCATED = 0.8796256610342398;

const ofVariance = (weight: Weight, variance: number): NdArray =>
  truncated(weight, { mean: 0, stddev: Math.sqrt(variance) / TRUNCATED });

/** The fans of a weight [...window, inputs, outputs]; at least 1. */
function fansOf(shape: Shape): Fans {
  const [last = 1, previous = last] = [...shape].reverse();
  const window = sizeOf(shape.slice(0, -2));
  return { fanIn: Math.max(1, previous * window), fanOut: Math.max(1, last * window) };
}

const average = ({ fans: { fanIn, fanOut } }: Weight): number => (fanIn + fanOut) / 2;
