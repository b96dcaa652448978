// Sums over a window around every element of a group, taken one after the other.

/** The bytes of work space: a row with room for zeros in front and behind, and for a last vector that is not whole. */
export function windowWork(n: i32, length: i32): f64 {
  return 8 * (<f64>n + <f64>length + 4);
}

/** The sums of a row, whose windows are read from a copy between zeros. */
@inline function sumRow<T extends number>(x: usize, out: usize, work: usize, n: i32, before: i32, length: i32): void {
  const size = sizeof<T>(), bytes = <usize>n * size, whole = bytes & ~15;
  memory.copy(work + <usize>before * size, x, bytes);
  let j: usize = 0;
  for (; j < whole; j += 16) {
    let sum = v128.load(work + j);
    for (let k: usize = size, end = <usize>length * size; k < end; k += size) {
      sum = v128.add<T>(sum, v128.load(work + j + k));
    }
    v128.store(out + j, sum);
  }
  for (; j < bytes; j += size) {
    let sum = load<T>(work + j);
    for (let k: usize = size, end = <usize>length * size; k < end; k += size) sum += load<T>(work + j + k);
    store<T>(out + j, sum);
  }
}

/** The sums of a block of columns, `step` bytes a row. */
@inline function sumColumns<T extends number>(x: usize, out: usize, n: i32, step: usize, before: i32, after: i32): void {
  const size = sizeof<T>(), whole = step & ~15;
  for (let i: i32 = 0; i < n; i++, out += step) {
    const from = x + <usize>max<i32>(0, i - before) * step, last = x + <usize>min<i32>(n - 1, i + after) * step;
    let j: usize = 0;
    for (; j < whole; j += 16) {
      let sum = v128.load(from + j);
      for (let row = from + step; row <= last; row += step) sum = v128.add<T>(sum, v128.load(row + j));
      v128.store(out + j, sum);
    }
    for (; j < step; j += size) {
      let sum = load<T>(from + j);
      for (let row = from + step; row <= last; row += step) sum += load<T>(row + j);
      store<T>(out + j, sum);
    }
  }
}

@inline function sumWindows<T extends number>(
  x: usize, out: usize, work: usize, outer: i32, n: i32, inner: i32, before: i32, after: i32,
): void {
  const size = sizeof<T>(), length = before + after + 1, step = <usize>inner * size, block = <usize>n * step;
  if (inner == 1) memory.fill(work, 0, <usize>(n + length + 4) * size);
  for (let o: i32 = 0; o < outer; o++, x += block, out += block) {
    if (inner == 1) sumRow<T>(x, out, work, n, before, length);
    else sumColumns<T>(x, out, n, step, before, after);
  }
}

/** out ← Σ x over the elements from `before` in front of each to `after` behind it, as far as its group goes. */
export function windowSum32(
  x: usize, out: usize, work: usize, outer: i32, n: i32, inner: i32, before: i32, after: i32,
): void {
  sumWindows<f32>(x, out, work, outer, n, inner, before, after);
}

export function windowSum64(
  x: usize, out: usize, work: usize, outer: i32, n: i32, inner: i32, before: i32, after: i32,
): void {
  sumWindows<f64>(x, out, work, outer, n, inner, before, after);
}
