import type { Random } from '../../src/array/index.js';

/** The magnitude of the numbers of a case, and whether it includes special values. */
export type Mode = 'plain' | 'wide' | 'edge';

const EDGES = {
  float64: [1e-320, -1e-309, 2 ** -1022, 1e-160, 1e160, -1e160, 1.7e308, -1.7e308, 1e300, -1e300],
  float32: [1e-45, -1e-40, 2 ** -126, 1e-20, 1e20, -1e20, 3e38, -3e38, 1e30, -1e30],
};

const COMMON = [0, -0, 1, -1, 2, -2, 0.5, NaN, Infinity, -Infinity];

export type Dtype = keyof typeof EDGES;

/** A whole number from 0 to n − 1. */
export const below = (n: number, random: Random): number => Math.floor(random.uniform() * n);

export const pick = <T>(from: readonly T[], random: Random): T => from[below(from.length, random)]!;

function normal(random: Random): number {
  const radius = Math.sqrt(-2 * Math.log(1 - random.uniform()));
  return radius * Math.cos(2 * Math.PI * random.uniform());
}

/** One number of a mode, rounded to the dtype. */
export function draw(mode: Mode, dtype: Dtype, random: Random): number {
  const value =
    mode === 'plain'
      ? normal(random)
      : mode === 'wide'
        ? normal(random) * 10 ** (12 * random.uniform() - 6)
        : random.uniform() < 0.4
          ? normal(random)
          : pick([...COMMON, ...EDGES[dtype]], random);
  return dtype === 'float32' ? Math.fround(value) : value;
}
