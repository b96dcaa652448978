import type { ByName, Output, SecondInput, Tuple } from './inputs-outputs.js';
import type { Norm } from './norm.js';

/**
 * The result of the forward pass of this norm. It is looked up, and not PerOutput, since the compiler sees through a
 * lookup even where the norm is a type variable.
 */
export type ResultOf<N extends Norm, A> = Results<OutputsOf<N>, A>[OutputsOf<N>['length'] & Count];

type OutputsOf<N extends Norm> = NonNullable<N['outputs']>;

type Results<Y extends readonly Output[], A> = {
  readonly [C in Count]: C extends 0 | 1 ? A : Tuple<Y, A>;
};

/** The counts of outputs that types cover. */
type Count = 0 | 1 | 2 | 3 | 4 | 5 | 6 | 7 | 8;

/** The arguments of `forward` of this norm besides x: its inputs A by name, and a mask M. It is looked up, as ResultOf is. */
export type BesideX<N extends Norm, A, M> = Beside<InputsOf<N>, A, M>[InputsOf<N>['length'] & Count];

type InputsOf<N extends Norm> = NonNullable<N['inputs']>;

type Masked<M> = { readonly mask?: M | undefined };

// What some options leave out is optional to the compiler; forward demands what its own options use.
type Beside<I extends readonly SecondInput<never>[], A, M> = {
  readonly [C in Count]: number extends I['length']
    ? [given?: (Masked<M> & { readonly [name: string]: unknown }) | undefined]
    : C extends 0
      ? [given?: Masked<M> | undefined]
      : I[number] extends { readonly optional: true }
        ? [given?: Masked<M> & ByName<I, A>]
        : [given: Masked<M> & ByName<I, A>];
};
