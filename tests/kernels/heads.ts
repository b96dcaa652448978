import fc from 'fast-check';
import type { Heads, Matrices, Numbers } from '../../src/kernels/index.js';
import { random } from './wasm/laboratory.js';

/** Around the sizes of vectors, strips, blocks and sums. */
const few = fc.integer({ min: 1, max: 9 });
const widths = fc.oneof(
  { weight: 4, arbitrary: few },
  { weight: 4, arbitrary: fc.constantFrom(15, 16, 17, 24, 32, 33) },
  { weight: 1, arbitrary: fc.constantFrom(64, 258) },
);
const queries = fc.oneof(
  { weight: 4, arbitrary: few },
  { weight: 2, arbitrary: fc.constantFrom(31, 32, 33) },
  { weight: 1, arbitrary: fc.constantFrom(127, 128, 129, 131) },
);
const keys = fc.oneof(
  { weight: 4, arbitrary: few },
  { weight: 4, arbitrary: fc.constantFrom(15, 16, 17, 31, 44, 45, 48) },
  { weight: 1, arbitrary: fc.constantFrom(129, 255, 256, 257, 300) },
);

/** How numbers for pairs are given: for each head, or the same for all of them, for all queries or for all keys. */
const pairs = fc.constantFrom('none', 'each', 'all', 'queries', 'keys');

/** Sizes, and which operands there are. */
export const geometries = fc.record({
  groups: fc.integer({ min: 1, max: 2 }),
  sharing: fc.integer({ min: 1, max: 2 }),
  queries,
  keys,
  width: widths,
  depth: widths,
  causal: fc.boolean(),
  bias: pairs,
  hidden: pairs,
  factors: pairs,
  isTurned: fc.boolean(),
  scale: fc.constantFrom(1, 0.3, -0.5),
  seed: fc.nat(),
});

export type Geometry = typeof geometries extends fc.Arbitrary<infer G> ? G : never;

type Kind = Float32ArrayConstructor | Float64ArrayConstructor;

/** Heads of these sizes, with numbers of a seed, and the gradient of their output. */
export function headsOf(geometry: Geometry, Store: Kind): { heads: Heads; gradient: Numbers } {
  const { groups, sharing, queries, keys, width, depth, causal, isTurned, scale, seed } = geometry;
  const next = random(seed);
  const normal = (n: number): Numbers => new Store(n).map(() => 2 * (next() + next() + next()) - 3);
  const count = groups * sharing;
  /** Matrices with gaps between them, by columns if they are turned. */
  const matrices = (many: number, rows: number, columns: number): Matrices => {
    const size = rows * columns + 3;
    return {
      data: normal(many * size),
      starts: Array.from({ length: many }, (_, i) => 2 + i * size),
      ...(isTurned ? { row: 1, column: rows } : { row: columns, column: 1 }),
    };
  };
  const given = (how: Geometry['bias'], number: () => number): Matrices | undefined => {
    if (how === 'none') return undefined;
    const [rows, columns] = [how === 'queries' ? 1 : queries, how === 'keys' ? 1 : keys];
    const many = how === 'each' ? count : 1;
    return {
      data: new Store(many * rows * columns + 1).map(number),
      starts: Array.from({ length: count }, (_, i) => 1 + (many > 1 ? i * rows * columns : 0)),
      row: how === 'queries' ? 0 : columns,
      column: how === 'keys' ? 0 : 1,
    };
  };
  const heads: Heads = {
    queries,
    keys,
    width,
    depth,
    sharing,
    scale,
    causal,
    query: matrices(count, queries, width),
    key: matrices(groups, keys, width),
    value: matrices(groups, keys, depth),
    bias: given(geometry.bias, () => (next() < 0.1 ? -Infinity : 4 * next() - 2)),
    hidden: given(geometry.hidden, () => (next() < 0.3 ? -Infinity : 0)),
    factors: given(geometry.factors, () => (next() < 0.3 ? 0 : 1.5)),
  };
  const gradient = normal(count * queries * depth);
  // A query in five has no gradient.
  for (let i = 0; i < count * queries; i++) {
    if (next() < 0.2) gradient.fill(0, i * depth, (i + 1) * depth);
  }
  return { heads, gradient };
}

/** The output, the largest score and the sum of powers of each query, and all gradients, by plain loops in float64. */
export function plain(heads: Heads, gradient: Numbers) {
  const { queries, keys, width, depth, sharing, scale, causal, query, key, value } = heads;
  const count = query.starts.length;
  const out = new Float64Array(count * queries * depth);
  const measures = new Float64Array(count * queries * 2);
  const ofQuery = new Float64Array(count * queries * width);
  const ofKey = new Float64Array(key.starts.length * keys * width);
  const ofValue = new Float64Array(key.starts.length * keys * depth);
  const ofBias = new Float64Array(count * queries * keys);
  const at = ({ data, starts, row, column }: Matrices, m: number, i: number, j: number): number =>
    data[starts[m]! + i * row + j * column]!;
  for (let h = 0; h < count; h++) {
    const group = Math.floor(h / sharing);
    for (let i = 0; i < queries; i++) {
      const r = h * queries + i;
      const seen = Array.from({ length: keys }, (_, j) => j).filter(
        (j) =>
          !(causal && j > keys - queries + i) &&
          !(heads.bias && at(heads.bias, h, i, j) === -Infinity) &&
          !(heads.hidden && at(heads.hidden, h, i, j) === -Infinity),
      );
      if (seen.length === 0) continue;
      const scores = seen.map((j) => {
        let product = 0;
        for (let l = 0; l < width; l++) product += at(query, h, i, l) * at(key, group, j, l);
        return scale * product + (heads.bias ? at(heads.bias, h, i, j) : 0);
      });
      const most = Math.max(...scores);
      const powers = scores.map((score) => Math.exp(score - most));
      const total = powers.reduce((sum, power) => sum + power, 0);
      measures.set([most, total], 2 * r);
      const factor = seen.map((j) => (heads.factors ? at(heads.factors, h, i, j) : 1));
      seen.forEach((j, n) => {
        const share = (factor[n]! * powers[n]!) / total;
        for (let l = 0; l < depth; l++) out[r * depth + l]! += share * at(value, group, j, l);
      });
      let along = 0;
      for (let l = 0; l < depth; l++) along += out[r * depth + l]! * gradient[r * depth + l]!;
      seen.forEach((j, n) => {
        const share = powers[n]! / total;
        let slope = 0;
        for (let l = 0; l < depth; l++) {
          slope += gradient[r * depth + l]! * at(value, group, j, l);
          ofValue[(group * keys + j) * depth + l]! += factor[n]! * share * gradient[r * depth + l]!;
        }
        const ofScore = share * (factor[n]! * slope - along);
        ofBias[r * keys + j] = ofScore;
        for (let l = 0; l < width; l++) {
          ofQuery[r * width + l]! += scale * ofScore * at(key, group, j, l);
          ofKey[(group * keys + j) * width + l]! += scale * ofScore * at(query, h, i, l);
        }
      });
    }
  }
  return { out, measures, ofQuery, ofKey, ofValue, ofBias };
}

/** The largest difference, relative to the largest number, or to 1; ∞ if one of two numbers is NaN. */
export function gap(found: Numbers, expected: Numbers): number {
  let [most, off] = [1, 0];
  expected.forEach((value, i) => {
    most = Math.max(most, Math.abs(value));
    const difference = Math.abs(found[i]! - value);
    off = Math.max(off, difference <= Infinity ? difference : Infinity);
  });
  return off / most;
}

/**
 * What rounding to float32 may make of results. An error of n products is about √n as large as one of them, times n roundings; that
 * of a score or of a slope is in all results.
 */
export const rounding = ({ queries, keys, width, depth, sharing }: Heads): number =>
  (queries * sharing + keys + 2 * width ** 1.5 + 2 * depth ** 1.5 + 32) * 2 ** -24;
