import type {
  AxesOption,
  AxisOption,
  ChoiceOption,
  FlagOption,
  Limits,
  NumberOption,
  NumberOrNullOption,
  NumberOrWordOption,
  NumbersOption,
  Option,
  SeedOption,
  TextOption,
} from './option.js';
import { entriesOf, itemsOf } from './realm.js';

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

export const numberOrNull = (
  fallback: number | null,
  about: string,
  limits: Limits & { readonly symbol?: string },
): NumberOrNullOption => ({ kind: 'number or null', default: fallback, about, ...limits });

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

export const axes = (
  fallback: number | readonly number[],
  about: string,
  limits: Pick<AxesOption, 'empty'> = {},
): AxesOption => ({ kind: 'axes', default: fallback, about, ...limits });

export const text = (fallback: string, about: string): TextOption => ({
  kind: 'text',
  default: fallback,
  about,
});

/** Whether a value is an option, as these functions make them; parts within parts are looked at to some depth. */
export function isOption(value: unknown, depth = 3): value is Option {
  const { kind, aliases, words, choices, family, ...limits } = Object.fromEntries(entriesOf(value) ?? []);
  const isPart = (member: unknown): boolean => {
    const { options } = Object.fromEntries(entriesOf(member) ?? []);
    return entriesOf(options)?.every(([, option]) => depth === 0 || isOption(option, depth - 1)) ?? false;
  };
  switch (kind) {
    case 'number':
      return isWords(aliases) && areLimits(limits);
    case 'number or word':
      return isWords(words) && areLimits(limits);
    case 'numbers':
    case 'number or null':
      return areLimits(limits);
    case 'choice':
      return isWords(choices);
    case 'part':
      return entriesOf(family)?.every(([, member]) => isPart(member)) ?? false;
    default:
      return typeof kind === 'string' && PLAIN_KINDS.includes(kind);
  }
}

/** Whether the bounds of an option are numbers, where it has some. */
const areLimits = (limits: Readonly<Record<string, unknown>>): boolean =>
  ['above', 'below', 'min', 'max'].every((bound) => ['number', 'undefined'].includes(typeof limits[bound]));

const PLAIN_KINDS: readonly string[] = ['seed', 'flag', 'axis', 'axes', 'text'];

const isWords = (value: unknown): boolean =>
  itemsOf(value)?.every((word) => typeof word === 'string') ?? false;

export const aliasesOf = (option: Option): readonly string[] =>
  option.kind === 'number' ? option.aliases : [];
