// Attention of float32: one head at a time, in blocks of queries, whose scores stay in the cache. A task of int32 says where
// its operands are: addresses in bytes, steps in elements.
import { COLUMNS, ROWS, TERMS, multiply } from './attention-product';
import { largest32 } from './peak';
import { k, rest } from './power32';
import { dot32, within32 } from './reduce';
import { DEPTH } from './slide32';
import { scale } from './softmax';
import { high, low, madd32, total64 } from './vectors';

/** The largest float32. */
const LARGEST: f64 = 3.4028234663852886e38;
/** Below −127 ln 2: the exponent of two is −127 there, of which a float32 makes 0. */
const LEAST: f32 = -88.1;

/**
 * The places of the fields of a task: the counts of queries and keys, of numbers of a query and of a value, and of queries in a
 * block; the bytes from one row of scores to the next, and whether attention is causal.
 */
const QUERIES = 0, KEYS = 4, WIDTH = 8, DEEP = 12, BLOCK = 16, STEP = 20, CAUSAL = 24;
/** Matrices: the address, 0 if there is none, and the steps to the next row and column; of the latter three columns have no gaps. */
const QUERY = 28, KEY = 40, VALUE = 52, BIAS = 64, HIDDEN = 76, FACTORS = 88;
/** Addresses of what has no gaps at all. */
const OUT = 100, MEASURES = 104, GRADIENT = 108, OF_QUERY = 112, OF_KEY = 116, OF_VALUE = 120, OF_BIAS = 124;

/** The task, and the block of queries: the first, their count, the keys that the first sees, and those that any does. */
let task: usize = 0, first: i32 = 0, count: i32 = 0, own: i32 = 0, seen: i32 = 0;
/** The bytes from one row of scores to the next, and the place of a strip. */
let step: usize = 0, strip: usize = 0;

/** The address of a row of a matrix. */
function rowOf(matrix: usize, i: i32): usize {
  return load<i32>(task + matrix) + ((i * load<i32>(task + matrix, 4)) << 2);
}

/** The count of keys that a query of the block sees, apart from those that are hidden. */
function seenBy(i: i32): i32 {
  return max(0, min(load<i32>(task, KEYS), own + i));
}

/** s + b; −∞ if either is, and NaN if it is not finite otherwise. */
@inline function joined(s: v128, b: v128): v128 {
  const none = f32x4.splat(-Infinity), sum = f32x4.add(s, b);
  const hides = v128.or(f32x4.eq(s, none), f32x4.eq(b, none));
  return v128.bitselect(none, f32x4.add(sum, f32x4.mul(sum, f32x4.splat(0))), hides);
}

/** Adds the row of a matrix to n scores, if there is one. */
function addTo(s: usize, n: i32, matrix: usize, query: i32): void {
  if (!load<i32>(task + matrix)) return;
  let b = rowOf(matrix, query);
  for (const end = s + (<usize>n << 2); s < end; s += 16, b += 16) {
    if (s + 16 > end) {
      memory.copy(LEFT, b, end - s);
      b = LEFT;
    }
    v128.store(s, joined(v128.load(s), v128.load(b)));
  }
}

/** Room for numbers that do not fill a vector. */
const LEFT: usize = memory.data(16);

/** Multiplies n shares of a query, or their slopes, by their factors, if there are any. */
function drop(p: usize, n: i32, query: i32): void {
  if (!load<i32>(task, FACTORS)) return;
  let f = rowOf(FACTORS, query);
  for (const end = p + (<usize>n << 2); p < end; p += 4, f += 4) store<f32>(p, load<f32>(p) * load<f32>(f));
}

/** Four lanes that count, and four that do not. */
const LANES: usize = memory.data<u32>([0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff, 0, 0, 0, 0]);

/** The end of the vectors in which n numbers lie. */
@inline function endOf(s: usize, n: i32): usize {
  return s + (<usize>((n + 3) & ~3) << 2);
}

/**
 * Replaces the products of a query with n keys by its scores, and those behind, up to a whole vector, by −∞. Returns the
 * largest, 0 if there is none, and NaN if a product is not finite, be its key hidden or not.
 */
function score(s: usize, n: i32, query: i32, factor: f32): f32 {
  const end = endOf(s, n), tail = s + (<usize>(n & ~3) << 2), lanes = v128.load(LANES + 16 - (<usize>(n & 3) << 2));
  const f = f32x4.splat(factor), none = f32x4.splat(-Infinity);
  let most = none, odd = f32x4.splat(0);
  v128.store(tail, v128.bitselect(v128.load(tail), v128.load_splat<f32>(s), lanes));
  for (let p = s; p < end; p += 16) {
    const v = f32x4.mul(v128.load(p), f);
    v128.store(p, v);
    most = f32x4.pmax(most, v);
    odd = f32x4.add(odd, f32x4.sub(v, v));
  }
  if (v128.any_true(f32x4.ne(odd, odd))) return NaN;
  most = f32x4.pmax(most, v128.shuffle<i32>(most, most, 2, 3, 0, 1));
  let top = max(f32x4.extract_lane(most, 0), f32x4.extract_lane(most, 1));
  if (load<i32>(task, BIAS) | load<i32>(task, HIDDEN)) {
    addTo(s, n, BIAS, query);
    addTo(s, n, HIDDEN, query);
    top = largest32(s, n);
  }
  v128.store(tail, v128.bitselect(v128.load(tail), none, lanes));
  return top == -Infinity ? 0 : top;
}

/** eˣ for x ≤ 0; 0 below about the smallest normal number. */
@inline function power(x: v128, L: v128, M: v128, H: v128, W: v128, a: v128, b: v128, c: v128, d: v128, e: v128): v128 {
  const v = f32x4.pmax(x, f32x4.splat(LEAST)), t = madd32(v, L, M), s = i32x4.shl(t, 23);
  return madd32(s, rest(v, f32x4.sub(t, M), H, W, a, b, c, d, e), s);
}

/** Replaces the scores up to `end` by their powers, and what follows by 0; returns the sum. */
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
  v128.store(s, f32x4.splat(0));
  return total64(f64x2.add(p, q));
}

/**
 * Replaces the scores up to `end` by shares p, the slopes d of the output by factor · p (d − D), and what follows these by 0.
 * What follows the shares is not read: in sums over queries, pairs of keys begin at even ones, and n is even or ends a vector.
 */
function pull(s: usize, slopes: usize, end: usize, most: f32, part: f32, along: f32, factor: f32): void {
  const m = f32x4.splat(most), r = f32x4.splat(part), D = f32x4.splat(along), f = f32x4.splat(factor);
  const L = k(0), M = k(1), H = k(2), W = k(3), a = k(4), b = k(5), c = k(6), d = k(7), e = k(8);
  for (; s < end; s += 16, slopes += 16) {
    const v = f32x4.mul(power(f32x4.sub(v128.load(s), m), L, M, H, W, a, b, c, d, e), r);
    v128.store(s, v);
    v128.store(slopes, f32x4.mul(f32x4.mul(v, f32x4.sub(v128.load(slopes), D)), f));
  }
  v128.store(slopes, f32x4.splat(0));
}

/** The place of the largest score of a query and the sum of its powers. */
function measuresOf(query: i32): usize {
  return <usize>load<i32>(task, MEASURES) + (<usize>query << 4);
}

/** 1 / Σ of the powers of a query; 0 if it sees no key. */
function partOf(query: i32): f32 {
  const total = load<f64>(measuresOf(query), 8);
  return total == 0 ? 0 : <f32>(1 / total);
}

/** The products of rows, one for each query of the block, and the keys that it sees, or their values. */
function products(a: usize, down: i32, right: i32, matrix: usize, size: i32, out: usize): void {
  const b = load<i32>(task + matrix), bRow = load<i32>(task + matrix, 8), bColumn = load<i32>(task + matrix, 4);
  multiply(COLUMNS, own, count, size, seen, a, <usize>down << 2, <usize>right << 2, b, bRow, bColumn, out, step, strip);
}

/** The sums of keys or values, with a row of factors for each query of the block; returns whether all are finite. */
function sums(factors: usize, matrix: usize, size: i32, out: usize): bool {
  const b = load<i32>(task + matrix), bRow = load<i32>(task + matrix, 4), bColumn = load<i32>(task + matrix, 8);
  multiply(TERMS, own, count, seen, size, factors, step, 4, b, bRow, bColumn, out, <usize>size << 2, strip);
  return within32(out, count * size, LARGEST);
}

/** Adds the sums of rows, one for each query of the block, to those of each key; `factors` has a column for each key. */
function addSums(factors: usize, b: usize, bRow: i32, bColumn: i32, size: i32, out: usize): void {
  multiply(ROWS, own, seen, count, size, factors, 4, step, b, bRow, bColumn, out, <usize>size << 2, strip);
}

/** The output of a block; returns whether it is finite. */
function attendBlock(scores: usize, factor: f32): bool {
  const depth = load<i32>(task, DEEP), line = <usize>depth << 2;
  for (let i: i32 = 0, s = scores; i < count; i++, s += step) {
    const query = first + i, n = seenBy(i), most = score(s, n, query, factor), measures = measuresOf(query);
    if (most != most) return false;
    store<f64>(measures, <f64>most);
    store<f64>(measures, powers(s, endOf(s, n), most), 8);
    drop(s, n, query);
  }
  let out = <usize>load<i32>(task, OUT) + <usize>first * line;
  const fine = sums(scores, VALUE, depth, out);
  for (let i: i32 = 0; i < count; i++, out += line) scale(out, depth, partOf(first + i));
  return fine;
}

/** The gradients of a block; returns whether scores and the gradient of the queries are finite. */
function pullBlock(scores: usize, slopes: usize, factor: f32): bool {
  const width = load<i32>(task, WIDTH), depth = load<i32>(task, DEEP), line = <usize>depth << 2;
  const g = <usize>load<i32>(task, GRADIENT) + <usize>first * line, ofBias = <usize>load<i32>(task, OF_BIAS);
  products(g, depth, 1, VALUE, depth, slopes);
  for (let i: i32 = 0, s = scores, d = slopes, dy = g; i < count; i++, s += step, d += step, dy += line) {
    const query = first + i, n = seenBy(i);
    const most = score(s, n, query, factor), along = <f32>dot32(<usize>load<i32>(task, OUT) + <usize>query * line, dy, depth);
    if (most != most) return false;
    drop(d, n, query);
    pull(s, d, endOf(s, n), <f32>load<f64>(measuresOf(query)), partOf(query), along, ofBias ? 1 : factor);
    if (ofBias) {
      const to = ofBias + (<usize>(query * load<i32>(task, KEYS)) << 2);
      // What is hidden gets 0, and not −0.
      for (let j: usize = 0; j < <usize>n << 2; j += 4) store<f32>(to + j, load<f32>(d + j) + 0);
      scale(d, n, factor);
    }
    drop(s, n, query);
  }
  addSums(slopes, rowOf(QUERY, first), load<i32>(task, QUERY + 4), load<i32>(task, QUERY + 8), width, load<i32>(task, OF_KEY));
  addSums(scores, g, depth, 1, depth, load<i32>(task, OF_VALUE));
  return sums(slopes, KEY, width, <usize>load<i32>(task, OF_QUERY) + (<usize>(first * width) << 2));
}

/** Runs over the blocks of a head, forward or back, as long as all is finite. */
function eachBlock(head: usize, factor: f32, work: usize, back: bool): bool {
  task = head;
  strip = work;
  step = load<i32>(task, STEP);
  const queries = load<i32>(task, QUERIES), keys = load<i32>(task, KEYS), block = load<i32>(task, BLOCK), scores = work + 64 * DEPTH;
  for (first = 0; first < queries; first += block) {
    count = min(block, queries - first);
    own = load<i32>(task, CAUSAL) ? keys - queries + first + 1 : keys;
    seen = seenBy(count - 1);
    products(rowOf(QUERY, first), load<i32>(task, QUERY + 4), load<i32>(task, QUERY + 8), KEY, load<i32>(task, WIDTH), scores);
    const fine = back ? pullBlock(scores, scores + <usize>block * step, factor) : attendBlock(scores, factor);
    if (!fine) return false;
  }
  return true;
}

/**
 * Writes softmax(factor · Q Kᵀ) V for one head, whose output is 0, and for each query the largest score and the sum of the
 * powers. Returns false if a number is not finite: then the output has to be computed another way.
 */
export function attend32(head: usize, factor: f32, work: usize): bool {
  return eachBlock(head, factor, work, false);
}

/**
 * The backward pass of one head: writes the gradient of the queries, which is 0, and adds those of keys and values to what is
 * there. Returns false if a score or a gradient of the queries is not finite: then all have to be computed another way.
 */
export function attendBack32(head: usize, factor: f32, work: usize): bool {
  return eachBlock(head, factor, work, true);
}
