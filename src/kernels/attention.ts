import { matmul } from './dispatch.js';
import type { Matrix } from './matmul.js';
import type { Numbers } from './numbers.js';

/** Which keys a query may look at: anything but 0 for those that it may. Steps of 0 repeat a row or a column. */
export interface Visible {
  readonly data: Uint8Array;
  readonly at: number;
  readonly row: number;
  readonly column: number;
}

/** One head: `queries` rows of `width` numbers that look at `keys` rows of as many, and gather rows of `depth`. */
export interface Head {
  readonly queries: number;
  readonly keys: number;
  readonly width: number;
  readonly depth: number;
  readonly query: Matrix;
  readonly key: Matrix;
  readonly value: Matrix;
  /** What a product of query and key is multiplied by. */
  readonly scale: number;
  /** Whether a query sees no key behind its own place, where the last query stands at the last key. */
  readonly causal: boolean;
  readonly visible: Visible | undefined;
}

/** The place in some data where something of one head begins. */
export interface Place<N extends Numbers = Numbers> {
  readonly data: N;
  readonly at: number;
}

/** How many queries are handled at a time: so many rows of scores are in memory, and no more. */
const BLOCK = 64;

const room = (like: Numbers, size: number): Numbers =>
  like instanceof Float64Array ? new Float64Array(size) : new Float32Array(size);

const shifted = (matrix: Matrix, row: number): Matrix => ({ ...matrix, at: matrix.at + row * matrix.row });

const turned = ({ data, at, row, column }: Matrix): Matrix => ({ data, at, row: column, column: row });

const packed = (data: Numbers, columns: number, at = 0): Matrix => ({ data, at, row: columns, column: 1 });

/** Blocks of queries, each with the keys that any of them may see. */
function* blocks({ queries, keys, causal }: Head): Generator<{ from: number; count: number; seen: number }> {
  for (let from = 0; from < queries; from += BLOCK) {
    const count = Math.min(BLOCK, queries - from);
    const seen = causal ? Math.max(0, Math.min(keys, keys - queries + from + count)) : keys;
    yield { from, count, seen };
  }
}

/**
 * out ← softmax(scale · Q Kᵀ) V for one head, and of each query the logarithm of the sum of its powers, by which the
 * shares can be found again. A query that sees no key has zeros, and −∞.
 */
export function attend(head: Head, out: Place, logs: Place<Float64Array>): void {
  const { width, depth, query, key, value } = head;
  const scores = room(out.data, Math.min(BLOCK, head.queries) * head.keys);
  for (const { from, count, seen } of blocks(head)) {
    if (seen === 0) {
      logs.data.fill(-Infinity, logs.at + from, logs.at + from + count);
      continue;
    }
    matmul(count, width, seen, shifted(query, from), turned(key), scores, 0);
    for (let i = 0; i < count; i++)
      logs.data[logs.at + from + i] = share(head, from + i, scores, i * seen, seen);
    matmul(count, seen, depth, packed(scores, seen), value, out.data, out.at + from * depth);
  }
}

/** Turns the products of one query into shares that sum to 1, and returns the logarithm of the sum of their powers. */
function share(head: Head, query: number, scores: Numbers, at: number, seen: number): number {
  score(head, query, scores, at, seen);
  let most = -Infinity;
  for (let j = at; j < at + seen; j++) if (!(scores[j]! <= most)) most = scores[j]!;
  if (most === -Infinity) {
    scores.fill(0, at, at + seen);
    return -Infinity;
  }
  let total = 0;
  for (let j = at; j < at + seen; j++) {
    const power = Math.exp(scores[j]! - most);
    scores[j] = power;
    total += power;
  }
  for (let j = at; j < at + seen; j++) scores[j] = scores[j]! / total;
  return most + Math.log(total);
}

/** Turns the products of one query into scores: scaled, and −∞ for what it may not see. */
function score(
  { keys, queries, causal, visible, scale }: Head,
  query: number,
  products: Numbers,
  at: number,
  seen: number,
): void {
  for (let j = at; j < at + seen; j++) products[j] = scale * products[j]!;
  if (visible) {
    let p = visible.at + query * visible.row;
    for (let j = at; j < at + seen; j++, p += visible.column)
      if (visible.data[p] === 0) products[j] = -Infinity;
  }
  if (causal) products.fill(-Infinity, at + Math.max(0, keys - queries + query + 1), at + seen);
}

/**
 * The gradients of one head from that of its output: with shares p = exp(s − log) found again block by block, and
 * D = ⟨o, do⟩ a query, dV = pᵀ dO, ds = p (dO Vᵀ − D), dQ = scale · ds K, dK = scale · dsᵀ Q. Those of keys and values
 * are added to what is there, since several heads may share them.
 */
export function attendBack(
  head: Head,
  gradient: Place,
  out: Place,
  logs: Place<Float64Array>,
  ofQuery: Place,
  ofKey: Place<Float64Array>,
  ofValue: Place<Float64Array>,
): void {
  const { width, depth, keys, query, key, value, scale } = head;
  const most = Math.min(BLOCK, head.queries) * keys;
  const [shares, slopes] = [room(out.data, most), room(out.data, most)];
  const sums = room(out.data, keys * Math.max(width, depth));
  for (const { from, count, seen } of blocks(head)) {
    if (seen === 0) continue;
    const rows = shifted(query, from);
    const g = packed(gradient.data, depth, gradient.at + from * depth);
    matmul(count, width, seen, rows, turned(key), shares, 0);
    matmul(count, depth, seen, g, turned(value), slopes, 0);
    for (let i = 0; i < count; i++) {
      score(head, from + i, shares, i * seen, seen);
      const log = logs.data[logs.at + from + i]!;
      const o = out.at + (from + i) * depth;
      let along = 0;
      for (let j = 0; j < depth; j++) along += out.data[o + j]! * gradient.data[g.at + i * depth + j]!;
      for (let j = i * seen; j < (i + 1) * seen; j++) {
        const p = log === -Infinity ? 0 : Math.exp(shares[j]! - log);
        shares[j] = p;
        slopes[j] = scale * p * (slopes[j]! - along);
      }
    }
    matmul(count, seen, width, packed(slopes, seen), key, ofQuery.data, ofQuery.at + from * width);
    matmul(seen, count, width, turned(packed(slopes, seen)), rows, sums, 0);
    for (let j = 0; j < seen * width; j++) ofKey.data[ofKey.at + j]! += sums[j]!;
    matmul(seen, count, depth, turned(packed(shares, seen)), g, sums, 0);
    for (let j = 0; j < seen * depth; j++) ofValue.data[ofValue.at + j]! += sums[j]!;
  }
}
