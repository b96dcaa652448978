import { NormtapeError, type Report } from '../error.js';
import type { Norm } from './norm.js';
import { entriesOf, isOption, isPlainObject, itemsOf } from './option.js';

type Check = (value: unknown) => boolean;

/** A field of a definition: its check, and the words for that. */
type Field = readonly [Check, string];

const isFunction: Check = (value) => typeof value === 'function';

const optional =
  (check: Check): Check =>
  (value) =>
    value === undefined || check(value);

const each =
  (check: Check): Check =>
  (value) =>
    entriesOf(value)?.every(([, item]) => check(item)) ?? false;

const having =
  (fields: Readonly<Record<string, Check>>): Check =>
  (value) => {
    const given = Object.fromEntries(entriesOf(value) ?? []);
    return Object.entries(fields).every(([name, check]) => check(given[name]));
  };

const isOwned = having({
  shape: isFunction,
  initial: isFunction,
  regularizer: optional(isFunction),
  constraint: optional(isFunction),
  when: optional(isFunction),
});

const isText: Check = (value) => typeof value === 'string' && value !== '';

const isListOf =
  (check: Check): Check =>
  (value) =>
    itemsOf(value)?.every(check) ?? false;

/** `forward` takes them by name besides the mask, and a pullback returns their gradients besides that of x. */
const areInputs: Check = (value) => {
  const names = (itemsOf(value) ?? []).map((item) => Object.fromEntries(entriesOf(item) ?? [])['name']);
  const isApart = new Set([...names, 'x', 'mask']).size === names.length + 2;
  return isListOf(having({ name: isText, shape: isFunction }))(value) && isApart;
};

const isList: Check = (value) => itemsOf(value) !== undefined;

const OPTIONS = 'options by name, each as number(…), flag(…) and the like make them';
const OWNED = 'arrays by name, each with the functions shape and initial';

/** The fields that a layer is made from. */
const FOR_LAYERS: Readonly<Record<string, Field>> = {
  type: [(value) => typeof value === 'string', 'the name of the norm'],
  options: [each((option) => isOption(option)), OPTIONS],
  ignores: [optional(each((option) => isOption(option))), OPTIONS],
  parameters: [each(isOwned), OWNED],
  state: [optional(each(isOwned)), OWNED],
  accepts: [optional(isFunction), 'a function'],
  inputs: [
    optional(areInputs),
    'a list of inputs besides x, each with a name of its own and the function shape',
  ],
  outputs: [optional(isListOf(having({ name: isText }))), 'a list of outputs, each with a name'],
  start: [optional(isFunction), 'a function'],
  encode: [optional(isFunction), 'a function'],
  mask: [optional(having({ shape: isFunction })), 'an object with the function shape'],
};

/** The fields that a catalog describes its norms by, and chooses among them. */
const FOR_CATALOGS: Readonly<Record<string, Field>> = {
  ...FOR_LAYERS,
  invariants: [
    each(having({ claim: (claim) => typeof claim === 'string' })),
    'laws by name, each with its claim',
  ],
  traits: [optional(having({ guards: isList })), 'an object with the list guards'],
  reference: [isPlainObject, 'where the norm was published'],
  formula: [
    optional((value) => isFunction(value) || typeof value === 'string'),
    'a function of an algebra, or TeX',
  ],
  notes: [optional(isList), 'a list of sentences'],
  alsoKnownAs: [optional(isList), 'a list of names'],
};

/** A definition that layers can be made from; throws the first thing in it that rules this out. */
export function demandNorm(value: unknown): asserts value is Norm {
  const hint = 'A type by its name is for createNormalizationLayer.';
  const entries = entriesOf(value);
  const mistake =
    entries && isFunction(Object.fromEntries(entries)['apply'])
      ? mistakeIn('normalization', entries, FOR_LAYERS)
      : {
          where: 'normalization',
          expected: 'a definition, such as norms.rms_norm',
          received: value,
          hint,
        };
  if (mistake) throw new NormtapeError(mistake);
}

/** A member of a catalog under this type; throws if it is another norm, or if something in it rules its use out. */
export function demandMember(type: string, value: unknown): asserts value is Norm {
  const where = `catalog.${type}`;
  const entries = entriesOf(value);
  const given = Object.fromEntries(entries ?? []);
  if (given['type'] !== type) {
    const received = entries ? given['type'] : value;
    throw new NormtapeError({ where, expected: `the norm ${type}`, received });
  }
  const fields = { apply: [isFunction, 'a function'] as const, ...FOR_CATALOGS };
  const mistake = mistakeIn(where, entries!, fields);
  if (mistake) throw new NormtapeError(mistake);
}

function mistakeIn(
  where: string,
  entries: readonly (readonly [string, unknown])[],
  fields: Readonly<Record<string, Field>>,
): Report | undefined {
  const given = Object.fromEntries(entries);
  const wrong = Object.entries(fields).find(([name, [check]]) => !check(given[name]));
  if (!wrong) return sharedName(where, given);
  const [name, [, expected]] = wrong;
  return { where: `${where}.${name}`, expected, received: given[name] };
}

/** Arrays go by their names: gradients besides that of x, weights besides statistics. */
function sharedName(where: string, given: Readonly<Record<string, unknown>>): Report | undefined {
  const { parameters, state, inputs } = given as Partial<Norm>;
  const names = ['x', ...(inputs ?? []).map(({ name }) => name)];
  for (const [field, owned] of Object.entries({ parameters, state }))
    for (const name of Object.keys(owned ?? {})) {
      if (names.includes(name)) {
        const expected = 'names that are not x, nor of an input or of another array';
        return { where: `${where}.${field}`, expected, received: name };
      }
      names.push(name);
    }
  return undefined;
}
