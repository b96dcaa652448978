// What a row was divided by: six float64 a row, written by the forward kernels and read by the backward ones; see
// src/kernels/normalize.ts. The mean of a row is center + rest; rest is 0 for rows of float32. The last is the power of
// two that a row was computed at: 1 here.

/** The bytes of one row's measures. */
export const MEASURES: usize = 48;

/** N moves with x where `live` is 1, a bound holds it still where it is 0; from 2 on, a row was not done here. */
export const UNDONE: f64 = 2;

// @ts-ignore: decorators are AssemblyScript's
@inline export function center(row: usize): f64 {
  return load<f64>(row);
}

// @ts-ignore
@inline export function root(row: usize): f64 {
  return load<f64>(row, 16);
}

// @ts-ignore
@inline export function live(row: usize): f64 {
  return load<f64>(row, 24);
}

// @ts-ignore
@inline export function rest(row: usize): f64 {
  return load<f64>(row, 32);
}

/**
 * Fills the measures of a row, and gives N: √(size + ε) where `bound` is 0, √max(size, ε) where it is 1, and
 * max(√(size + ε), ε) where it is 2.
 */
export function measure(row: usize, center: f64, rest: f64, size: f64, bound: i32, epsilon: f64): f64 {
  let root = sqrt<f64>(bound == 1 ? max<f64>(size, epsilon) : size + epsilon);
  let live: f64 = 1;
  if (bound == 1) live = size >= epsilon ? 1 : 0;
  if (bound == 2 && root < epsilon) {
    root = epsilon;
    live = 0;
  }
  store<f64>(row, center);
  store<f64>(row, size, 8);
  store<f64>(row, root, 16);
  store<f64>(row, live, 24);
  store<f64>(row, rest, 32);
  store<f64>(row, 1, 40);
  return root;
}
