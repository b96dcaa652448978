import type { Laying, Pair } from '../array/index.js';
import { isList } from '../demand.js';
import { NormtapeError } from '../error.js';
import { number } from '../option/index.js';

/** One number for rows and columns, or one for each. */
export type Extent = number | Pair;

/** The positions of windows on images. */
export interface WindowOptions {
  /** The step from one window to the next. Default: 1. */
  readonly stride?: Extent | undefined;
  /**
   * The zeros around an image. 'valid': none. 'same': as many as give one window for each step. Numbers: so many rows and
   * columns on either side. Default: 'valid'.
   */
  readonly padding?: 'same' | 'valid' | Extent | undefined;
  /** The step from one row or column of a window to the next. Default: 1. */
  readonly dilation?: Extent | undefined;
}

/** The options of a convolution besides its windows. */
export const GROUPS = {
  groups: number(1, 'The count of groups into which channels and filters are split.', {
    min: 1,
    whole: true,
    explore: [1, 4],
  }),
};

export const WINDOW = ['stride', 'padding', 'dilation'] as const;

/** The options with their defaults; throws, in the name of `where`, for the first invalid one. */
export function readWindow(
  where: string,
  { stride = 1, padding = 'valid', dilation = 1 }: WindowOptions,
): Laying {
  return {
    stride: readExtent(`${where}.stride`, stride, 1),
    padding:
      padding === 'same' || padding === 'valid'
        ? padding
        : readExtent(`${where}.padding`, padding, 0, 'same, valid or '),
    dilation: readExtent(`${where}.dilation`, dilation, 1),
  };
}

/** Reads one whole number for both rows and columns, or two; throws unless they are whole numbers from `least`. */
export function readExtent(where: string, given: unknown, least: number, also = ''): Pair {
  const pair: readonly unknown[] = isList(given) ? given.slice(0, 3) : [given, given];
  if (
    pair.length === 2 &&
    pair.every((n) => Number.isInteger(n) && (n as number) >= least && (n as number) < 2 ** 31)
  )
    return pair as unknown as Pair;
  const expected = `${also}a whole number from ${least}, or two of them for rows and columns`;
  throw new NormtapeError({ where, expected, received: given });
}
