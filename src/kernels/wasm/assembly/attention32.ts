// Attention of float32, one head at a time, in blocks of queries. A task of int32 says where the operands are: addresses in
// bytes, steps in elements.
import { ALL, DEPTH, multiply } from './attention-product';
import { largest32 } from './peak';
import { k, rest } from './power32';
import { dot32, within32 } from './reduce';
import { log, scale } from './softmax';
import { high, low, madd32, total64 } from './vectors';

/** The largest float32. */
const LARGEST: f64 = 3.4028234663852886e38;
/** The exponent of the smallest normal power: shares below it are 0. */
const LEAST: f32 = -87.3;

/** Field number i of a task. */
@inline function field(task: usize, i: usize): i32 {
  return load<i32>(task + (i << 2));
}

const QUERIES = 0, KEYS = 1, WIDTH = 2, DEEP = 3, CAUSAL = 4;
/** Matrices: the address, and the steps to the next row and column; address 0 if there is none. */
const QUERY = 5, KEY = 8, VALUE = 11, BIAS = 14, HIDDEN = 17, FACTORS = 20;
const OUT = 23, LOGS = 24, GRADIENT = 25, OF_QUERY = 26, OF_KEY = 27, OF_VALUE = 28, OF_BIAS = 29;

/**
 * The bytes from one row of a block to the next: whole strips, and an odd count of them, so that numbers of a column
 * do not compete for the same places of the cache.
 */
@inline function stepOf(keys: i32): usize {
  return <usize>(((keys + 15) >> 4) | 1) << 6;
}

/** The count of queries in a block: a multiple of two. */
@inline function blockOf(queries: i32, keys: i32): i32 {
  return min(queries, max(32, min(128, <i32>(BLOCK / stepOf(keys))) & ~1));
}

/** The bytes of a block, if it is not too low. */
const BLOCK: usize = 1 << 16;

/** The bytes of work space: a strip, one number for each query, and two blocks. */
export function attendWork(queries: i32, keys: i32): i32 {
  return 64 * DEPTH + 512 + 2 * blockOf(queries, keys) * <i32>stepOf(keys);
}

/** The address of a row of a matrix; 0 if there is none. */
@inline function rowOf(task: usize, matrix: usize, i: i32): usize {
  const at = field(task, matrix);
  return at ? <usize>(at + ((i * field(task, matrix + 1)) << 2)) : 0;
}

/** s + b, −∞ where one of both is, and NaN if it is not finite otherwise. */
@inline function joined(s: v128, b: v128): v128 {
  const none = f32x4.splat(-Infinity), sum = f32x4.add(s, b);
  const hides = v128.or(f32x4.eq(s, none), f32x4.eq(b, none));
  return v128.bitselect(none, f32x4.add(sum, f32x4.mul(sum, f32x4.splat(0))), hides);
}

/** Adds a bias to n scores. */
function addTo(s: usize, bias: usize, across: usize, n: i32): void {
  const end = s + (<usize>n << 2);
  if (across == 4) for (; s + 16 <= end; s += 16, bias += 16) v128.store(s, joined(v128.load(s), v128.load(bias)));
  for (; s < end; s += 4, bias += across) {
    v128.store_lane<f32>(s, joined(v128.load_splat<f32>(s), v128.load_splat<f32>(bias)), 0);
  }
}

/** Multiplies the n shares of a query by their factors. */
function drop(task: usize, query: i32, p: usize, n: i32): void {
  const across = <usize>field(task, FACTORS + 2) << 2;
  let f = rowOf(task, FACTORS, query);
  if (f) for (const end = p + (<usize>n << 2); p < end; p += 4, f += across) store<f32>(p, load<f32>(p) * load<f32>(f));
}

/**
 * Replaces the products of a query and n keys by their scores, and what follows, up to `end`, by −∞. Returns the largest, or
 * NaN if one that is not hidden is not finite.
 */
function score(task: usize, query: i32, s: usize, n: i32, end: usize, factor: f32): f32 {
  let top: f32 = -Infinity;
  const last = s + (<usize>n << 2);
  if (n > 0) {
    for (let p = last; p & 15; p += 4) store<f32>(p, load<f32>(s));
    const f = f32x4.splat(factor), zero = f32x4.splat(0);
    let most = f32x4.splat(top), odd = zero;
    for (let p = s; p < last; p += 16) {
      const v = f32x4.mul(v128.load(p), f);
      v128.store(p, v);
      most = f32x4.pmax(most, v);
      odd = f32x4.add(odd, f32x4.mul(v, zero));
    }
    if (v128.any_true(f32x4.ne(odd, odd))) return NaN;
    const bias = rowOf(task, BIAS, query), hidden = rowOf(task, HIDDEN, query);
    if (bias) addTo(s, bias, <usize>field(task, BIAS + 2) << 2, n);
    if (hidden) addTo(s, hidden, <usize>field(task, HIDDEN + 2) << 2, n);
    if (bias | hidden) top = largest32(s, n);
    else {
      most = f32x4.pmax(most, v128.shuffle<i32>(most, most, 2, 3, 0, 1));
      top = max(f32x4.extract_lane(most, 0), f32x4.extract_lane(most, 1));
    }
  }
  for (let p = last; p < end; p += 4) store<f32>(p, -Infinity);
  return top;
}

/** eˣ for x ≤ 0, and 0 if that is no normal number. */
@inline function power(x: v128, L: v128, M: v128, H: v128, W: v128, a: v128, b: v128, c: v128, d: v128, e: v128): v128 {
  const least = f32x4.splat(LEAST), v = f32x4.pmax(x, least);
  const t = madd32(v, L, M), s = i32x4.shl(t, 23);
  return v128.andnot(madd32(s, rest(v, f32x4.sub(t, M), H, W, a, b, c, d, e), s), f32x4.lt(x, least));
}

/** Replaces scores up to `end` by their powers, and returns the sum of these. */
function powers(s: usize, end: usize, most: f32): f64 {
  const m = f32x4.splat(most);
  const L = k(0), M = k(1), H = k(2), W = k(3), a = k(4), b = k(5), c = k(6), d = k(7), e = k(8);
  let p = f64x2.splat(0), q = p;
  for (; s < end; s += 16) {
    const v = power(f32x4.sub(v128.load(s), m), L, M, H, W, a, b, c, d, e);
    v128.store(s, v);
    p = f64x2.add(p, low(v));
    q = f64x2.add(q, high(v));
  }
  return total64(f64x2.add(p, q));
}

/** Replaces scores up to `end` by shares p = exp(s − log), and slopes d by factor · p (d − D). */
function pull(s: usize, slopes: usize, end: usize, sum: f64, along: f32, factor: f32): void {
  // In two parts, of which the first cancels most of the score, without rounding.
  const first = <f32>sum, m = f32x4.splat(first), less = f32x4.splat(<f32>(sum - <f64>first));
  const D = f32x4.splat(along), f = f32x4.splat(factor);
  const L = k(0), M = k(1), H = k(2), W = k(3), a = k(4), b = k(5), c = k(6), d = k(7), e = k(8);
  for (; s < end; s += 16, slopes += 16) {
    const v = power(f32x4.sub(f32x4.sub(v128.load(s), m), less), L, M, H, W, a, b, c, d, e);
    v128.store(s, v);
    v128.store(slopes, f32x4.mul(f32x4.mul(v, f32x4.sub(v128.load(slopes), D)), f));
  }
}

/** The products of `count` rows and the keys that they see; `own` are those that the first sees. */
@inline function products(
  task: usize, count: i32, seen: i32, a: usize, down: i32, right: i32, matrix: usize, size: i32,
  out: usize, step: usize, strip: usize, own: i32,
): void {
  multiply(
    count, size, seen, a, <usize>down << 2, <usize>right << 2,
    field(task, matrix), field(task, matrix + 2), field(task, matrix + 1),
    out, step, strip, 1 - own, -ALL, ALL, false,
  );
}

/** The keys that row i of a block sees: `own + i` of them. */
@inline function seenBy(own: i32, i: i32, keys: i32): i32 {
  return max(0, min(keys, own + i));
}

/** The end of a row: it holds a number more than the query sees, and is made of whole vectors. */
@inline function endOf(row: usize, n: i32, keys: i32): usize {
  return row + (<usize>((min(n + 1, keys) + 3) & ~3) << 2);
}

/** The bytes up to the first of a row's zeros. */
function clear(from: usize, end: usize): void {
  memory.fill(from, 0, end - from);
}

/**
 * Writes softmax(scale · Q Kᵀ) V for one head, whose output is 0, and for each query the logarithm of the sum of its powers,
 * −∞ if it sees no key. Returns false if a number is not finite: then the output has to be computed another way.
 */
export function attend32(task: usize, factor: f32, work: usize): bool {
  const queries = field(task, QUERIES), keys = field(task, KEYS), depth = field(task, DEEP);
  const step = stepOf(keys), block = blockOf(queries, keys);
  const inverse = work + 64 * DEPTH, scores = inverse + 512, line = <usize>depth << 2;
  for (let from: i32 = 0; from < queries; from += block) {
    const count = min(block, queries - from), own = field(task, CAUSAL) ? keys - queries + from + 1 : ALL;
    const seen = seenBy(own, count - 1, keys), out = <usize>field(task, OUT) + <usize>from * line;
    products(
      task, count, seen, rowOf(task, QUERY, from), field(task, QUERY + 1), field(task, QUERY + 2), KEY, field(task, WIDTH),
      scores, step, work, own,
    );
    for (let i: i32 = 0, s = scores; i < count; i++, s += step) {
      const n = seenBy(own, i, keys), end = endOf(s, n, keys), most = score(task, from + i, s, n, end, factor);
      let total: f64 = 0, part: f32 = 0;
      if (most != most) return false;
      if (most > -Infinity) {
        total = powers(s, end, most);
        part = <f32>(1 / total);
        drop(task, from + i, s, n);
      } else clear(s, end);
      store<f32>(inverse + (<usize>i << 2), part);
      store<f64>(<usize>field(task, LOGS) + (<usize>(from + i) << 3), total > 0 ? <f64>most + log(total) : -Infinity);
    }
    multiply(
      count, seen, depth, scores, step, 4, field(task, VALUE), field(task, VALUE + 1), field(task, VALUE + 2),
      out, line, work, -ALL, -ALL, own, false,
    );
    for (let i: i32 = 0; i < count; i++) scale(out + <usize>i * line, depth, load<f32>(inverse + (<usize>i << 2)));
    if (!within32(out, count * depth, LARGEST)) return false;
  }
  return true;
}

/** Whether n numbers are 0. */
function areZero(x: usize, n: i32): bool {
  for (; n > 0; n--, x += 4) if (load<f32>(x) != 0) return false;
  return true;
}

/**
 * The backward pass of one head: writes the gradient of the queries, which is 0, and adds those of keys and values to what is
 * there. Returns false if a gradient of the queries is not finite: then all have to be computed another way.
 */
export function attendBack32(task: usize, factor: f32, work: usize): bool {
  const queries = field(task, QUERIES), keys = field(task, KEYS), width = field(task, WIDTH), depth = field(task, DEEP);
  const step = stepOf(keys), block = blockOf(queries, keys);
  const scores = work + 64 * DEPTH + 512, slopes = scores + <usize>block * step;
  const line = <usize>depth << 2, row = <usize>width << 2;
  const qRow = field(task, QUERY + 1), qColumn = field(task, QUERY + 2), ofBias = <usize>field(task, OF_BIAS);
  for (let from: i32 = 0; from < queries; from += block) {
    const count = min(block, queries - from), own = field(task, CAUSAL) ? keys - queries + from + 1 : ALL;
    const seen = seenBy(own, count - 1, keys), query = rowOf(task, QUERY, from);
    const g = <usize>field(task, GRADIENT) + <usize>from * line, ofQuery = <usize>field(task, OF_QUERY) + <usize>from * row;
    products(task, count, seen, query, qRow, qColumn, KEY, width, scores, step, work, own);
    products(task, count, seen, g, depth, 1, VALUE, depth, slopes, step, work, own);
    for (let i: i32 = 0, s = scores, d = slopes; i < count; i++, s += step, d += step) {
      const n = seenBy(own, i, keys), end = endOf(s, n, keys), at = <usize>(from + i), dy = g + <usize>i * line;
      const sum = load<f64>(<usize>field(task, LOGS) + (at << 3));
      if (sum == -Infinity || areZero(dy, depth)) {
        clear(s, end);
        clear(d, d + (end - s));
        continue;
      }
      clear(d + (<usize>n << 2), d + (end - s));
      const most = score(task, from + i, s, n, end, factor);
      if (most != most) return false;
      drop(task, from + i, d, n);
      const along = <f32>dot32(<usize>field(task, OUT) + at * line, dy, depth);
      pull(s, d, end, sum, along, ofBias ? 1 : factor);
      if (ofBias) {
        memory.copy(ofBias + (<usize>keys << 2) * at, d, <usize>n << 2);
        scale(d, n, factor);
      }
      drop(task, from + i, s, n);
    }
    multiply(
      count, seen, width, slopes, step, 4, field(task, KEY), field(task, KEY + 1), field(task, KEY + 2),
      ofQuery, row, work, -ALL, -ALL, own, false,
    );
    if (!within32(ofQuery, count * width, LARGEST)) return false;
    multiply(
      seen, count, width, slopes, 4, step, query, qRow, qColumn,
      field(task, OF_KEY), row, work, -ALL, 1 - own, ALL, true,
    );
    multiply(
      seen, count, depth, scores, 4, step, g, depth, 1,
      field(task, OF_VALUE), line, work, -ALL, 1 - own, ALL, true,
    );
  }
  return true;
}
