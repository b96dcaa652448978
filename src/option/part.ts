import { type Given, type Options, type PartOption, type Values } from './option.js';
import { type SnakeCase } from './case.js';

/** What every member of a family states of itself; a family adds the function that its members are for. */
export interface Part<D extends Options = Options> {
  readonly about: string;
  readonly options: D;
  /** What its options are when it is stated by its type alone, where that is not their defaults. */
  readonly bare?: Partial<Values<D>>;
}

/** Parts of one kind, such as the initializers, by their types. */
export type Family = Readonly<Record<string, Part>>;

/** A part as a config states it. */
export type PartValue = string | { readonly type: string };

type InSnakeCase<O> = { readonly [K in keyof O as SnakeCase<K & string>]: O[K] };

/** How a part of this family may be stated: by its type, or by that and options in either spelling. */
export type PartOf<F extends Family> =
  | (keyof F & string)
  | {
      [T in keyof F & string]: {
        /** Which member of the family; its own options stand beside. */
        readonly type: T;
      } & Given<F[T]['options']> &
        InSnakeCase<Given<F[T]['options']>>;
    }[keyof F & string];

/** An option whose value is a part of the family. */
export const part = <F extends Family>(
  family: F,
  fallback: NoInfer<PartOf<F>>,
  about: string,
): PartOption<PartOf<F>> => ({ kind: 'part', default: fallback, about, family });

/** The options of a definition of a part, all filled in. */
export type PartOptions<P extends Part> = Values<P['options']>;
