// Work space of kernels over rows that have a weight for each number: rows of weights that are left out, and of sums that
// are still in float32.

/** The bytes of one row, to where another may begin. */
@inline export function room(n: i32): usize {
  return ((<usize>n << 2) + 15) & ~15;
}

/** The bytes of six rows. */
export function rowsWork(n: i32): f64 {
  return 6 * (4 * <f64>n + 16);
}
