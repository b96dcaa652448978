// Normalization of groups of channels of float32 by the positions that count, in float64, where no sum and no square of
// float32 overflows: one row of all channels after the other. Lists hold one float64 a channel, and lie one after the
// other in the work space. Channels are a multiple of four.
import { high, low, narrow } from './vectors';

/** The bytes of work space for so many channels. */
export function whereWork(channels: i32): i32 {
  return 7 * channels << 3;
}

@inline function add(to: usize, value: v128): void {
  v128.store(to, f64x2.add(v128.load(to), value));
}

/**
 * Adds h and h·d of one row to two lists, for d = x − center and h = g γ; g to dβ, and g·d / N to dγ. What has no address is
 * left out: without g, d stands for it.
 */
function pull(
  g: usize, x: usize, bytes: usize, centers: usize, sums: usize, products: usize, gamma: usize, inverses: usize,
  dgamma: usize, dbeta: usize,
): void {
  for (let j: usize = 0; j < bytes; j += 32) {
    const v = v128.load(x + (j >> 1)), c = f64x2.sub(low(v), v128.load(centers + j));
    const d = f64x2.sub(high(v), v128.load(centers + j, 16));
    let a = c, b = d;
    if (g) {
      const h = v128.load(g + (j >> 1));
      a = low(h);
      b = high(h);
    }
    if (dbeta) {
      add(dbeta + j, a);
      add(dbeta + j + 16, b);
    }
    if (dgamma) {
      add(dgamma + j, f64x2.mul(f64x2.mul(a, c), v128.load(inverses + j)));
      add(dgamma + j + 16, f64x2.mul(f64x2.mul(b, d), v128.load(inverses + j, 16)));
    }
    if (gamma) {
      const w = v128.load(gamma + (j >> 1));
      a = f64x2.mul(a, low(w));
      b = f64x2.mul(b, high(w));
    }
    add(sums + j, a);
    add(sums + j + 16, b);
    add(products + j, f64x2.mul(a, c));
    add(products + j + 16, f64x2.mul(b, d));
  }
}

/** out ← (x − center)·along·γ + β: one row. Without an address of β, the list of offsets stands for it. */
function write(
  x: usize, out: usize, bytes: usize, centers: usize, alongs: usize, offsets: usize, gamma: usize, beta: usize,
): void {
  for (let j: usize = 0; j < bytes; j += 32) {
    const at = j >> 1, v = v128.load(x + at);
    let a = f64x2.mul(f64x2.sub(low(v), v128.load(centers + j)), v128.load(alongs + j));
    let b = f64x2.mul(f64x2.sub(high(v), v128.load(centers + j, 16)), v128.load(alongs + j, 16));
    if (gamma) {
      const w = v128.load(gamma + at);
      a = f64x2.mul(a, low(w));
      b = f64x2.mul(b, high(w));
    }
    if (beta) {
      const w = v128.load(beta + at);
      a = f64x2.add(a, low(w));
      b = f64x2.add(b, high(w));
    } else {
      a = f64x2.add(a, v128.load(offsets + j));
      b = f64x2.add(b, v128.load(offsets + j, 16));
    }
    v128.store(out + at, narrow(a, b));
  }
}

/** out ← (x − center)·along + offset + g·γ·factor: one row. */
function push(
  g: usize, x: usize, out: usize, bytes: usize, centers: usize, alongs: usize, offsets: usize, factors: usize,
  gamma: usize,
): void {
  for (let j: usize = 0; j < bytes; j += 32) {
    const at = j >> 1, v = v128.load(x + at), h = v128.load(g + at);
    let a = f64x2.mul(low(h), v128.load(factors + j)), b = f64x2.mul(high(h), v128.load(factors + j, 16));
    if (gamma) {
      const w = v128.load(gamma + at);
      a = f64x2.mul(a, low(w));
      b = f64x2.mul(b, high(w));
    }
    a = f64x2.add(a, f64x2.mul(f64x2.sub(low(v), v128.load(centers + j)), v128.load(alongs + j)));
    b = f64x2.add(b, f64x2.mul(f64x2.sub(high(v), v128.load(centers + j, 16)), v128.load(alongs + j, 16)));
    v128.store(
      out + at, narrow(f64x2.add(a, v128.load(offsets + j)), f64x2.add(b, v128.load(offsets + j, 16))),
    );
  }
}

/** Fills a part of a list with the sum of it, times a factor. */
function share(list: usize, bytes: usize, factor: f64): f64 {
  let sum: f64 = 0;
  for (let k: usize = 0; k < bytes; k += 8) sum += load<f64>(list + k);
  return fill(list, bytes, sum * factor);
}

function fill(list: usize, bytes: usize, value: f64): f64 {
  for (let k: usize = 0; k < bytes; k += 8) store<f64>(list + k, value);
  return value;
}

/** to ← weights · factors, or weights if there are no factors; `otherwise` stands for a missing weight. */
function weigh(weights: usize, otherwise: f64, factors: usize, to: usize, bytes: usize): void {
  for (let j: usize = 0; j < bytes; j += 8) {
    const weight = weights ? <f64>load<f32>(weights + (j >> 1)) : otherwise;
    store<f64>(to + j, factors ? weight * load<f64>(factors + j) : weight);
  }
}

@inline function counts(mask: usize, position: i32): bool {
  return !mask || load<f32>(mask + (<usize>position << 2)) != 0;
}

@inline function inverseOf(statistics: usize): f64 {
  return load<f64>(statistics) > 0 ? 1 / load<f64>(statistics, 24) : 0;
}

/** The address of weights, if there are any. */
@inline function moved(weights: usize, by: usize): usize {
  return weights ? weights + by : 0;
}

/**
 * γ (x − x̄) / N + β of x in [outer, n, groups, size]. The weights of the next block and of the next position are
 * `outerStep` and `step` numbers further on. `statistics` gets the total, x̄, the mean square and N of every group.
 *
 * With d = x − s for a number s of the group, Σ (x − x̄)² = Σ d² − 2 t Σ d + count t² for t = x̄ − s. As s is no further
 * than √n deviations from the mean, what cancels is at most n times what is left, in float64.
 */
export function normalizeWhere32(
  x: usize, mask: usize, gamma: usize, beta: usize, out: usize, statistics: usize, work: usize,
  outer: i32, n: i32, groups: i32, size: i32, outerStep: i32, step: i32, centered: bool, extra: f64, epsilon: f64,
): void {
  const bytes = <usize>groups * <usize>size << 3, row = bytes >> 1, own = <usize>size << 3, all = <usize>n * row;
  const centers = work, sums = work + bytes, squares = sums + bytes, inverses = squares + bytes;
  for (let o: i32 = 0; o < outer; o++, x += all, out += all) {
    let count: f64 = 0;
    memory.fill(centers, 0, 3 * bytes);
    for (let i: i32 = 0, at = x; i < n; i++, at += row) {
      if (!counts(mask, o * n + i)) continue;
      if (centered && count == 0) {
        for (let j: usize = 0; j < bytes; j += own) fill(centers + j, own, <f64>load<f32>(at + (j >> 1)));
      }
      pull(0, at, bytes, centers, sums, squares, 0, 0, 0, 0);
      count += <f64>size;
    }
    const total = count + extra, part: f64 = count > 0 ? 1 / total : 0;
    for (let j: usize = 0; j < bytes; j += own, statistics += 32) {
      const start = load<f64>(centers + j), sum = share(sums + j, own, 1);
      const mean = centered ? (sum + count * start) * part : 0, t = mean - start;
      const square = share(squares + j, own, 1) - (centered ? t * (sum + sum - count * t) : 0);
      const variance = max<f64>(0, square * part);
      store<f64>(statistics, total);
      store<f64>(statistics, fill(centers + j, own, mean), 8);
      store<f64>(statistics, variance, 16);
      store<f64>(statistics, sqrt<f64>(variance + epsilon), 24);
      fill(inverses + j, own, inverseOf(statistics));
    }
    // All positions have one list of weights, or none.
    const one = <usize>o * <usize>outerStep << 2;
    weigh(step > 0 ? 0 : moved(beta, one), 0, 0, sums, bytes);
    weigh(step > 0 ? 0 : moved(gamma, one), 1, inverses, squares, bytes);
    for (let i: i32 = 0; i < n; i++) {
      const at = <usize>i * row, by = (<usize>o * <usize>outerStep + <usize>i * <usize>step) << 2;
      if (step > 0) write(x + at, out + at, bytes, centers, inverses, sums, moved(gamma, by), moved(beta, by));
      else write(x + at, out + at, bytes, centers, squares, sums, 0, 0);
    }
  }
}

/** The gradients of normalizeWhere32 from dy, x and the statistics; dγ and dβ are added to. */
export function normalizeWhereBack32(
  dy: usize, x: usize, mask: usize, gamma: usize, statistics: usize, dx: usize, dgamma: usize, dbeta: usize, work: usize,
  outer: i32, n: i32, groups: i32, size: i32, outerStep: i32, step: i32, centered: bool, extra: f64,
): void {
  const bytes = <usize>groups * <usize>size << 3, row = bytes >> 1, own = <usize>size << 3, all = <usize>n * row;
  const centers = work, inverses = work + bytes, sums = inverses + bytes, products = sums + bytes;
  const offsets = products + bytes, alongs = offsets + bytes, factors = alongs + bytes, isApart = step > 0;
  for (let o: i32 = 0; o < outer; o++, x += all, dy += all, dx += all) {
    const block = <usize>o * <usize>outerStep;
    memory.fill(sums, 0, 4 * bytes);
    for (let j: usize = 0, at = statistics; j < bytes; j += own, at += 32) {
      fill(centers + j, own, load<f64>(at, 8));
      fill(inverses + j, own, inverseOf(at));
    }
    for (let i: i32 = 0; i < n; i++) {
      const at = <usize>i * row, w = block + <usize>i * <usize>step;
      if (isApart) {
        pull(
          dy + at, x + at, bytes, centers, offsets, alongs, moved(gamma, w << 2), inverses, moved(dgamma, w << 3),
          moved(dbeta, w << 3),
        );
      } else pull(dy + at, x + at, bytes, centers, sums, products, 0, 0, 0, 0);
    }
    if (!isApart) {
      // All positions have one list of weights: the sums of dy and dy·d are taken first.
      for (let j: usize = 0; j < bytes; j += 8) {
        const g: f64 = gamma ? <f64>load<f32>(gamma + (block << 2) + (j >> 1)) : 1;
        const sum = load<f64>(sums + j), product = load<f64>(products + j);
        store<f64>(offsets + j, g * sum);
        store<f64>(alongs + j, g * product);
        if (dgamma) addOne(dgamma + (block << 3) + j, product * load<f64>(inverses + j));
        if (dbeta) addOne(dbeta + (block << 3) + j, sum);
      }
      weigh(moved(gamma, block << 2), 1, inverses, factors, bytes);
      memory.fill(sums, 0, 2 * bytes);
    }
    for (let j: usize = 0; j < bytes; j += own, statistics += 32) {
      const total = load<f64>(statistics), inverse = inverseOf(statistics), part: f64 = total > 0 ? -inverse / total : 0;
      const along = share(alongs + j, own, part * inverse * inverse);
      const taken = share(offsets + j, own, part) - (total > 0 ? extra * load<f64>(statistics, 8) * along / total : 0);
      fill(offsets + j, own, centered ? taken : 0);
    }
    for (let i: i32 = 0; i < n; i++) {
      const at = <usize>i * row, w = block + <usize>i * <usize>step, is = counts(mask, o * n + i);
      // The list of sums is all zeros.
      push(
        dy + at, x + at, dx + at, bytes, centers, is ? alongs : sums, is ? offsets : sums, isApart ? inverses : factors,
        isApart ? moved(gamma, w << 2) : 0,
      );
    }
  }
}

@inline function addOne(to: usize, value: f64): void {
  store<f64>(to, load<f64>(to) + value);
}
