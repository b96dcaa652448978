/** A buffer of floats of one dtype, which kernels read and write. */
export type Numbers = Float32Array | Float64Array;

/**
 * The layout of data as [outer, n, inner]: a group is n elements that are `inner` apart. Groups are rows if `inner`
 * is 1, else columns.
 */
export interface Groups {
  readonly outer: number;
  readonly n: number;
  readonly inner: number;
}
