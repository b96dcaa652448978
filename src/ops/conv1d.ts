import * as array from '../array/index.js';
import { type CausalLaying, type Laying, reshape, windowsOn } from '../array/index.js';
import { type Operand, SMOOTH, lift, withDomain } from '../autograd/primitive.js';
import type { Tensor } from '../autograd/tape.js';
import { NormtapeError } from '../error.js';
import { resolveBeside } from '../option/index.js';
import { GROUPS } from './window.js';

/** The positions of windows on sequences. */
export interface SequenceWindowOptions {
  /** The step from one window to the next. Default: 1. */
  readonly stride?: number | undefined;
  /**
   * The zeros around a sequence. 'valid': none. 'same': as many as give one window for each step. 'causal': as many, but all
   * before the sequence, so that no output depends on later inputs. A number: so many on either side. Default: 'valid'.
   */
  readonly padding?: 'same' | 'valid' | 'causal' | number | undefined;
  /** The step from one position of a window to the next. Default: 1. */
  readonly dilation?: number | undefined;
}

export interface SequenceConvolutionOptions extends SequenceWindowOptions {
  /** The count of groups into which channels and filters are split, each convolved by itself. Default: 1. */
  readonly groups?: number | undefined;
}

export const SEQUENCE_WINDOW = ['stride', 'padding', 'dilation'] as const;

/**
 * The product of every window of sequences [samples, steps, channels] with a kernel [size, channels / groups, filters]:
 * [samples, windows, filters]. It is `conv2d` on images of one row, and so is its backward pass.
 *
 * @throws {NormtapeError} If shapes or options do not fit.
 */
export const conv1d = withDomain(
  SMOOTH,
  (x: Operand, kernel: Operand, given: SequenceConvolutionOptions = {}): Tensor => {
    const where = 'conv1d';
    const { groups, ...options } = resolveBeside(where, GROUPS, given, SEQUENCE_WINDOW);
    const laying = readSequenceWindow(where, options);
    return lift(where, [x, kernel], (sequences, weights) => {
      const [samples, steps, channels] = sequences.shape;
      const [size, inner, filters] = weights.shape;
      if (sequences.shape.length !== 3) {
        throw new NormtapeError({
          where,
          expected: 'sequences [samples, steps, channels]',
          received: sequences.shape,
        });
      }
      if (
        weights.shape.length !== 3 ||
        weights.shape.includes(0) ||
        inner! * groups !== channels ||
        filters! % groups
      ) {
        const expected = `a kernel [size, ${channels} channels / ${groups} groups, filters], with a multiple of the groups for filters`;
        throw new NormtapeError({ where, expected, received: weights.shape });
      }
      const images = reshape(sequences, [samples!, 1, steps!, channels!]);
      const kernels = reshape(weights, [1, size!, inner!, filters!]);
      const windows = windowsOn(where, images.shape, [1, size!], laying);
      const { value, back } = array.convolve(images, kernels, windows, groups);
      return {
        value: reshape(value, [samples!, windows.across, filters!]),
        pullback(g, needed) {
          const [dx, dk] = back(reshape(g, value.shape), needed);
          return [dx && reshape(dx, sequences.shape), dk && reshape(dk, weights.shape)];
        },
      };
    });
  },
);

/** The options on an image of one row; throws, in the name of `where`, for the first invalid one. */
export function readSequenceWindow(
  where: string,
  { stride = 1, padding = 'valid', dilation = 1 }: SequenceWindowOptions,
): Laying | CausalLaying {
  const one = (name: string, value: number, least: number, also = ''): number => {
    if (Number.isInteger(value) && value >= least && value < 2 ** 31) return value;
    const expected = `${also}a whole number from ${least}`;
    throw new NormtapeError({ where: `${where}.${name}`, expected, received: value });
  };
  const isWord = padding === 'same' || padding === 'valid' || padding === 'causal';
  return {
    stride: [1, one('stride', stride, 1)],
    padding: isWord ? padding : [0, one('padding', padding, 0, 'same, valid, causal or ')],
    dilation: [1, one('dilation', dilation, 1)],
  } as Laying | CausalLaying;
}
