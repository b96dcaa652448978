import type { Node } from '../graph/node.js';
import type { Index } from './layout.js';
import type { Text } from './text.js';

/** A helper function that a file has if something calls it. */
export type Helper = 'maximum' | 'minimum' | 'sigmoid';

/** A type of a variable; `real` is that of sums and of what is not stored. */
export type VariableType = 'real' | 'const real' | 'int' | 'const int';

/** What the code of a function is written with. */
export interface Writing {
  /** The type in which numbers are computed. */
  readonly real: string;
  /** An element of a value. */
  element(node: Node, index: Index): Text;
  /** Whether the value of a node is stored. */
  isBuffer(node: Node): boolean;
  /** The element of a stored value at this place in memory. */
  at(node: Node, place: string): Text;
  line(text: string): void;
  /** A loop with a counter. */
  loop(count: number, body: (counter: string) => void): void;
  /** Loops over some axes of a shape; the index is 0 along the others. */
  loops(shape: readonly number[], axes: readonly number[], body: (index: Index) => void): void;
  /** A new variable; returns its name. */
  variable(type: VariableType, wanted: string, start: string): string;
  call(helper: Helper, ...inputs: readonly Text[]): Text;
  /** The place in memory of an index. */
  placeOf(shape: readonly number[], index: Index): string;
}

/** How elements are read: `leaf` by name, `view` at other indices, `selection` of stored values, the others computed. */
export type Form =
  'leaf' | 'view' | 'elementwise' | 'selection' | 'product' | 'reduction' | 'softmax' | 'none';

/** How an element of a kind of node is computed. */
export interface Row {
  readonly form: Form;
  /** Whether it takes so long that it is computed once. */
  readonly isLong?: boolean;
  /** An element of the value. */
  element(to: Writing, node: Node, index: Index): Text;
}

/** A number among the attributes. */
export const number = ({ attributes }: Node, name: string): number => attributes[name] as number;

/** A list of numbers among the attributes. */
export const numbers = ({ attributes }: Node, name: string): readonly number[] =>
  attributes[name] as readonly number[];
