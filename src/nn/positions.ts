import { type Shape, anySeed, draw, fromSource } from '../array/index.js';
import { Parameter } from '../autograd/parameter.js';
import { Tensor } from '../autograd/tape.js';
import { NormtapeError } from '../error.js';
import { add, gather, reshape, rotary, slice } from '../ops/catalog.js';
import { type Positions, type ReadPositions, readPositions } from '../ops/positions.js';
import {
  type Given,
  type Values,
  number,
  part,
  plain,
  resolve,
  resolveBeside,
  seed,
} from '../option/index.js';
import { ARGUMENTS, BUILT_FOR, builtFor } from './construction.js';
import { initialize, initializers } from './initializers.js';
import { demandDtype, demandTensor, type BuildOptions, readBuild } from './input.js';
import { Module } from './module.js';

const OFFSET = {
  offset: number(0, 'The place of the first, for sequences that are read in parts.', {
    min: 0,
    whole: true,
    explore: [0, 16],
  }),
};

/** The position of the first token, for sequences that are read in parts, or of each token. */
export interface Placed {
  /** The position of the first token; 0 by default. */
  readonly offset?: number | undefined;
  /**
   * The position of each token, instead of `offset`: whole numbers from 0, [length], or one list for each sequence,
   * in the shape of x without its last axis. Sequences that are padded on the left need it; models compute it from
   * the padding mask.
   */
  readonly positions?: Positions | undefined;
}

const base = number(10_000, 'How slow the slowest numbers turn.', { above: 0, explore: [100, 10_000] });

/** Checks that x is [..., length, width], and reads the positions of its tokens. */
function placed(
  where: string,
  x: unknown,
  given: Placed,
): ReadPositions & { readonly width: number; readonly areInOrder: boolean } {
  demandTensor(where, x);
  const { offset, positions } = resolveBeside(`${where}.forward`, OFFSET, given, ['positions']);
  const [length, width] = x.shape.slice(-2);
  if (x.shape.length < 2 || !width) {
    throw new NormtapeError({ where, expected: 'sequences [..., length, width]', received: x.shape });
  }
  const shapes = [[length!], x.shape.slice(0, -1)];
  const inOrder = () => Int32Array.from({ length: length! }, (_, i) => offset + i);
  const read = readPositions(`${where}.positions`, positions ?? inOrder(), shapes);
  return { ...read, width, areInOrder: positions === undefined };
}

const LEARNED = {
  maxLength: number(1, 'How many places there are.', { min: 1, whole: true, explore: [1, 16] }),
  embeddingsInitializer: part(initializers, 'random_uniform', 'What the embeddings start from.'),
  seed: seed('Of the initial embeddings; left out, one is drawn.'),
};

export type LearnedPositionsOptions = Omit<Given<typeof LEARNED>, 'maxLength'>;

/**
 * x plus a learned embedding for each position, for sequences [..., length, width] of up to `maxLength`. The first
 * input builds it: embeddings [maxLength, width]. Throws if an option is wrong, or if a sequence ends beyond the last
 * position.
 */
export class LearnedPositions extends Module {
  readonly options: Values<typeof LEARNED>;
  /** The seed of the initial embeddings: given, or drawn. */
  readonly seed: number;
  embeddings: Parameter | undefined;

  constructor(maxLength: number, given: LearnedPositionsOptions = {}) {
    super();
    const all = { ...plain('LearnedPositions', given), maxLength: maxLength ?? null };
    this.options = resolve('LearnedPositions', LEARNED, all);
    this.seed = this.options.seed ?? anySeed();
  }

  override get built(): boolean {
    return this.embeddings !== undefined;
  }

  override [ARGUMENTS](): readonly unknown[] {
    return [this.options.maxLength, { ...this.options, seed: this.seed }];
  }

  override get [BUILT_FOR]() {
    return builtFor(this.embeddings, ({ shape }) => [1, shape[1]!]);
  }

  /** Creates the embeddings for inputs of this shape; if there are any, only checks that the shape fits. */
  build(input: Shape, given: BuildOptions = {}): void {
    const where = 'LearnedPositions';
    const dtype = readBuild(where, input, given);
    const { maxLength, embeddingsInitializer } = this.options;
    const [length, width] = input.slice(-2);
    const known = this.embeddings?.shape[1];
    if (input.length < 2 || !width || (known !== undefined && known !== width)) {
      const expected =
        known === undefined ? 'sequences [..., length, width]' : `sequences of width ${known}, as before`;
      throw new NormtapeError({ where, expected, received: input });
    }
    demandPlaces(where, length!, maxLength);
    if (this.embeddings) return;
    const own = { dtype, seed: this.seed, where: `${where}.embeddingsInitializer` };
    const value = initialize(embeddingsInitializer, [maxLength, width], own);
    this.embeddings = new Parameter(value, { trainable: this.trainable });
  }

  override forward(x: Tensor, given: Placed = {}): Tensor {
    const where = 'LearnedPositions';
    const { data, shape, end, width, areInOrder } = placed(where, x, given);
    demandPlaces(where, end, this.options.maxLength);
    if (this.embeddings) demandDtype(where, x, this.embeddings.dtype);
    this.build(x.shape, { dtype: x.dtype });
    const rows = areInOrder
      ? slice(this.embeddings!, [[end - data.length, end]])
      : reshape(gather(this.embeddings!, data), [...shape, width]);
    return add(x, rows);
  }
}

/** Throws if a sequence ends beyond the last position. */
export function demandPlaces(where: string, end: number, places: number): void {
  if (end <= places) return;
  const hint = 'Shorten it, or allow more positions by contextLength or maxLength.';
  throw new NormtapeError({
    where,
    expected: `a sequence of at most ${places} positions`,
    received: end,
    hint,
  });
}

const TURNING = { base };

export interface TurningOptions {
  /** 10,000 when left out. */
  readonly base?: number | undefined;
}

/**
 * x plus sinusoidal position encodings, sin(position · base^(−2i / width)) at 2i and the cosine at 2i + 1, by Vaswani
 * et al. (2017), section 3.5, for sequences [..., length, width]. It has no weights, and no last position.
 */
export class SinusoidalPositions extends Module {
  readonly base: number;

  constructor(given: TurningOptions = {}) {
    super();
    this.base = resolve('SinusoidalPositions', TURNING, given as Given<typeof TURNING>).base;
  }

  override [ARGUMENTS](): readonly unknown[] {
    return [{ base: this.base }];
  }

  override forward(x: Tensor, given: Placed = {}): Tensor {
    const { data, shape, width } = placed('SinusoidalPositions', x, given);
    let i = 0;
    const next = (): number => {
      const [place, column] = [data[Math.floor(i / width)]!, i++ % width];
      const angle = place * this.base ** (((column % 2) - column) / width);
      return column % 2 ? Math.cos(angle) : Math.sin(angle);
    };
    return add(x, new Tensor(draw([...shape, width], next, x.dtype)));
  }
}

/**
 * Rotary positions (RoPE): rotates sequences [..., length, width] of an even width by angles that grow with the
 * position, as `rotary` does. Products of rotated queries and keys depend only on the distance of their positions. It
 * has no weights, and no maximum length.
 */
export class RotaryPositions extends Module {
  readonly base: number;

  constructor(given: TurningOptions = {}) {
    super();
    this.base = resolve('RotaryPositions', TURNING, given as Given<typeof TURNING>).base;
  }

  override [ARGUMENTS](): readonly unknown[] {
    return [{ base: this.base }];
  }

  override forward(x: Tensor, given: Placed = {}): Tensor {
    const { data, shape } = placed('RotaryPositions', x, given);
    return rotary(x, { positions: fromSource(data, { shape, dtype: 'float64' }), base: this.base });
  }
}
