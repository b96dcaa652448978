import { Parameter } from '../autograd/parameter.js';
import { ignoreRejection } from '../autograd/promise.js';
import { demand, isIterable, isOne } from '../demand.js';
import { NormtapeError, suggest } from '../error.js';

/** Parameters with names, as a module has, or a list of them, which are named by their positions. */
export type ParametersOf =
  { namedParameters(): Iterable<readonly [string, Parameter]> } | Iterable<Parameter>;

/**
 * Some of the parameters of a model:
 *
 * - `'matrices'`: those of two or more axes; `'vectors'`: those of fewer, such as biases and the gains of norms;
 * - a pattern of names: a RegExp, or a string where `*` stands for anything, as in `'blocks.*.norm.*'`;
 * - a function of a parameter and its name that says whether it is meant;
 * - a module, or a list of parameters or modules.
 */
export type Selection =
  | 'matrices'
  | 'vectors'
  | (string & {})
  | RegExp
  | ((parameter: Parameter, name: string) => boolean)
  | Owner
  | Iterable<Parameter | Owner>;

interface Owner {
  parameters(): Iterable<Parameter>;
}

/** Whether a selection means a parameter; `name` gives the name of it, and throws if there is none. */
export interface Matcher {
  matches(parameter: Parameter, name: () => string): boolean;
  /** Throws if it is a pattern that none of these names fits. */
  demandUse(names: readonly string[]): void;
}

/** Reads a selection; throws, in the name of `where`, if it is none. */
export function matcherOf(where: string, selection: unknown): Matcher {
  if (selection === 'matrices') return matching(({ shape }) => shape.length >= 2);
  if (selection === 'vectors') return matching(({ shape }) => shape.length < 2);
  if (typeof selection === 'string' && selection !== '')
    return patterned(where, selection, globbed(selection));
  if (isOne(isPattern, selection)) {
    // Without the flags that make a RegExp remember where it was.
    return patterned(where, selection, new RegExp(selection.source, selection.flags.replace(/[gy]/g, '')));
  }
  if (typeof selection === 'function') {
    const means = selection as (parameter: Parameter, name: string) => unknown;
    return matching((parameter, name) => {
      const isMeant = means(parameter, means.length > 1 ? name() : '');
      if (typeof isMeant === 'boolean') return isMeant;
      const expected = 'a function that returns true or false';
      throw new NormtapeError({ where, expected, received: ignoreRejection(isMeant) });
    });
  }
  const owners = ownersIn(where, selection);
  // Asked anew each time: layers may be built later.
  return matching((parameter) =>
    owners.some((owner) => owner === parameter || ('parameters' in owner && has(owner, parameter))),
  );
}

const isPattern = (value: unknown): value is RegExp => value instanceof RegExp;

const matching = (matches: Matcher['matches']): Matcher => ({ matches, demandUse: () => undefined });

function patterned(where: string, given: string | RegExp, pattern: RegExp): Matcher {
  return {
    matches: (_, name) => pattern.test(name()),
    demandUse(names) {
      if (names.some((name) => pattern.test(name))) return;
      const expected = `a pattern that fits a name among ${names.join(', ')}`;
      throw new NormtapeError({ where, expected, received: String(given), hint: suggest(given, names) });
    },
  };
}

const globbed = (glob: string): RegExp =>
  new RegExp(`^${glob.replace(/[\\^$.+?()[\]{}|]/g, '\\$&').replaceAll('*', '.*')}$`);

function has(owner: Owner, parameter: Parameter): boolean {
  for (const own of owner.parameters()) if (own === parameter) return true;
  return false;
}

function ownersIn(where: string, selection: unknown): readonly (Parameter | Owner)[] {
  const items: readonly unknown[] =
    isOwner(selection) || !isIterable(selection) ? [selection] : [...selection];
  if (items.every((item): item is Parameter | Owner => item instanceof Parameter || isOwner(item)))
    return items;
  const expected =
    "'matrices', 'vectors', a pattern of names, a function of a parameter, a module or a list of parameters";
  throw new NormtapeError({ where, expected, received: selection });
}

const isOwner = (given: unknown): given is Owner =>
  isOne(
    (value): value is Owner =>
      typeof value === 'object' &&
      value !== null &&
      'parameters' in value &&
      typeof value.parameters === 'function',
    given,
  );

const isNaming = (value: unknown): value is { namedParameters(): Iterable<readonly [string, Parameter]> } =>
  typeof value === 'object' &&
  value !== null &&
  'namedParameters' in value &&
  typeof value.namedParameters === 'function';

const isParameter = (value: unknown): value is Parameter => value instanceof Parameter;

/** The parameters with their names; throws, in the name of `where`, if they are none. */
export function namesOf(where: string, given: ParametersOf): readonly (readonly [string, Parameter])[] {
  if (isOne(isNaming, given)) return [...given.namedParameters()];
  const items: readonly unknown[] = isOne(isIterable, given) ? [...given] : [given];
  demand(where, 'a module, or a list of parameters', areParameters, items);
  return items.map((parameter, i) => [String(i), parameter]);
}

const areParameters = (items: unknown): items is readonly Parameter[] =>
  Array.isArray(items) && items.every(isParameter);
