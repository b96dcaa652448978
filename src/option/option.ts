import type { DefinitionReader, Family, PartValue } from './part.js';
import { entriesOf, itemsOf } from './realm.js';

/**
 * One setting of a norm, a layer, an optimizer or a part of these, as data. Its type, default, check, line in the
 * docs, control in the playground and generator in the tests are all read from here.
 */
export type Option =
  | NumberOption<string>
  | NumbersOption
  | NumberOrWordOption
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
  /** Other names of the option, beside its two spellings. */
  readonly aliases: readonly A[];
  /** What formulas call it. */
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

/** What may be given for a set of options: any of them, under its name or an alias. */
export type Given<D extends Options> = Partial<Values<D>> & {
  readonly [K in keyof D as AliasOf<D[K]>]?: D[K]['default'];
} & Partial<Pick<AliasNotes, AliasOf<D[keyof D]> & keyof AliasNotes>>;

export const number = <const A extends string = never>(
  fallback: number,
  about: string,
  limits: Limits & { readonly aliases?: readonly A[]; readonly symbol?: string },
): NumberOption<NoInfer<A>> => ({ kind: 'number', default: fallback, about, aliases: [], ...limits });

export const numbers = (fallback: readonly number[], about: string, limits: Limits): NumbersOption => ({
  kind: 'numbers',
  default: fallback,
  about,
  ...limits,
});

export const numberOrWord = <const W extends readonly string[]>(
  fallback: number | W[number],
  about: string,
  words: W,
  limits: Limits,
): NumberOrWordOption<W[number]> => ({ kind: 'number or word', default: fallback, about, words, ...limits });

export const seed = (about: string): SeedOption => ({ kind: 'seed', default: undefined, about });

export const flag = (fallback: boolean, about: string): FlagOption => ({
  kind: 'flag',
  default: fallback,
  about,
});

export const choice = <const C extends readonly string[]>(
  fallback: C[number],
  about: string,
  choices: C,
): ChoiceOption<C[number]> => ({ kind: 'choice', default: fallback, about, choices });

export const axis = (fallback: number, about: string): AxisOption => ({
  kind: 'axis',
  default: fallback,
  about,
});

export const axes = (fallback: number | readonly number[], about: string): AxesOption => ({
  kind: 'axes',
  default: fallback,
  about,
});

export const text = (fallback: string, about: string): TextOption => ({
  kind: 'text',
  default: fallback,
  about,
});

/** Whether a value is an option, as the functions above make them; parts within parts are looked at to some depth. */
export function isOption(value: unknown, depth = 3): value is Option {
  const { kind, aliases, words, choices, family } = Object.fromEntries(entriesOf(value) ?? []);
  const isPart = (member: unknown): boolean => {
    const { options } = Object.fromEntries(entriesOf(member) ?? []);
    return entriesOf(options)?.every(([, option]) => depth === 0 || isOption(option, depth - 1)) ?? false;
  };
  switch (kind) {
    case 'number':
      return isWords(aliases);
    case 'number or word':
      return isWords(words);
    case 'choice':
      return isWords(choices);
    case 'part':
      return entriesOf(family)?.every(([, member]) => isPart(member)) ?? false;
    default:
      return typeof kind === 'string' && PLAIN_KINDS.includes(kind);
  }
}

const PLAIN_KINDS: readonly string[] = ['numbers', 'seed', 'flag', 'axis', 'axes', 'text'];

const isWords = (value: unknown): boolean =>
  itemsOf(value)?.every((word) => typeof word === 'string') ?? false;

export const aliasesOf = (option: Option): readonly string[] =>
  option.kind === 'number' ? option.aliases : [];

/** What an editor shows of an option: what it is for, what it takes, and its default. */
export function commentOf(option: Option): string {
  const { about, default: fallback } = option;
  const taken = demand(option);
  const defaults =
    option.kind === 'seed'
      ? 'Left out, one is drawn.'
      : Number.isNaN(fallback)
        ? 'Left out by default.'
        : `Default: ${JSON.stringify(fallback)}.`;
  return `${about} Takes ${taken}. ${defaults}`;
}

/** The option's demand in words; errors and docs use the same. */
export function demand(option: Option): string {
  switch (option.kind) {
    case 'number':
      return `${option.whole ? 'a whole number' : 'a finite number'}${bounds(option)}`;
    case 'numbers':
      return `${option.whole ? 'a list of whole numbers' : 'a list of finite numbers'}${bounds(option)}`;
    case 'number or word':
      return `a ${option.whole ? 'whole' : 'finite'} number${bounds(option)}, or ${option.words.join(' or ')}`;
    case 'seed':
      return 'an integer';
    case 'flag':
      return 'true or false';
    case 'choice':
      return `one of ${option.choices.join(', ')}`;
    case 'axis':
      return 'an integer axis';
    case 'axes':
      return 'an integer axis or a list of them';
    case 'text':
      return 'a string';
    case 'part':
      return demandPart(option);
  }
}

/** What may be stated for a part, in words. */
export const demandPart = ({ family, definition }: Pick<PartOption, 'family' | 'definition'>): string =>
  definition
    ? `one of ${Object.keys(family).join(', ')}, a definition that norm(…) made, or an object of such a type or definition and its options`
    : `one of ${Object.keys(family).join(', ')}, or an object of such a type and its options`;

/** The limits in words, with a space before them: the lower first. */
function bounds({ above, below, min, max }: Limits): string {
  if (min !== undefined && max !== undefined) return ` from ${min} to ${max}`;
  const words = { above, from: min, below, 'up to': max };
  const stated = Object.entries(words).filter(([, limit]) => limit !== undefined);
  return stated.length ? ` ${stated.map((limit) => limit.join(' ')).join(' and ')}` : '';
}
