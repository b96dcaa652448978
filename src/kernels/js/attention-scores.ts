import { type Head, isHidden } from '../head.js';
import type { Numbers } from '../numbers.js';
import type { Matrix } from '../operands.js';
import { carefulShares } from './attention-mend.js';

/** The number of queries per block: the scores of one block are in memory at a time. */
export const BLOCK = 64;

export const room = (like: Numbers, size: number): Numbers =>
  like instanceof Float64Array ? new Float64Array(size) : new Float32Array(size);

export const shifted = (matrix: Matrix, row: number): Matrix => ({
  ...matrix,
  at: matrix.at + row * matrix.row,
});

export const turned = ({ data, at, row, column }: Matrix): Matrix => ({ data, at, row: column, column: row });

export const packed = (data: Numbers, columns: number, at = 0): Matrix => ({
  data,
  at,
  row: columns,
  column: 1,
});

/** Blocks of queries, each with the keys that any of them may see. */
export function* blocks({
  queries,
  keys,
  causal,
}: Head): Generator<{ from: number; count: number; seen: number }> {
  for (let from = 0; from < queries; from += BLOCK) {
    const count = Math.min(BLOCK, queries - from);
    const seen = causal ? Math.max(0, Math.min(keys, keys - queries + from + count)) : keys;
    yield { from, count, seen };
  }
}

/** The largest score of a query and the sum of its powers; 0 if it sees no key, and NaN if its scores overflow. */
type Measures = readonly [most: number, total: number];

/** Multiplies the shares of one query by their factors. */
export function drop({ factors }: Head, query: number, shares: Numbers, at: number, seen: number): void {
  if (!factors) return;
  let p = factors.at + query * factors.row;
  for (let j = at; j < at + seen; j++, p += factors.column) shares[j]! *= factors.data[p]!;
}

/** Replaces the products of one query by its shares, which sum to 1, and returns its measures. */
export function share(head: Head, query: number, scores: Numbers, at: number, seen: number): Measures {
  score(head, query, scores, at, seen);
  let most = -Infinity;
  for (let j = at; j < at + seen; j++) if (!(scores[j]! <= most)) most = scores[j]!;
  if (most === -Infinity && isBlind(head, query, seen)) {
    scores.fill(0, at, at + seen);
    return [0, 0];
  }
  let total = 0;
  for (let j = at; j < at + seen; j++) {
    const power = Math.exp(scores[j]! - most);
    scores[j] = power;
    total += power;
  }
  if (total !== total) {
    carefulShares(head, query, scores, at, seen);
    return [NaN, NaN];
  }
  for (let j = at; j < at + seen; j++) scores[j] = scores[j]! / total;
  return [most, total];
}

/** Whether a query sees none of the keys. */
function isBlind(head: Head, query: number, seen: number): boolean {
  for (let key = 0; key < seen; key++) if (!isHidden(head, query, key)) return false;
  return true;
}

/** Replaces the products of one query by its scores: scaled, with the bias added, and −∞ for hidden keys. */
export function score(
  { keys, queries, causal, hidden, scale, bias }: Head,
  query: number,
  products: Numbers,
  at: number,
  seen: number,
): void {
  for (let j = at; j < at + seen; j++) products[j] = scale * products[j]!;
  if (bias) {
    let p = bias.at + query * bias.row;
    for (let j = at; j < at + seen; j++, p += bias.column) {
      const added = bias.data[p]!;
      products[j] = added === -Infinity ? -Infinity : products[j]! + added;
    }
  }
  if (hidden) {
    let p = hidden.at + query * hidden.row;
    for (let j = at; j < at + seen; j++, p += hidden.column)
      if (hidden.data[p] === -Infinity) products[j] = -Infinity;
  }
  if (causal) products.fill(-Infinity, at + Math.max(0, keys - queries + query + 1), at + seen);
}
