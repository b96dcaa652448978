import { type Head, type HeadGradients, headOf, isHidden } from '../head.js';
import type { Kernels } from '../kernels.js';
import type { Numbers } from '../numbers.js';
import type { Matrix } from '../operands.js';
import { areFinite, carefulShares, mend } from './attention-mend.js';
import { BLOCK, blocks, drop, packed, room, score, share, shifted, turned } from './attention-scores.js';
import { matmul } from './unrolled/matmul.js';

/** The part of a buffer that belongs to one head: it starts at `at`. */
interface Place<N extends Numbers = Numbers> {
  readonly data: N;
  readonly at: number;
}

/** The gradients of one head. Those of keys and values are accumulated. */
interface Pulled {
  readonly ofQuery: Place;
  readonly ofKey: Place<Float64Array>;
  readonly ofValue: Place<Float64Array>;
  readonly ofBias: Place | undefined;
}

/**
 * Writes softmax(scale · Q Kᵀ) V for one head, whose output is 0, and the measures of each query. Hidden keys and values are
 * not read.
 */
function attendHead(
  multiply: Kernels['matmul'],
  head: Head,
  out: Place,
  measures: Place<Float64Array>,
): void {
  const { width, depth, query, key, value } = head;
  const scores = room(out.data, Math.min(BLOCK, head.queries) * head.keys);
  for (const { from, count, seen } of blocks(head)) {
    if (seen === 0) {
      measures.data.fill(0, measures.at + 2 * from, measures.at + 2 * (from + count));
      continue;
    }
    multiply(count, width, seen, shifted(query, from), turned(key), scores, 0);
    for (let i = 0; i < count; i++) {
      const [most, total] = share(head, from + i, scores, i * seen, seen);
      measures.data[measures.at + 2 * (from + i)] = most;
      measures.data[measures.at + 2 * (from + i) + 1] = total;
      drop(head, from + i, scores, i * seen, seen);
    }
    multiply(count, seen, depth, packed(scores, seen), value, out.data, out.at + from * depth);
    mend({
      out: out.data,
      at: out.at + from * depth,
      count,
      width: depth,
      inner: seen,
      rows: value,
      factor: (i, j) => scores[i * seen + j]!,
      isSeen: (i, j) => !isHidden(head, from + i, j) && scores[i * seen + j] !== 0,
    });
  }
}

/**
 * The backward pass of one head, block by block. With the shares p of each query, and D = ⟨o, do⟩ for each query, dV
 * = pᵀ dO, ds = p (dO Vᵀ − D), dQ = scale · ds K, dK = scale · dsᵀ Q, and the gradient of the bias is ds. With
 * factors f of the shares, dV = (f p)ᵀ dO and ds = p (f dO Vᵀ − D). The gradients of keys and values are accumulated,
 * since heads may share them. Hidden keys and values are not read, nor queries whose output gradient is 0.
 */
function pullHead(
  multiply: Kernels['matmul'],
  head: Head,
  gradient: Place,
  out: Place,
  measures: Place<Float64Array>,
  { ofQuery, ofKey, ofValue, ofBias }: Pulled,
): void {
  const { width, depth, keys, query, key, value, scale } = head;
  const size = Math.min(BLOCK, head.queries) * keys;
  const [shares, slopes] = [room(out.data, size), room(out.data, size)];
  const sums = room(out.data, keys * Math.max(width, depth));
  for (const { from, count, seen } of blocks(head)) {
    if (seen === 0) continue;
    const rows = shifted(query, from);
    const g = packed(gradient.data, depth, gradient.at + from * depth);
    multiply(count, width, seen, rows, turned(key), shares, 0);
    multiply(count, depth, seen, g, turned(value), slopes, 0);
    const idle: boolean[] = [];
    for (let i = 0; i < count; i++) {
      const at = i * seen;
      const of = measures.at + 2 * (from + i);
      const [most, total] = [measures.data[of]!, measures.data[of + 1]!];
      const o = out.at + (from + i) * depth;
      const d = g.at + i * depth;
      idle.push(isZero(gradient.data, d, d + depth));
      if (total === 0 || idle[i]) {
        shares.fill(0, at, at + seen);
        slopes.fill(0, at, at + seen);
        continue;
      }
      let along = 0;
      for (let j = 0; j < depth; j++) along += out.data[o + j]! * gradient.data[d + j]!;
      if (total !== total) carefulShares(head, from + i, shares, at, seen);
      else {
        score(head, from + i, shares, at, seen);
        for (let j = at; j < at + seen; j++) shares[j] = Math.exp(shares[j]! - most) / total;
      }
      drop(head, from + i, slopes, at, seen);
      if (ofBias) {
        for (let j = 0, to = ofBias.at + (from + i) * keys; j < seen; j++)
          if (!isHidden(head, from + i, j)) ofBias.data[to + j] = shares[at + j]! * (slopes[at + j]! - along);
      }
      for (let j = at; j < at + seen; j++) slopes[j] = scale * shares[j]! * (slopes[j]! - along);
      drop(head, from + i, shares, at, seen);
      if (!areFinite(slopes, at, at + seen)) {
        for (let j = 0; j < seen; j++) if (isHidden(head, from + i, j)) slopes[at + j] = 0;
      }
    }
    const isSeen = (i: number, j: number): boolean => !idle[i] && !isHidden(head, from + i, j);
    multiply(count, seen, width, packed(slopes, seen), key, ofQuery.data, ofQuery.at + from * width);
    mend({
      out: ofQuery.data,
      at: ofQuery.at + from * width,
      count,
      width,
      inner: seen,
      rows: key,
      factor: (i, j) => slopes[i * seen + j]!,
      isSeen,
    });
    /** Accumulates the products of each key with the queries of this block. */
    const addTo = (place: Place<Float64Array>, size: number, factors: Numbers, others: Matrix): void => {
      multiply(seen, count, size, turned(packed(factors, seen)), others, sums, 0);
      mend({
        out: sums,
        at: 0,
        count: seen,
        width: size,
        inner: count,
        rows: others,
        factor: (j, i) => factors[i * seen + j]!,
        isSeen: (j, i) => isSeen(i, j),
      });
      for (let j = 0; j < seen * size; j++) place.data[place.at + j]! += sums[j]!;
    };
    addTo(ofKey, width, slopes, rows);
    addTo(ofValue, depth, shares, g);
  }
}

function isZero(x: Numbers, from: number, to: number): boolean {
  for (let p = from; p < to; p++) if (x[p] !== 0) return false;
  return true;
}

type Attention = Pick<Kernels, 'attend' | 'attendBack'>;

/** Attention by products of matrices, one head after the other. */
export const attentionBy = (multiply: Kernels['matmul']): Attention => ({
  attend(heads, out, measures) {
    const { queries, depth, query } = heads;
    out.fill(0);
    query.starts.forEach((_, h) =>
      attendHead(
        multiply,
        headOf(heads, h),
        { data: out, at: h * queries * depth },
        { data: measures, at: 2 * h * queries },
      ),
    );
  },

  attendBack(heads, gradient, out, measures, { ofQuery, ofKey, ofValue, ofBias }: HeadGradients) {
    const { queries, keys, width, depth, query, sharing } = heads;
    ofQuery.fill(0);
    ofBias?.fill(0);
    const [sumsK, sumsV] = [new Float64Array(ofKey.length), new Float64Array(ofValue.length)];
    query.starts.forEach((_, h) => {
      const rows = h * queries;
      const group = Math.floor(h / sharing);
      pullHead(
        multiply,
        headOf(heads, h),
        { data: gradient, at: rows * depth },
        { data: out, at: rows * depth },
        { data: measures, at: 2 * rows },
        {
          ofQuery: { data: ofQuery, at: rows * width },
          ofKey: { data: sumsK, at: group * keys * width },
          ofValue: { data: sumsV, at: group * keys * depth },
          ofBias: ofBias && { data: ofBias, at: rows * keys },
        },
      );
    });
    ofKey.set(sumsK);
    ofValue.set(sumsV);
  },
});

export const { attend, attendBack } = attentionBy(matmul);
