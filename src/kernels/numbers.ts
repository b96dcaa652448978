/** What kernels read and write: one buffer of floats of one dtype. */
export type Numbers = Float32Array | Float64Array;

/** Data laid out as [outer, n, inner]: a group is the n elements that lie `inner` apart. */
export interface Groups {
  readonly outer: number;
  readonly n: number;
  readonly inner: number;
}
