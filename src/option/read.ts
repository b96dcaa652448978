import { NormtapeError, type Report, suggest } from '../error.js';
import { camelCase } from './case.js';
import { accepts } from './accepts.js';
import { aliasesOf } from './declare.js';
import { PLAIN, takenOut } from './given.js';
import type {
  Given,
  Option,
  Options,
  Part,
  PartOption,
  PartValue,
  StatedDefinition,
  Values,
} from './option.js';
import { entriesOf, itemsOf } from './realm.js';
import { translate } from './synonyms.js';
import { demand, demandPart } from './words.js';

const NONE: Options = {};

/** Nothing has as many options, and to tell what is wrong with each of a million takes long. */
const MOST_OPTIONS = 1000;

interface Reading<D extends Options> {
  readonly values: Values<D>;
  readonly mistakes: readonly Report[];
}

/**
 * Fills in defaults and lists every mistake in what was given. A key may be an option's name or alias,
 * in camelCase or snake_case: this is the one place where spellings meet. Refused options are mistakes like any
 * unknown one, but say why. `beside` names options that the caller has read already; errors list them too.
 */
export function read<D extends Options>(
  where: string,
  options: D,
  given: unknown,
  { refused = NONE, beside = [] }: { readonly refused?: Options; readonly beside?: readonly string[] } = {},
): Reading<D> {
  const names = spellings(options);
  const pointless = spellings(refused);
  const values = Object.fromEntries(Object.entries(options).map(([name, option]) => [name, option.default]));
  const entries = entriesOf(given);
  if (!entries) {
    const mistake = { where, expected: PLAIN, received: given };
    return { values: values as Values<D>, mistakes: [mistake] };
  }

  if (entries.length > MOST_OPTIONS) {
    const expected = `at most ${MOST_OPTIONS} options`;
    return { values: values as Values<D>, mistakes: [{ where, expected, received: entries.length }] };
  }

  const used = new Map<string, string>();
  const mistakes = entries.flatMap(([key, value]): readonly Report[] => {
    if (value === undefined) return [];
    const name = names.get(camelCase(key));
    if (name === undefined) {
      const known = [...Object.keys(options), ...beside];
      const reason = refused[pointless.get(camelCase(key)) ?? '']?.about;
      const expected = known.length ? `one of the options ${known.join(', ')}` : 'no options';
      return [{ where, expected, received: key, hint: reason ?? nearest(key, [...names.keys(), ...beside]) }];
    }
    const other = used.get(name);
    used.set(name, key);
    const at = `${where}.${name}`;
    if (other !== undefined)
      return [{ where: at, expected: 'one spelling of the option', received: [other, key] }];
    const one = readOption(at, options[name]!, value);
    values[name] = one.value;
    return one.mistakes;
  });
  return { values: values as Values<D>, mistakes };
}

/** The option that was probably meant: a name from another library, or a typing mistake. */
const nearest = (key: string, known: readonly string[]): string | undefined =>
  translate(key, known) ?? suggest(key, known);

/** The options, filled in; throws the first mistake. */
export function resolve<D extends Options>(
  where: string,
  options: D,
  given?: Given<D>,
  beside: readonly string[] = [],
): Values<D> {
  const { values, mistakes } = read(where, options, given === undefined ? {} : given, { beside });
  const [mistake] = mistakes;
  if (mistake) throw new NormtapeError(mistake);
  return values;
}

/**
 * The options, filled in, and those named by `beside`, which no declaration can state, such as a function: these are
 * read in either spelling too, but not checked. Throws the first mistake.
 */
export function resolveBeside<D extends Options, G extends object, K extends keyof G & string>(
  where: string,
  options: D,
  given: G,
  beside: readonly K[],
): Values<D> & Pick<G, K> {
  const { apart, rest } = takenOut(where, given, beside);
  return { ...resolve(where, options, rest as object as Given<D>, beside), ...apart };
}

/** The member of the family that was stated, and its options, filled in; throws the first mistake. */
export function resolvePart<P extends Part>(
  where: string,
  family: Readonly<Record<string, P>>,
  stated: PartValue,
): { readonly type: string; readonly member: P; readonly options: Values<P['options']> } {
  const { type, values, mistakes } = readPart(where, { family }, stated);
  const [mistake] = mistakes;
  if (mistake) throw new NormtapeError(mistake);
  return { type, member: family[type]!, options: values as Values<P['options']> };
}

/** The value of one option, checked: lists are copied, the options of a part get camelCase names. */
function readOption(
  where: string,
  option: Option,
  value: unknown,
): { value: Option['default']; mistakes: readonly Report[] } {
  if (option.kind === 'part') {
    const defined = option.definition?.(value);
    if (defined) return readDefined(where, defined);
    const { type, given, mistakes } = readPart(where, option, value);
    return { value: typeof value === 'string' ? value : { type, ...given }, mistakes };
  }
  // A list is copied before it is checked: what was checked is what is kept.
  const kept = itemsOf(value) ?? value;
  return accepts(option, kept)
    ? { value: kept as Option['default'], mistakes: [] }
    : { value: option.default, mistakes: [{ where, expected: demand(option), received: value }] };
}

/** The value of a part that is stated by its own definition. */
function readDefined(
  where: string,
  { part, given, refusal, keep }: StatedDefinition,
): { value: PartValue; mistakes: readonly Report[] } {
  const { values, mistakes } = read(where, part.options, given);
  const kept = givenOf(part.options, given, values);
  return { value: keep(kept), mistakes: refusal ? [{ where, ...refusal }] : mistakes };
}

function readPart(
  where: string,
  { family, definition }: Pick<PartOption, 'family' | 'definition'>,
  stated: unknown,
) {
  const { type, ...rest } = statedPart(stated);
  const member = typeof type === 'string' && Object.hasOwn(family, type) ? family[type] : undefined;
  if (typeof type !== 'string' || !member) {
    const types = Object.keys(family);
    const expected = demandPart({ family, ...(definition && { definition }) });
    const mistake = { where, expected, received: stated, hint: suggest(type, types) };
    return { type: '', values: {}, given: {}, mistakes: [mistake] };
  }
  const { values: filled, mistakes } = read(where, member.options, rest);
  const values = { ...filled, ...(typeof stated === 'string' ? member.bare : {}) };
  return { type, values, given: givenOf(member.options, rest, values), mistakes };
}

/** The type of a part and its options, each read once. */
const statedPart = (stated: unknown): Readonly<Record<string, unknown>> => {
  const entries = entriesOf(stated);
  return entries ? Object.fromEntries(entries) : { type: stated };
};

/** The values of the options that were given, by their names in camelCase. */
function givenOf(
  options: Options,
  given: Readonly<Record<string, unknown>>,
  values: Readonly<Record<string, unknown>>,
): Record<string, unknown> {
  const names = spellings(options);
  return Object.fromEntries(
    Object.keys(given).flatMap((key) => {
      const name = names.get(camelCase(key));
      return name === undefined || given[key] === undefined ? [] : [[name, values[name]]];
    }),
  );
}

/** The name of each option by its names and aliases. */
function spellings(options: Options): ReadonlyMap<string, string> {
  const known = SPELLINGS.get(options);
  if (known) return known;
  // Written on the spot, as for a function whose options are all read apart: to remember each would burden the collector.
  if (Object.keys(options).length === 0) return NO_SPELLINGS;
  const made = new Map(
    Object.entries(options).flatMap(([name, option]) =>
      [name, ...aliasesOf(option)].map((key): [string, string] => [key, name]),
    ),
  );
  SPELLINGS.set(options, made);
  return made;
}

const NO_SPELLINGS: ReadonlyMap<string, string> = new Map();

/** Options are declared once, and read for every layer. */
const SPELLINGS = new WeakMap<Options, ReadonlyMap<string, string>>();
