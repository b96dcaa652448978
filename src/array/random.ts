import { isList } from '../demand.js';
import { ContextVariable } from '../context.js';
import { MARK, ours } from '../copy.js';
import { uniformFloat64 } from 'pure-rand/distribution/uniformFloat64';
import { uniformInt } from 'pure-rand/distribution/uniformInt';
import type { RandomGenerator } from 'pure-rand/types/RandomGenerator';
import { xoroshiro128plusFromState } from 'pure-rand/generator/xoroshiro128plus';
import { NormtapeError } from '../error.js';
import { type Dtype, type NdArray, type Shape, empty } from './array.js';
import { scattered } from './scatter.js';

/** The generator of a stream, for loops that draw many numbers. */
let generatorOf: (random: Random) => RandomGenerator;

/**
 * A stream of random numbers, the same for the same seed, of which the last 32 bits count; its state can be kept and
 * set again. The generator is xoroshiro128+, by Blackman and Vigna (2018).
 */
export class Random {
  #generator;
  /** The second of the two normal numbers that Box and Muller make at a time. */
  #spare: number | undefined;

  constructor(seed: number) {
    if (typeof seed !== 'number') throw strayCount('a number as the seed', seed);
    // Without this, neighbouring seeds would give numbers alike.
    this.#generator = xoroshiro128plusFromState(scattered(seed));
  }

  get [MARK]() {
    return ours('a generator of random numbers');
  }

  // A declaration of the class must not name types of pure-rand, which not every rule of resolution finds.
  static {
    generatorOf = (random) => {
      drawn.value?.(random);
      return random.#generator;
    };
  }

  /** All there is to go on from here, as JSON can hold it. */
  get state(): readonly number[] {
    const spare = this.#spare === undefined ? [] : [this.#spare];
    return [...this.#generator.getState(), ...spare];
  }

  set state(given: readonly number[]) {
    const [a, b, c, d, spare] = demandGenerator('Random.state', given);
    this.#generator = xoroshiro128plusFromState([a!, b!, c!, d!]);
    this.#spare = spare;
  }

  /** A number in [0, 1). */
  uniform(): number {
    drawn.value?.(this);
    return uniformFloat64(this.#generator);
  }

  /** A standard normal number, by Box and Muller. */
  normal(): number {
    drawn.value?.(this);
    if (this.#spare !== undefined) {
      const spare = this.#spare;
      this.#spare = undefined;
      return spare;
    }
    const length = Math.sqrt(-2 * Math.log(1 - this.uniform()));
    const angle = 2 * Math.PI * this.uniform();
    this.#spare = length * Math.sin(angle);
    return length * Math.cos(angle);
  }

  /** A whole number from 0 to below `bound`. */
  integer(bound: number): number {
    if (!(Number.isInteger(bound) && bound > 0 && bound <= 2 ** 53))
      throw strayCount('a whole number above 0', bound);
    drawn.value?.(this);
    return uniformInt(this.#generator, 0, bound - 1);
  }

  /** The numbers from 0 to n − 1 in random order, by Fisher and Yates. */
  permutation(n: number): Int32Array {
    if (!(Number.isInteger(n) && n >= 0 && n < 2 ** 31)) throw strayCount('a whole number from 0', n);
    const order = Int32Array.from({ length: n }, (_, i) => i);
    for (let i = n - 1; i > 0; i--) {
      const j = this.integer(i + 1);
      [order[i], order[j]] = [order[j]!, order[i]!];
    }
    return order;
  }

  /** A seed for another stream. */
  seed(): number {
    return this.integer(2 ** 31);
  }
}

/** No normal number that Box and Muller make of 53 random bits is larger. */
const LARGEST_NORMAL = 8.6;

/**
 * The state of a generator: four whole numbers of 32 bits that are not all 0, and the second of a pair of normal numbers
 * if there is one to spare. Throws, in the name of `where`, for any other value: of zeros nothing but zeros would come.
 */
export function demandGenerator(where: string, given: unknown): readonly number[] {
  const numbers: readonly unknown[] = isList(given) && given.length <= 5 ? given : [];
  const [spare = 0] = numbers.slice(4);
  const words = numbers.slice(0, 4);
  const isState =
    (numbers.length === 4 || numbers.length === 5) &&
    words.every((word) => typeof word === 'number' && word === (word | 0)) &&
    words.some((word) => word !== 0) &&
    typeof spare === 'number' &&
    Math.abs(spare) <= LARGEST_NORMAL;
  if (isState) return numbers as readonly number[];
  throw new NormtapeError({ where, expected: 'the state of a generator', received: given });
}
const strayCount = (expected: string, received: unknown): NormtapeError =>
  new NormtapeError({ where: 'Random', expected, received });

const drawn = new ContextVariable<((random: Random) => void) | undefined>('drawn', undefined);

/** Runs f, and notes the state in which each generator was before f first drew from it. */
export function noting<Y>(states: Map<Random, readonly number[]>, f: () => Y): Y {
  const outer = drawn.value;
  const note = (random: Random): void => {
    outer?.(random);
    if (!states.has(random)) states.set(random, random.state);
  };
  return drawn.run(note, f);
}

/** A random seed, for a caller that gives none. */
export const anySeed = (): number => Math.floor(Math.random() * 2 ** 31);

/** An array filled from a source, in row-major order. */
export function draw(shape: Shape, next: () => number, dtype: Dtype): NdArray {
  const out = empty(shape, dtype);
  const { numbers } = out.store;
  for (let i = 0; i < numbers.length; i++) numbers[i] = next();
  return out;
}

// The loops below call no function that they are given: that costs ten times what a random number does.

/** Numbers in [low, high), as so many calls of `uniform` give them. */
export function drawUniform(random: Random, shape: Shape, low: number, high: number, dtype: Dtype): NdArray {
  const out = empty(shape, dtype);
  const { numbers } = out.store;
  const generator = generatorOf(random);
  for (let i = 0; i < numbers.length; i++) numbers[i] = low + (high - low) * uniformFloat64(generator);
  return out;
}

/** Normal numbers, as so many calls of `normal` give them. */
export function drawNormal(
  random: Random,
  shape: Shape,
  mean: number,
  deviation: number,
  dtype: Dtype,
): NdArray {
  const out = empty(shape, dtype);
  const { numbers } = out.store;
  for (let i = 0; i < numbers.length; i++) numbers[i] = mean + deviation * random.normal();
  return out;
}

/** The factors of dropout: 0 for the share that is dropped, and 1 / (1 − share) for the others. */
export function drawFactors(random: Random, shape: Shape, share: number, dtype: Dtype): NdArray {
  const out = empty(shape, dtype);
  const { numbers } = out.store;
  const generator = generatorOf(random);
  const factor = 1 / (1 - share);
  for (let i = 0; i < numbers.length; i++) numbers[i] = uniformFloat64(generator) < share ? 0 : factor;
  return out;
}
