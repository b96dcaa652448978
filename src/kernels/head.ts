import type { Numbers } from './numbers.js';
import type { Matrix } from './operands.js';

/** Matrices of one size in a buffer: where each begins, and the steps to the next row and column. */
export interface Matrices {
  readonly data: Numbers;
  readonly starts: readonly number[];
  readonly row: number;
  readonly column: number;
}

/** What all heads have in common. */
interface Sizes {
  readonly queries: number;
  readonly keys: number;
  /** The elements of a query or key, and those of a value. */
  readonly width: number;
  readonly depth: number;
  /** The factor of the products of query and key. */
  readonly scale: number;
  /** Whether a query sees no key after its own position; the last query is at the position of the last key. */
  readonly causal: boolean;
}

interface Operands<M> extends Sizes {
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

const chosen = <A, B>(heads: Operands<A>, of: (matrices: A, name: 'own' | 'shared') => B): Operands<B> => ({
  ...heads,
  query: of(heads.query, 'own'),
  key: of(heads.key, 'shared'),
  value: of(heads.value, 'shared'),
  bias: heads.bias && of(heads.bias, 'own'),
  hidden: heads.hidden && of(heads.hidden, 'own'),
  factors: heads.factors && of(heads.factors, 'own'),
});

/** One head. */
export const headOf = (heads: Heads, h: number): Head =>
  chosen(heads, ({ starts, ...rest }, name) => ({
    ...rest,
    at: starts[name === 'own' ? h : Math.floor(h / heads.sharing)]!,
  }));

/** So many neighbouring heads, which share their keys, alone. */
export const someOf = (heads: Heads, first: number, count: number): Heads => ({
  ...chosen(heads, ({ starts, ...rest }, name) => {
    const [from, many] = name === 'own' ? [first, count] : [Math.floor(first / heads.sharing), 1];
    return { ...rest, starts: starts.slice(from, from + many) };
  }),
  sharing: count,
});

/** Whether a key is hidden from a query. */
export function isHidden({ queries, keys, causal, hidden, bias }: Head, query: number, key: number): boolean {
  if (causal && key > keys - queries + query) return true;
  if (bias?.data[bias.at + query * bias.row + key * bias.column] === -Infinity) return true;
  return hidden?.data[hidden.at + query * hidden.row + key * hidden.column] === -Infinity;
}
