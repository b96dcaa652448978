/** A kind of number that formulas can be computed with. */
export interface Field<N> {
  of(x: number): N;
  /** The nearest float64. */
  number(x: N): number;
  add(a: N, b: N): N;
  sub(a: N, b: N): N;
  mul(a: N, b: N): N;
  div(a: N, b: N): N;
  sqrt(x: N): N;
  exp(x: N): N;
  log(x: N): N;
  tanh(x: N): N;
  /** The slope of tanh. */
  sech2(x: N): N;
  sin(x: N): N;
  cos(x: N): N;
  erf(x: N): N;
  /** The slope of erf. */
  bell(x: N): N;
  exceeds(a: N, b: N): boolean;
  /** The larger one. */
  larger(a: N, b: N): N;
  /** The share of the gradient of the larger one that each of two receives which may be equal; undefined if one is larger. */
  tie(a: N, b: N): N | undefined;
}
