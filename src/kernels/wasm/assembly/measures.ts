// What a group was divided by: six float64, written by the forward kernels and read by the backward ones; see
// src/kernels/normalize.ts. The mean is center + rest; rest is 0 for float32. The last is the power of two that a group
// was computed at: 1 here.

/** The bytes of one row's measures. */
export const MEASURES: usize = 48;

/** N moves with x where `live` is 1, a bound holds it still where it is 0; from 2 on, a group was not done here. */
export const UNDONE: f64 = 2;

@inline export function center(row: usize): f64 {
  return load<f64>(row);
}

@inline export function root(row: usize): f64 {
  return load<f64>(row, 16);
}

@inline export function live(row: usize): f64 {
  return load<f64>(row, 24);
}

@inline export function rest(row: usize): f64 {
  return load<f64>(row, 32);
}

@inline export function rootOf(group: usize, run: usize): f64 {
  return load<f64>(group + 2 * run);
}

@inline export function liveOf(group: usize, run: usize): f64 {
  return load<f64>(group + 3 * run);
}

/** The measures of a row: six float64 beside each other. */
export function measure(row: usize, center: f64, rest: f64, size: f64, bound: i32, epsilon: f64): f64 {
  return measureOf(row, 8, center, rest, size, bound, epsilon);
}

/**
 * Fills measures that lie `run` bytes apart, and gives N: √(size + ε) where `bound` is 0, √max(size, ε) where it is 1, and
 * max(√(size + ε), ε) where it is 2.
 */
export function measureOf(
  group: usize, run: usize, center: f64, rest: f64, size: f64, bound: i32, epsilon: f64,
): f64 {
  let root = sqrt<f64>(bound == 1 ? max<f64>(size, epsilon) : size + epsilon);
  let live: f64 = 1;
  if (bound == 1) live = size >= epsilon ? 1 : 0;
  if (bound == 2 && root < epsilon) {
    root = epsilon;
    live = 0;
  }
  store<f64>(group, center);
  store<f64>(group + run, size);
  store<f64>(group + 2 * run, root);
  store<f64>(group + 3 * run, live);
  store<f64>(group + 4 * run, rest);
  store<f64>(group + 5 * run, 1);
  return root;
}
