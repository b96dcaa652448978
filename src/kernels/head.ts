import type { Matrix } from './operands.js';

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
  /** What is added to the scores, [queries, keys]. A key at −∞ is hidden. */
  readonly bias: Matrix | undefined;
  /** What shares are multiplied by, [queries, keys]: 0 for those that are dropped. */
  readonly factors: Matrix | undefined;
}

/** Whether a query may not see a key. */
export function isHidden(
  { queries, keys, causal, visible, bias }: Head,
  query: number,
  key: number,
): boolean {
  if (causal && key > keys - queries + query) return true;
  if (bias?.data[bias.at + query * bias.row + key * bias.column] === -Infinity) return true;
  return visible?.data[visible.at + query * visible.row + key * visible.column] === 0;
}
