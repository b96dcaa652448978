import type { Shape } from '../array/index.js';

/** One of the results of a norm. */
export interface Output<O = never> {
  readonly name: string;
  readonly about: string;
  /** Whether these options give it; left out: always. Those that some options leave out come last. */
  when?(options: O): boolean;
  /** The condition in words, such as 'with `gate`'. */
  readonly condition?: string;
}

/** An input of a norm besides x, which `forward` takes by its name: `layer.forward(x, { gate })`. Its first axis is the batch. */
export interface SecondInput<O> {
  readonly name: string;
  readonly about: string;
  /** Its symbol in formulas; its name if left out. */
  readonly symbol?: string;
  /** The shape in words. */
  readonly sizes: string;
  /** The shape beside an x of this shape; an axis may have any size where it is null. */
  shape(input: Shape, options: O): readonly (number | null)[];
  /** Whether these options use it; left out: always. */
  when?(options: O): boolean;
  /** The condition in words, such as 'with `invert`'. */
  readonly condition?: string;
  /** True for every input of a norm some of whose layers take x alone: then `forward(x)` compiles. */
  readonly optional?: true;
}

/**
 * One A for a norm that declares one output, a tuple of them for one that declares several. Those that some options leave
 * out come last, and a shorter tuple lacks them.
 */
export type PerOutput<Y extends readonly Output[], A> = number extends Y['length']
  ? A | readonly A[]
  : Y['length'] extends 0 | 1
    ? A
    : Tuple<Y, A>;

/** An A for each of several outputs. */
export type Tuple<Y extends readonly Output[], A> = Y extends readonly [
  infer Y1,
  ...infer Rest extends readonly Output[],
]
  ? readonly [A, ...Tuple<Rest, A>] | (Y1 extends { when: unknown } ? readonly [] : never)
  : readonly [];

/** An A for each input of a norm; those that some options leave out are optional. */
export type ByName<I extends readonly SecondInput<never>[], A> = number extends I['length']
  ? { readonly [name: string]: A | undefined }
  : { readonly [Name in NamesOf<I, true>]: A } & { readonly [Name in NamesOf<I, false>]?: A | undefined };

/** The names of the inputs that every layer of a norm takes, or of those that some options leave out. */
type NamesOf<I extends readonly SecondInput<never>[], Always extends boolean> = {
  [K in keyof I]: (I[K] extends { when: unknown } ? false : true) extends Always ? I[K]['name'] : never;
}[number];
