import { type Head, isHidden } from '../head.js';
import type { Numbers } from '../numbers.js';
import type { Matrix } from '../operands.js';

// Attention in loops over single elements, for results that are not finite. The fast way multiplies whole matrices,
// in which 0 · NaN is NaN; here pairs of a query and a hidden key are not read.

/** A power of two that scales a magnitude, so that products of two scaled numbers do not overflow. */
const unitOf = (most: number): number => (most > 2 ** 400 ? 2 ** -600 : 1);

const magnitude = ({ data, at, row, column }: Matrix, i: number, width: number): number => {
  let most = 0;
  for (let j = 0, p = at + i * row; j < width; j++, p += column) most = Math.max(most, Math.abs(data[p]!));
  return most;
};

/**
 * Writes the shares exp(s − max s) / Σ of one query, from scores in float64, scaled if those would overflow. They are
 * NaN if a score is NaN or infinite, as in any softmax.
 */
export function carefulShares(head: Head, query: number, shares: Numbers, at: number, seen: number): void {
  const { width, query: q, key: k, scale, bias } = head;
  const unitQ = unitOf(magnitude(q, query, width));
  const seenKeys = Array.from({ length: seen }, (_, key) => key).filter((key) => !isHidden(head, query, key));
  const unitK = unitOf(seenKeys.reduce((most, key) => Math.max(most, magnitude(k, key, width)), 0));
  const scores = seenKeys.map((key) => {
    let product = 0;
    for (let j = 0; j < width; j++) {
      const [a, b] = [
        q.data[q.at + query * q.row + j * q.column]!,
        k.data[k.at + key * k.row + j * k.column]!,
      ];
      product += a * unitQ * (b * unitK);
    }
    const added = bias ? bias.data[bias.at + query * bias.row + key * bias.column]! : 0;
    return scale * product + added * unitQ * unitK;
  });
  const most = scores.reduce((largest, score) => (score <= largest ? largest : score), -Infinity);
  const powers = scores.map((score) => Math.exp((score - most) / unitQ / unitK));
  const total = powers.reduce((sum, power) => sum + power, 0);
  shares.fill(0, at, at + seen);
  seenKeys.forEach((key, i) => (shares[at + key] = powers[i]! / total));
}

/** Whether all elements from `from` to `to` are finite: 0 · x is NaN otherwise, and four sums at a time are fast. */
export function areFinite(x: Numbers, from: number, to: number): boolean {
  let [a, b, c, d] = [0, 0, 0, 0];
  let p = from;
  for (; p + 4 <= to; p += 4) {
    a += 0 * x[p]!;
    b += 0 * x[p + 1]!;
    c += 0 * x[p + 2]!;
    d += 0 * x[p + 3]!;
  }
  for (; p < to; p++) a += 0 * x[p]!;
  return a + b + (c + d) === 0;
}

/** A matrix product out[i] = Σ factor(i, k) · rows[k] over the pairs (i, k) that are seen. */
interface Product {
  readonly out: Numbers;
  readonly at: number;
  /** The number of rows of the product, of elements in each, and of terms in a sum. */
  readonly count: number;
  readonly width: number;
  readonly inner: number;
  readonly rows: Matrix;
  factor(i: number, k: number): number;
  isSeen(i: number, k: number): boolean;
}

/** Computes the rows of a product again that are not finite, from pairs that are seen. */
export function mend({ out, at, count, width, inner, rows, factor, isSeen }: Product): void {
  if (areFinite(out, at, at + count * width)) return;
  for (let i = 0, to = at; i < count; i++, to += width) {
    if (areFinite(out, to, to + width)) continue;
    out.fill(0, to, to + width);
    for (let k = 0; k < inner; k++) {
      if (!isSeen(i, k)) continue;
      const weight = factor(i, k);
      const from = rows.at + k * rows.row;
      for (let j = 0; j < width; j++) out[to + j]! += weight * rows.data[from + j * rows.column]!;
    }
  }
}
