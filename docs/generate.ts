import { mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import {
  type Priority,
  chooseNormalization,
  normalizationTypes,
  norms,
  weightNormalizationTypes,
} from '../src/index.js';
import { type BuiltInType, builtInNorms, builtInTypes } from '../src/norms/built-in.js';
import { factsOf } from '../src/norms/facts.js';
import type { Norm } from '../src/norms/norm.js';
import { claimsOf, generalClaims } from '../src/verify/claims.js';
import { kernelRows } from './kernel-table.js';
import { opsOf } from './op-reference.js';
import { placementLines, placementRows } from './placement-table.js';
import { list, paragraphs, replaced, table, unstopped } from './markdown.js';
import { page } from './norm-page.js';
import { withTimes } from './times.js';

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
  ['Logits, or scores of logits', ({ traits }) => traits?.place !== 'hidden'],
  ['With a second input', ({ inputs }) => inputs !== undefined],
  ['Each element alone', ({ traits }) => traits?.couples === 'nothing'],
  ['Each position alone', ({ traits }) => traits?.couples === 'group'],
  ['Each sample alone', ({ traits }) => traits?.couples === 'sample' || traits?.couples === 'prefix'],
  ['The whole batch', () => true],
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
  return [...members, ['A weight instead of activations', weightNormalizationTypes.map(link)] as const]
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
    `${builtInTypes.length} types, grouped by what is normalized together:\n\n${familyList((type) => `docs/norms/${type}.md`)}`,
  );

/** The page that helps to choose, with its tables brought up to date. */
export function withFacts(page: string): string {
  const all = normalizationTypes.flatMap((type) => factsOf(norms[type]) ?? []);
  const rows = all.map(
    ({ type, guards, couples, differsInTraining, isCausal, leastBatch, cost, state, inputs }) => [
      `[\`${type}\`](norms/${type}.md)`,
      guards.join(', ') || 'nothing',
      couples,
      differsInTraining ? 'differ' : 'same',
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
    'depends on',
    'training and inference',
    'causal',
    'smallest batch',
    'operations',
    'statistics',
    'inputs',
  ];
  const names = builtInTypes.flatMap((type) =>
    (builtInNorms[type].alsoKnownAs ?? []).map((name) => [name, `[\`${type}\`](norms/${type}.md)`]),
  );
  const sorted = names.sort(([a], [b]) => a!.localeCompare(b!, 'en'));
  return replaced(replaced(page, 'facts', table(head, rows)), 'names', table(['name', 'here'], sorted));
}

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
  const example = 'examples/05-from-config.ts';
  writeFileSync(example, withTimes(readFileSync(example, 'utf8')));
  const { format } = await import('prettier');
  for (const [file, brought] of [
    ['README.md', withNorms],
    ['docs/which-norm.md', withFacts],
    ['docs/from-the-keras-guide.md', withTimes],
  ] as const) {
    const text = brought(readFileSync(file, 'utf8'));
    writeFileSync(file, await format(text, { parser: 'markdown', printWidth: 110, singleQuote: true }));
  }
}
