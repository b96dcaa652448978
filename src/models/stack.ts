import { NormtapeError } from '../error.js';
import { type Values, choice, number } from '../option/index.js';
import type { Site } from './placement.js';

/** The options of a placement whose initial values depend on the role of the stack in a model. */
export const STACK = {
  stack: choice('alone', 'Whether the stack is the whole model, or its encoder or decoder.', [
    'alone',
    'encoder',
    'decoder',
  ]),
  decoderDepth: number(0, 'How many blocks the decoder has, if this stack is the encoder.', {
    min: 0,
    whole: true,
    explore: [0, 8],
  }),
};

/** Values for a stack of n blocks: alone, as the encoder of a decoder of m blocks, or as the decoder. */
interface ByStack<V> {
  alone(n: number): V;
  encoder(n: number, m: number): V;
  decoder(n: number): V;
}

/** The values for the stack of a block. Throws if a decoder's depth is missing, or given without an encoder. */
export function byStack<V>(
  { where, depth }: Site,
  { stack, decoderDepth }: Values<typeof STACK>,
  values: ByStack<V>,
): V {
  const isEncoder = stack === 'encoder';
  if (isEncoder !== decoderDepth > 0) {
    const expected = isEncoder
      ? 'the number of blocks of the decoder, since the stack is an encoder'
      : 'no depth of a decoder, unless the stack is an encoder';
    throw new NormtapeError({ where: `${where}.decoderDepth`, expected, received: decoderDepth });
  }
  return values[stack](depth(), decoderDepth);
}

/** The weight α of x and the factor β of kernels in DeepNorm, by Wang et al. (2022). */
export const DEEP_NORM: ByStack<{ readonly alpha: number; readonly beta: number }> = {
  alone: (n) => ({ alpha: (2 * n) ** (1 / 4), beta: (8 * n) ** (-1 / 4) }),
  encoder: (n, m) => ({ alpha: 0.81 * (n ** 4 * m) ** (1 / 16), beta: 0.87 * (n ** 4 * m) ** (-1 / 16) }),
  decoder: (n) => ({ alpha: (3 * n) ** (1 / 4), beta: (12 * n) ** (-1 / 4) }),
};

/** The factor of kernels in Sub-LN, by Wang et al. (2022). */
export const SUB_LN: ByStack<number> = {
  alone: (n) => Math.sqrt(Math.log(2 * n)),
  encoder: (n, m) => Math.sqrt((Math.log(3 * m) * Math.log(2 * n)) / 3),
  decoder: (n) => Math.sqrt(Math.log(3 * n)),
};
