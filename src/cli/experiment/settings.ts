import { number } from '../../option/index.js';

/** A setting that counts something: a whole number from 1. */
export const size = (fallback: number, about: string) =>
  number(fallback, about, { min: 1, whole: true, explore: [1, 4] });

/** The first seed of an experiment: what it decides besides weights, and a sentence on what else. */
export const firstSeed = (decides: string, also = '') =>
  number(1, `The first seed, of weights and ${decides}; the others follow it.${also}`, {
    min: 0,
    max: 2 ** 31,
    whole: true,
    explore: [0, 100],
  });
