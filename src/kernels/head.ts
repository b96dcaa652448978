import type { Numbers } from './numbers.js';
import type { Matrix } from './operands.js';

/** Matrices of one size in a buffer: where each begins, and the steps to the next row and column. */
export interface Matrices {
  readonly data: Numbers;
  readonly starts: readonly number[];
  readonly row: number;
  readonly column: number;
}

interface Operands<M> {
  readonly queries: number;
  readonly keys: number;
  /** The elements of a query or key, and those of a value. */
  readonly width: number;
  readonly depth: number;
  /** The factor of the products of query and key. */
  readonly scale: number;
  /** Whether a query sees no key after its own position; the last query is at the position of the last key. */
  readonly causal: boolean;
  readonly query: M;
  readonly key: M;
  readonly value: M;
  /** Added to the scores, [queries, keys]; −∞ hides a key. */
  readonly bias: M | undefined;
  /** A mask [queries, keys]: 0, or −∞ where a key is hidden from a query. A step of 0 broadcasts. */
  readonly hidden: M | undefined;
  /** The factors of the shares, [queries, keys]: 0 for dropped shares. */
  readonly factors: M | undefined;
}

/** One head of attention. */
export type Head = Operands<Matrix>;

/** All heads of a batch; so many neighbours share a matrix of keys and one of values. */
export interface Heads extends Operands<Matrices> {
  readonly sharing: number;
}

/** The gradients of all heads, each without gaps; that of the bias, [heads, queries, keys], may be left out. */
export interface HeadGradients {
  readonly ofQuery: Numbers;
  readonly ofKey: Numbers;
  readonly ofValue: Numbers;
  readonly ofBias?: Numbers | undefined;
}

/** One matrix of several. */
const matrixAt = ({ data, starts, row, column }: Matrices, i: number): Matrix => ({
  data,
  at: starts[i]!,
  row,
  column,
});

/** One head. Its fields are written out: objects made by spreading are read slowly in loops. */
export function headOf(heads: Heads, h: number): Head {
  const { queries, keys, width, depth, scale, causal, sharing, query, key, value } = heads;
  const { bias, hidden, factors } = heads;
  const group = Math.floor(h / sharing);
  return {
    queries,
    keys,
    width,
    depth,
    scale,
    causal,
    query: matrixAt(query, h),
    key: matrixAt(key, group),
    value: matrixAt(value, group),
    bias: bias && matrixAt(bias, h),
    hidden: hidden && matrixAt(hidden, h),
    factors: factors && matrixAt(factors, h),
  };
}

/** So many neighbouring heads, which share their keys, alone. */
export function someOf(heads: Heads, first: number, count: number): Heads {
  const some = (matrices: Matrices, from: number, many: number): Matrices => ({
    ...matrices,
    starts: matrices.starts.slice(from, from + many),
  });
  const { query, key, value, bias, hidden, factors } = heads;
  const group = Math.floor(first / heads.sharing);
  return {
    ...heads,
    sharing: count,
    query: some(query, first, count),
    key: some(key, group, 1),
    value: some(value, group, 1),
    bias: bias && some(bias, first, count),
    hidden: hidden && some(hidden, first, count),
    factors: factors && some(factors, first, count),
  };
}

/** Whether a key is hidden from a query. */
export function isHidden({ queries, keys, causal, hidden, bias }: Head, query: number, key: number): boolean {
  if (causal && key > keys - queries + query) return true;
  if (bias?.data[bias.at + query * bias.row + key * bias.column] === -Infinity) return true;
  return hidden?.data[hidden.at + query * hidden.row + key * hidden.column] === -Infinity;
}
