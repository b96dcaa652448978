import type { Report } from '../error.js';

/**
 * One setting of a norm, a layer, an optimizer or a part of these, as data. Its type, default, check, line in the
 * docs, control in the playground and generator in the tests are all read from here.
 */
export type Option =
  | NumberOption<string>
  | NumbersOption
  | NumberOrWordOption
  | NumberOrNullOption
  | SeedOption
  | FlagOption
  | ChoiceOption
  | AxisOption
  | AxesOption
  | TextOption
  | PartOption;

export interface NumberOption<A extends string = never> extends Limits {
  readonly kind: 'number';
  readonly default: number;
  readonly about: string;
  /** Other names of the option, besides its two spellings. */
  readonly aliases: readonly A[];
  /** Its symbol in formulas. */
  readonly symbol?: string;
}

/** A list of numbers within the same limits; it may be empty. */
export interface NumbersOption extends Limits {
  readonly kind: 'numbers';
  readonly default: readonly number[];
  readonly about: string;
}

/** A number within limits, or a word for one that is known only later, such as 'sqrt' of a width. */
export interface NumberOrWordOption<W extends string = string> extends Limits {
  readonly kind: 'number or word';
  readonly default: number | W;
  readonly about: string;
  readonly words: readonly W[];
}

/** A number within limits, or null for none, where the absence of a number says something of its own. */
export interface NumberOrNullOption extends Limits {
  readonly kind: 'number or null';
  readonly default: number | null;
  readonly about: string;
  /** Its symbol in formulas. */
  readonly symbol?: string;
}

export interface Limits {
  /** Exclusive bounds. */
  readonly above?: number;
  readonly below?: number;
  /** Inclusive bounds. */
  readonly min?: number;
  readonly max?: number;
  /** Whether only whole numbers will do. */
  readonly whole?: boolean;
  /** The range worth exploring, for sliders and property tests. */
  readonly explore: readonly [number, number];
}

/** A seed; where it is left out, its owner draws one. */
export interface SeedOption {
  readonly kind: 'seed';
  readonly default: number | undefined;
  readonly about: string;
}

export interface FlagOption {
  readonly kind: 'flag';
  readonly default: boolean;
  readonly about: string;
}

export interface ChoiceOption<C extends string = string> {
  readonly kind: 'choice';
  readonly default: C;
  readonly about: string;
  readonly choices: readonly C[];
}

export interface AxisOption {
  readonly kind: 'axis';
  readonly default: number;
  readonly about: string;
}

export interface AxesOption {
  readonly kind: 'axes';
  readonly default: number | readonly number[];
  readonly about: string;
  /** Whether the list may be empty: no axis; left out, it may not. */
  readonly empty?: boolean;
}

export interface TextOption {
  readonly kind: 'text';
  readonly default: string;
  readonly about: string;
}

/** A member of a family, such as an initializer: its name, or an object of its type and its own options. */
export interface PartOption<V extends PartValue = PartValue> {
  readonly kind: 'part';
  readonly default: V;
  readonly about: string;
  readonly family: Family;
  /** Left out: a definition is no value of the option, only a type of the family. */
  readonly definition?: DefinitionReader;
}

export type Options = Readonly<Record<string, Option>>;

/** The values a set of options takes: an option's type is the type of its default. */
export type Values<D extends Options> = { readonly [K in keyof D]: D[K]['default'] };

type AliasOf<O extends Option> = O extends NumberOption<infer A> ? A : never;

/** Aliases that need a comment: TypeScript carries none from an option to a property of another name. */
interface AliasNotes {
  /** Another name of `epsilon`; give one of both. */
  readonly eps: number;
}

/** The options that a caller may give: any of the declared ones, by name or alias. */
export type Given<D extends Options> = Partial<Values<D>> & ByAlias<D>;

/** The options that have an alias, by it. Without one there is no empty type, which would let any value compile. */
type ByAlias<D extends Options> = D extends unknown
  ? [AliasOf<D[keyof D]>] extends [never]
    ? Partial<Values<D>>
    : { readonly [K in keyof D as AliasOf<D[K]>]?: D[K]['default'] } & Partial<
        Pick<AliasNotes, AliasOf<D[keyof D]> & keyof AliasNotes>
      >
  : never;

/** The fields that every member of a family has; each family adds a function, such as an initializer. */
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
