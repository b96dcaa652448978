import { mkdirSync, writeFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import { type NormalizationType, normalizationTypes, norms } from '../src/index.js';
import { snakeCase } from '../src/option/case.js';
import type { Norm } from '../src/norms/norm.js';
import { aliasesOf, demand } from '../src/norms/option.js';

/** The page of one norm, from its definition alone. */
export function page(type: NormalizationType): string {
  const norm: Norm = norms[type];
  const { title, about, useCase, formula, reference, options, parameters, outputs, example, invariants } =
    norm;
  const rows = Object.entries(options).map(
    ([name, o]) =>
      `| \`${name}\` | ${[name, ...aliasesOf(o)].map((key) => `\`${snakeCase(key)}\``).join(' or ')} | ${demand(o)} | \`${JSON.stringify(o.default)}\` | ${o.about} |`,
  );
  return `# ${title}

${about} ${useCase}

$$${formula}$$

\`\`\`ts
createNormalizationLayer('${type}');
\`\`\`

| option | in JSON | takes | default | |
| --- | --- | --- | --- | --- |
${rows.join('\n')}

Learned: ${
    Object.entries(parameters)
      .map(([name, { about }]) => `\`${name}\` (${about.replace(/\.$/, '')})`)
      .join(', ') || 'nothing'
  }.
${outputs ? `\nGives ${outputs.map((o) => `\`${o.name}\` (${o.about.replace(/\.$/, '')})`).join(', ')}.\n` : ''}
For example, ${Object.entries({ x: example.x, ...example.parameters })
    .map(([name, value]) => `\`${name} = ${JSON.stringify(value)}\``)
    .join(', ')} gives \`${JSON.stringify(example.y)}\`.

Promises, each checked on random inputs by \`npm test\`:

${Object.values(invariants)
  .map(({ claim }) => `- ${claim}`)
  .join('\n')}

${reference.authors}. [${reference.title}](${reference.url}). ${reference.year}.
`;
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  mkdirSync('docs/norms', { recursive: true });
  for (const type of normalizationTypes) writeFileSync(`docs/norms/${type}.md`, page(type));
}
