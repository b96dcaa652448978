import { weightNormalizationTypes } from '../src/index.js';
import { constraints } from '../src/nn/constraints.js';
import { initializers } from '../src/nn/initializers.js';
import { regularizers } from '../src/nn/regularizers.js';
import { type BuiltInType, builtInNorms } from '../src/norms/built-in.js';
import { formulaOf } from '../src/norms/info.js';
import type { Output, SecondInput } from '../src/norms/inputs-outputs.js';
import type { Norm } from '../src/norms/norm.js';
import type { Traits } from '../src/norms/traits.js';
import type { Owned } from '../src/norms/owned.js';
import type { Recipe, RecipeSetting } from '../src/norms/recipe.js';
import { type Option, type Options, aliasesOf, demand, snakeCase } from '../src/norms/option.js';
import { derivationOf } from './derivation.js';
import { code, list, lower, paragraphs, table, unstopped } from './markdown.js';

/** The name of a member of each family, in the tables. */
const FAMILIES = new Map<unknown, string>([
  [initializers, 'an initializer'],
  [regularizers, 'a regularizer'],
  [constraints, 'a constraint'],
]);

/** The page of one norm, from its definition alone. */
export function page(type: BuiltInType): string {
  const norm = builtInNorms[type];
  const { title, alsoKnownAs = [], about, useCase, reference, notes = [] } = norm;
  const { inputs = [], outputs = [], mask, traits } = norm;
  return paragraphs(
    `# ${title}`,
    `${about} Use it for ${lower(useCase)}`,
    alsoKnownAs.length > 0 && `Also known as ${alsoKnownAs.join(', ')}.`,
    `$$${formulaOf(norm)}$$`,
    ...variants(type).map((given) => `With \`${show(given)}\`: $$${formulaOf(norm, given)}$$`),
    code(`${makerOf(type)}('${type}');`),
    inputs.length > 0 && inputTable(inputs),
    outputs.length > 0 && `It returns ${outputs.map(outputText).join(', ')}.`,
    '## Options',
    optionTable(norm.options),
    families(norm.options),
    ignored(norm),
    '## Weights',
    weightTable(norm),
    mask && `\`forward(x, { mask })\`: ${lower(mask.about)}`,
    notes.length > 0 && '## Good to know',
    list(notes),
    traits && facts(traits),
    ...recipesOf(norm),
    '## Backward pass',
    norm.gradient?.about,
    backwardPass(type),
    '## Example',
    example(norm),
    '## Laws',
    'Each law holds exactly in real arithmetic. `npm test` checks it on random inputs, in float64 and float32, within a bound on rounding errors.',
    list(Object.values(norm.invariants).map(({ claim }) => claim)),
    '## Reference',
    `${reference.authors}. [${reference.title}](${reference.url}). ${reference.year}.`,
  );
}

/** The function that makes a layer of a type. */
const makerOf = (type: string): string =>
  (weightNormalizationTypes as readonly string[]).includes(type)
    ? 'createWeightNormalization'
    : 'createNormalizationLayer';

/** The options, other than those of the example, under which the derivation looks at the norm. */
const variants = (type: BuiltInType): readonly object[] =>
  [...new Set(derivationOf(type).equations.map(({ given }) => given))].filter(
    (given) => Object.keys(given).length > 0,
  );

const inputTable = (inputs: readonly SecondInput<never>[]): string =>
  paragraphs(
    `\`forward(x, { ${inputs.map(({ name }) => name).join(', ')} })\` takes inputs besides x:`,
    table(
      ['input', 'shape', 'given', 'meaning'],
      inputs.map(({ name, sizes, condition = 'always', about }) => [`\`${name}\``, sizes, condition, about]),
    ),
  ).trimEnd();

const outputText = ({ name, about, condition }: Output): string =>
  `\`${name}\` (${lower(unstopped(about))}${condition === undefined ? '' : `; only ${condition}`})`;

/** The derivation above `apply`: its sentences as text, its equations as they stand. */
function backwardPass(type: BuiltInType): string {
  const blocks = derivationOf(type).lines.join('\n').split('\n\n');
  return paragraphs(
    'Derived by hand from the formula above; dx is the gradient of the loss with respect to x, dγ that with respect to γ, and so on. `npm test` compares every line with the gradient that the tape computes.',
    ...blocks.map((block) =>
      block.startsWith('    ') ? code(block.replace(/^ {4}/gm, ''), 'text') : block.replaceAll('\n', ' '),
    ),
  ).trimEnd();
}

function optionTable(options: Options): string {
  const rows = Object.entries(options).map(([name, option]) => [
    `\`${name}\``,
    [name, ...aliasesOf(option)].map((key) => `\`${snakeCase(key)}\``).join(' or '),
    familyOf(option) ?? demand(option),
    `\`${JSON.stringify(option.default)}\``,
    option.about,
  ]);
  const given = ['`name`', '`name`', 'a string', 'the type', 'The name of the layer.'];
  return table(['option', 'in JSON', 'takes', 'default', 'meaning'], [...rows, given]);
}

const familyOf = (option: Option): string | undefined =>
  option.kind === 'part' ? FAMILIES.get(option.family) : undefined;

const SETTINGS: Readonly<Record<RecipeSetting, string>> = {
  language: 'Language models',
  vision: 'Image models',
  detection: 'Out-of-distribution detection',
};

/** The recipes of the paper, one for each kind of training. */
function recipesOf({ recipes = {} }: Norm): readonly string[] {
  const stated = Object.entries(recipes) as [RecipeSetting, Recipe][];
  if (stated.length === 0) return [];
  return [
    '## Recipes',
    'Settings of the paper that differ from the defaults. `npx normtape experiment` uses them.',
    ...stated.flatMap(([setting, recipe]) => [
      `${SETTINGS[setting]} (${recipe.source}):`,
      list(prescribed(recipe)),
    ]),
  ];
}

function prescribed({ layers = [], embeddingScale, cosineScales, tuned = {}, training }: Recipe): string[] {
  return [
    ...layers.map(({ width, attention, elsewhere }) =>
      [
        width === undefined ? 'all layers' : `at a width of ${width}`,
        attention && show(attention) !== show(elsewhere)
          ? `: \`${show(attention)}\` for attention, \`${show(elsewhere)}\` elsewhere`
          : `: \`${show(elsewhere)}\``,
      ].join(''),
    ),
    ...(embeddingScale === undefined
      ? []
      : [`\`embeddingScale: ${show(embeddingScale)}\` of \`LanguageModel\``]),
    ...(cosineScales
      ? [`cosines multiplied by one of ${cosineScales.join(', ')}, chosen on validation data`]
      : []),
    ...Object.entries(tuned).map(
      ([name, values]) =>
        `\`${name}\` one of ${(values as readonly unknown[]).join(', ')}, chosen on validation data`,
    ),
    ...(training === undefined ? [] : [`training in the paper: ${lower(training)}`]),
  ];
}

/** The members of each family, listed once. */
function families(options: Options): string | undefined {
  const told = new Map(Object.values(options).map((option) => [familyOf(option), option]));
  const lines = [...told].flatMap(([family, option]) =>
    family && option.kind === 'part'
      ? `${family[0]!.toUpperCase()}${family.slice(1)} is the name of a type, or an object \`{ type, … }\` with its options. Types: ${Object.keys(option.family).join(', ')}.`
      : [],
  );
  return lines.length > 0 ? lines.join('\n') : undefined;
}

const ignored = ({ ignores = {} }: Norm): string | undefined =>
  Object.entries(ignores)
    .map(([name, { about }]) => `\`${name}\` is accepted and ignored. ${about}`)
    .join('\n') || undefined;

function weightTable({ parameters, state = {} }: Norm): string {
  const rows = (owned: Readonly<Record<string, Owned<never>>>, kind: string) =>
    Object.entries(owned).map(([name, { about, sizes }]) => [`\`${name}\``, kind, sizes, about]);
  const all = [...rows(parameters, 'trainable'), ...rows(state, 'running statistic')];
  return all.length > 0 ? table(['weight', 'kind', 'shape', 'meaning'], all) : 'None.';
}

const COUPLING: Readonly<Record<Traits['couples'], string>> = {
  nothing: 'Each output depends only on its own input number',
  group: 'Each output depends on its group: the numbers along the axes that are normalized together',
  sample: 'Each output depends on its whole sample',
  prefix: 'Each output depends on the steps of its sample up to its own',
  batch: 'In training, each output depends on its whole batch',
};

const facts = ({ couples, cost, guards }: Traits): string =>
  `${COUPLING[couples]}. About ${cost} floating-point operations per element. ` +
  `Disturbances that it keeps from the next layers: ${guards.map((guard) => GUARDED[guard]).join(', ') || 'none'}.`;

const GUARDED: Readonly<Record<Traits['guards'][number], string>> = {
  size: 'the size of its input',
  offset: 'the mean of its input',
  gain: 'a learned gain that grows',
  shift: 'a learned shift that grows',
};

function example({ example: { options = {}, x, inputs, parameters, y, state }, type }: Norm): string {
  const given = Object.entries({ x, ...inputs, ...parameters }).map(
    ([name, value]) => `${name} = ${show(value)}`,
  );
  const after = Object.entries(state ?? {}).map(([name, value]) => `${name} = ${show(value)}`);
  const settings = Object.keys(options).length > 0 ? `, ${show(options)}` : '';
  return code(
    [`${makerOf(type)}('${type}'${settings})`, ...given, `gives ${show(y)}`]
      .concat(after.map((line) => `and keeps ${line}`))
      .join('\n'),
    'text',
  );
}

const show = (value: unknown): string =>
  JSON.stringify(value)
    .replace(/"(\w+)":/g, '$1: ')
    .replaceAll(',', ', ');
