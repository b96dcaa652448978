import type { Report } from '../error.js';
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

/** A part as a config states it, or a definition of one that is in no family. */
export type PartValue = string | { readonly type: string } | { readonly definition: object };

/** A part stated by its definition and not by a type of the family. */
export interface StatedDefinition {
  readonly part: Part;
  /** The options that were stated with the definition, in either spelling. */
  readonly given: Readonly<Record<string, unknown>>;
  /** Why the definition will not do; left out: it does. */
  readonly refusal?: Pick<Report, 'expected' | 'received' | 'hint'>;
  /** The value that is kept of it, for checked options in camelCase. */
  keep(options: Readonly<Record<string, unknown>>): PartValue;
}

/** Reads a definition out of a stated part; undefined if there is none in it. */
export type DefinitionReader = (stated: unknown) => StatedDefinition | undefined;

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
