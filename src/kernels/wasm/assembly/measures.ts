// The measures of a group: seven float64, written by the forward kernels and read by the backward ones; see
// src/kernels/measures.ts. The rest is 0 for float32. The scale is 1 here, and only groups of float64 are far.

/** The bytes of one row's measures. */
export const MEASURES: usize = 56;

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

/** Whether the kernel passed over a group, since its squares leave the range of float64. */
@inline export function isFar(row: usize): bool {
  return load<f64>(row, 48) == 1;
}

@inline export function rootOf(group: usize, run: usize): f64 {
  return load<f64>(group + 2 * run);
}

@inline export function liveOf(group: usize, run: usize): f64 {
  return load<f64>(group + 3 * run);
}

@inline export function isFarOf(group: usize, run: usize): bool {
  return load<f64>(group + 6 * run) == 1;
}

/** Marks a group as far; the caller computes it. */
@inline export function markFar(group: usize, run: usize): void {
  store<f64>(group + 6 * run, 1);
}

/** Writes the measures of a row, which are neighbours, and returns N. */
export function measure(row: usize, center: f64, rest: f64, size: f64, bound: i32, epsilon: f64): f64 {
  return measureOf(row, 8, center, rest, size, bound, epsilon);
}

/** Whether ε has the size of N, and not that of its square: see measureOf. */
@inline function isOfRoot(bound: i32): bool {
  return bound > 2;
}

/** ε in the unit of squares. */
export function squared(bound: i32, epsilon: f64): f64 {
  return isOfRoot(bound) ? epsilon * epsilon : epsilon;
}

/**
 * Writes measures that are `run` bytes apart, and returns N: √(size + ε) if `bound` is 0, √max(size, ε) if it is 1,
 * max(√(size + ε), ε) if it is 2, √size + ε if it is 3, and max(√size, ε) if it is 4.
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
  if (isOfRoot(bound)) {
    const length = sqrt<f64>(size);
    root = bound == 3 ? length + epsilon : max<f64>(length, epsilon);
    if (bound == 3) live = length > 0 ? root / length : 0;
    else live = length >= epsilon ? 1 : 0;
  }
  store<f64>(group, center);
  store<f64>(group + run, size);
  store<f64>(group + 2 * run, root);
  store<f64>(group + 3 * run, live);
  store<f64>(group + 4 * run, rest);
  store<f64>(group + 5 * run, 1);
  store<f64>(group + 6 * run, 0);
  return root;
}
