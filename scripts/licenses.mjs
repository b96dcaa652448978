import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

/** The licenses of all bundled packages, one after the other, given the paths of their modules. */
export function licenses(paths) {
  const folders = new Set(paths.flatMap((path) => /\bnode_modules\/(@[^/]+\/)?[^/]+/.exec(path)?.[0] ?? []));
  return [...folders]
    .sort()
    .map((folder) => {
      const { name, version, license } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
      const file = readdirSync(folder).find((entry) => /^licen[sc]e/i.test(entry));
      const text = file ? readFileSync(join(folder, file), 'utf8').trim() : `License: ${license}`;
      return `${name} ${version}\n\n${text}\n`;
    })
    .join(`\n${'-'.repeat(80)}\n\n`);
}
