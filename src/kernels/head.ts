import type { Matrix } from './operands.js';

/** A mask [queries, keys]: 0 hides a key from a query. A step of 0 broadcasts. */
interface Visible {
  readonly data: Uint8Array;
  readonly at: number;
  readonly row: number;
  readonly column: number;
}

/** One head of attention: queries and keys of `width` elements each, and values of `depth`. */
export interface Head {
  readonly queries: number;
  readonly keys: number;
  readonly width: number;
  readonly depth: number;
  readonly query: Matrix;
  readonly key: Matrix;
  readonly value: Matrix;
  /** The factor of the products of query and key. */
  readonly scale: number;
  /** Whether a query sees no key after its own position; the last query is at the position of the last key. */
  readonly causal: boolean;
  readonly visible: Visible | undefined;
  /** Added to the scores, [queries, keys]; −∞ hides a key. */
  readonly bias: Matrix | undefined;
  /** The factors of the shares, [queries, keys]: 0 for dropped shares. */
  readonly factors: Matrix | undefined;
}

/** Whether a key is hidden from a query. */
export function isHidden(
  { queries, keys, causal, visible, bias }: Head,
  query: number,
  key: number,
): boolean {
  if (causal && key > keys - queries + query) return true;
  if (bias?.data[bias.at + query * bias.row + key * bias.column] === -Infinity) return true;
  return visible?.data[visible.at + query * visible.row + key * visible.column] === 0;
}
