import type { Dtype, NdArray } from '../array/index.js';

type Arrays = readonly NdArray[];

/** A computation with gradients, of a norm or of a module. */
export interface Computation {
  readonly dtype: Dtype;
  /** The arrays that it is computed from. */
  readonly given: Arrays;
  /** Computes it, from the same weights, statistics and generators each time. */
  run(): Run;
}

/** The results of a computation, and the gradients of `seeds`, the gradients of its outputs. */
export interface Run {
  readonly outputs: Arrays;
  /** The running statistics afterwards, if it returns them. */
  readonly state?: Arrays;
  readonly seeds: Arrays;
  /** The gradients by name, for these seeds instead. */
  pull(seeds: Arrays): Readonly<Record<string, NdArray>>;
}
