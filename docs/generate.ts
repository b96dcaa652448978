import { mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import {
  type Priority,
  chooseNormalization,
  normalizationTypes,
  norms,
  weightNormalizationTypes,
} from '../src/index.js';
import { constraints } from '../src/nn/constraints.js';
import { initializers } from '../src/nn/initializers.js';
import { regularizers } from '../src/nn/regularizers.js';
import { type BuiltInType, builtInNorms, builtInTypes } from '../src/norms/built-in.js';
import { factsOf } from '../src/norms/facts.js';
import { formulaOf } from '../src/norms/info.js';
import type { Output, SecondInput } from '../src/norms/inputs-outputs.js';
import type { Norm } from '../src/norms/norm.js';
import type { Traits } from '../src/norms/traits.js';
import type { Owned } from '../src/norms/owned.js';
import type { Recipe, RecipeSetting } from '../src/norms/recipe.js';
import { type Option, type Options, aliasesOf, demand, snakeCase } from '../src/norms/option.js';
import { claimsOf, generalClaims } from '../src/verify/claims.js';
import { derivationOf } from './derivation.js';
import { kernelRows } from './kernel-table.js';
import { opsOf } from './op-reference.js';
import { placementLines, placementRows } from './placement-table.js';

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
    `\`forward(x, { ${inputs.map(({ name }) => name).join(', ')} })\` takes inputs beside x:`,
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

const table = (head: readonly string[], rows: readonly (readonly string[])[]): string =>
  [head, head.map(() => '---'), ...rows].map((row) => `| ${row.join(' | ')} |`).join('\n');

const code = (text: string, language = 'ts'): string => `\`\`\`${language}\n${text}\n\`\`\``;
const list = (lines: readonly string[]): string => lines.map((line) => `- ${line}`).join('\n');
const unstopped = (sentence: string): string => sentence.replace(/\.$/, '');
const lower = (sentence: string): string => sentence[0]!.toLowerCase() + sentence.slice(1);

const paragraphs = (...parts: readonly (string | false | undefined)[]): string =>
  `${parts.filter(Boolean).join('\n\n')}\n`;

const PRIORITIES: Readonly<Record<Priority, string>> = {
  speed: 'the fewest operations per element',
  stability:
    'the most protection of the following layers, from the size and mean of the input, a growing gain, a shift',
  balanced: 'the same, among norms that still learn both a gain and a shift',
};

const typeTable = (types: readonly BuiltInType[]): string =>
  table(
    ['type', 'what it does', 'use it for'],
    types.map((type) => {
      const { about, useCase } = builtInNorms[type];
      return [`[\`${type}\`](${type}.md)`, about, useCase];
    }),
  );

/** The page that lists the others. */
export const index = (): string =>
  paragraphs(
    '# The norms',
    'One page per norm: formula, options, weights, backward pass, example, laws. `npm run docs` writes them from the definitions in `src/norms/definitions` and `src/norms/weights`.',
    typeTable(normalizationTypes),
    'Norms of a weight, which [normalizeWeights](../weights.md) puts on the kernels of a model:',
    typeTable(weightNormalizationTypes),
    '## chooseNormalization',
    '`chooseNormalization(priority)` returns a type to start with. It compares facts that the definitions state, for the norms that go between layers, keep at least one disturbance from the next layers, keep the shape of their input and couple nothing beyond a group. It takes a norm that learns something if there is one, and among equals the one that was published first, or, in the same year, that keeps more of them.',
    table(
      ['priority', 'takes the norm with', 'which now is'],
      Object.entries(PRIORITIES).map(([priority, compares]) => {
        const type = chooseNormalization(priority as Priority);
        return [`\`${priority}\``, compares, `[\`${type}\`](${type}.md)`];
      }),
    ),
  );

/** The text of every claim of every norm; general claims are listed once. */
export function claims(): string {
  const own = (type: BuiltInType) => Object.entries(builtInNorms[type].invariants);
  const owed = new Map(
    builtInTypes.flatMap((type) => generalClaims(builtInNorms[type]).map(({ name, claim }) => [name, claim])),
  );
  const counts = builtInTypes.map((type) => [
    `[\`${type}\`](norms/${type}.md)`,
    String(own(type).length),
    String(generalClaims(builtInNorms[type]).length),
    String(claimsOf(builtInNorms[type]).length),
  ]);
  return paragraphs(
    '# Every claim',
    '`npx normtape verify` tests all these claims on random cases, in float64 and float32; [Verify](verify.md) explains how. `--only` takes the names listed here. A corollary follows from the formula of the norm, so a report shows it after the formula. `npm run docs` writes this page from the definitions.',
    table(['type', 'own laws', 'general claims', 'all claims'], counts),
    '## General claims',
    'Every norm must satisfy these, as far as they apply: a norm without running statistics has no claims about them, and `traits.couples` states how far an output may depend on other inputs.',
    list([...owed].map(([name, claim]) => `\`${name}\`: ${claim}`)),
    ...builtInTypes.flatMap((type) => [
      `## ${type}`,
      list(
        own(type).map(
          ([name, { claim, corollary }]) => `\`${name}\`${corollary ? ' (corollary)' : ''}: ${claim}`,
        ),
      ),
    ]),
  );
}

/** The page of every op, from the comment above each. */
export const opReference = (): string =>
  paragraphs(
    '# Every op',
    'This page lists what each op computes, and its gradient. [Ops](ops.md) shows how to call them. `npm run docs` writes this page from the comments in `src/ops`.',
    'Notation: d marks a differential, so d(ab) = b·da + a·db says that a receives the gradient times b. g is the incoming gradient, ⊙ a product element by element, ⟨x, y⟩ the sum Σ x·y. In attention and convolution, dX is the gradient with respect to X.',
    ...[...opsOf('src/ops/catalog.ts')].flatMap(([file, ops]) => [
      `## ${file[0]!.toUpperCase()}${file.slice(1).replaceAll('-', ' ')}`,
      list(ops.map(({ name, text }) => `\`${name}\`: ${text}`)),
    ]),
  );

/** The comments that Prettier knows, around a table in a page. */
const TABLE = /(?<=<!-- prettier-ignore-start -->\n)[^]*(?=<!-- prettier-ignore-end -->)/;

/** The page of the architecture with its table of kernels as the sources have it. */
export function architecture(page: string): string {
  if (!TABLE.test(page)) throw new Error('docs/architecture.md has no place for the table of kernels');
  const rows = kernelRows().map(({ name, computes, unrolled, compiled, declines }) => [
    `\`${name}\``,
    unstopped(computes).replaceAll('|', '\\|'),
    unrolled ? 'yes' : '',
    compiled ? 'yes' : '',
    declines ?? '',
  ]);
  return page.replace(
    TABLE,
    () => `${table(['kernel', 'computes', 'unrolled', 'compiled', 'declines'], rows)}\n`,
  );
}

/** The page of transformers with its table of placements as their definitions have it. */
export function transformers(page: string): string {
  if (!TABLE.test(page)) throw new Error('docs/transformers.md has no place for the table of placements');
  const head = ['placement', 'x becomes', 'initial values', 'from'];
  return page.replace(TABLE, () => `${table(head, placementRows())}\n\n${list(placementLines())}\n`);
}

/** A page with every list of all types in it brought up to date. */
export const withTypes = (page: string): string =>
  page.replace(/(expected one of )\w+(?:, \w+){20,}?(?=, received)/g, `$1${normalizationTypes.join(', ')}`);

/** The families of norms, in the order of the README: the first that a norm fits is its own. */
const GROUPS: readonly (readonly [string, (norm: Norm) => boolean])[] = [
  ['On logits, and scores', ({ traits }) => traits?.place !== 'hidden'],
  ['With a second input', ({ inputs }) => inputs !== undefined],
  ['Each number alone', ({ traits }) => traits?.couples === 'nothing'],
  ['Each position alone', ({ traits }) => traits?.couples === 'group'],
  ['Each sample alone', ({ traits }) => traits?.couples === 'sample' || traits?.couples === 'prefix'],
  ['The batch together', () => true],
];

/** The built-in norms by family, as a list. */
function familyList(to: (type: string) => string): string {
  const link = (type: string): string => `[\`${type}\`](${to(type)})`;
  const members = GROUPS.map(([name, fits], k) => {
    const own = normalizationTypes.filter((type) => {
      const norm: Norm = norms[type];
      return fits(norm) && !GROUPS.slice(0, k).some(([, earlier]) => earlier(norm));
    });
    return [name, own.map(link)] as const;
  });
  return [...members, ['Of a weight, not of activations', weightNormalizationTypes.map(link)] as const]
    .filter(([, own]) => own.length > 0)
    .map(([name, own]) => wrapped(`- **${name}:** ${own.join(' · ')}`))
    .join('\n');
}

/** One item of a list in lines of at most 110 characters, as far as its words allow. */
function wrapped(item: string): string {
  const lines = [''];
  for (const word of item.split(/ (?!·)/)) {
    const line = lines.at(-1)!;
    if (line !== '' && line.length + 1 + word.length > 110) lines.push(`  ${word}`);
    else lines[lines.length - 1] = line === '' ? word : `${line} ${word}`;
  }
  return lines.join('\n');
}

/** How many reference cases of norms the tests hold. */
function referenceCases(): number {
  const root = 'tests/conformance/vectors';
  const folders = readdirSync(root).filter((name) => name.startsWith('norms'));
  const files = folders.flatMap((folder) =>
    readdirSync(`${root}/${folder}`).map((name) => `${folder}/${name}`),
  );
  const cases = files.map(
    (file) => (JSON.parse(readFileSync(`${root}/${file}`, 'utf8')) as { cases: [] }).cases,
  );
  return cases.reduce((sum, { length }) => sum + length, 0);
}

/** The README with its list of norms and its count of reference cases brought up to date. */
export const withNorms = (readme: string): string =>
  replaced(
    readme.replace(/(?<=pass all )\d+(?= reference cases)/, String(referenceCases())),
    'norms',
    `${builtInTypes.length} types, by what each looks at:\n\n${familyList((type) => `docs/norms/${type}.md`)}`,
  );

/** The page that helps to choose, with its tables brought up to date. */
export function withFacts(page: string): string {
  const all = normalizationTypes.flatMap((type) => factsOf(norms[type]) ?? []);
  const rows = all.map(
    ({ type, guards, couples, differsInTraining, isCausal, leastBatch, cost, state, inputs }) => [
      `[\`${type}\`](norms/${type}.md)`,
      guards.join(', ') || 'nothing',
      couples,
      differsInTraining ? 'differ' : 'alike',
      isCausal ? 'yes' : 'no',
      String(leastBatch),
      String(cost),
      state.map((name) => `\`${name}\``).join(', '),
      ['x', ...inputs].map((name) => `\`${name}\``).join(', '),
    ],
  );
  const head = [
    'type',
    'removes',
    'looks at',
    'training and inference',
    'causal',
    'batch from',
    'operations',
    'keeps',
    'takes',
  ];
  const names = builtInTypes.flatMap((type) =>
    (builtInNorms[type].alsoKnownAs ?? []).map((name) => [name, `[\`${type}\`](norms/${type}.md)`]),
  );
  const sorted = names.sort(([a], [b]) => a!.localeCompare(b!, 'en'));
  return replaced(replaced(page, 'facts', table(head, rows)), 'names', table(['name', 'here'], sorted));
}

/** A page with the part between `<!-- name -->` and `<!-- /name -->` replaced. */
const replaced = (page: string, name: string, part: string): string =>
  page.replace(new RegExp(`(<!-- ${name} -->)[^]*?(<!-- /${name} -->)`), (_, from: string, to: string) =>
    [from, part, to].join('\n\n'),
  );

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  mkdirSync('docs/norms', { recursive: true });
  writeFileSync('docs/norms/README.md', index());
  for (const type of builtInTypes) writeFileSync(`docs/norms/${type}.md`, page(type));
  writeFileSync('docs/claims.md', claims());
  writeFileSync('docs/op-reference.md', opReference());
  writeFileSync('docs/architecture.md', architecture(readFileSync('docs/architecture.md', 'utf8')));
  writeFileSync('docs/transformers.md', transformers(readFileSync('docs/transformers.md', 'utf8')));
  for (const file of readdirSync('docs').filter((name) => name.endsWith('.md'))) {
    const text = readFileSync(`docs/${file}`, 'utf8');
    if (withTypes(text) !== text) writeFileSync(`docs/${file}`, withTypes(text));
  }
  const { format } = await import('prettier');
  for (const [file, brought] of [
    ['README.md', withNorms],
    ['docs/which-norm.md', withFacts],
  ] as const) {
    const text = brought(readFileSync(file, 'utf8'));
    writeFileSync(file, await format(text, { parser: 'markdown', printWidth: 110, singleQuote: true }));
  }
}
