import { readFileSync } from 'node:fs';

/** An op as its source has it: its name, and the comment above it without what it throws. */
export interface OpComment {
  readonly name: string;
  readonly text: string;
}

/** The ops of each file that a list of exports names, such as src/ops/catalog.ts; throws if one has no comment. */
export function opsOf(catalog: string): ReadonlyMap<string, readonly OpComment[]> {
  const exports = readFileSync(catalog, 'utf8').matchAll(/^export \{([^}]*)\} from '\.\/(.+)\.js';/gm);
  const files = new Map<string, OpComment[]>();
  for (const [, names, file] of exports) {
    const path = catalog.replace(/[^/]*$/, `${file!}.ts`);
    const own = names!.split(',').flatMap((name) => name.trim() || []);
    const known = files.get(file!) ?? [];
    files.set(
      file!,
      [...known, ...own.map((name) => ({ name, text: commentOf(path, name) }))].sort((a, b) =>
        a.name < b.name ? -1 : 1,
      ),
    );
  }
  return files;
}

function commentOf(path: string, name: string): string {
  const above = new RegExp(`/\\*\\*((?:(?!\\*/)[^])*)\\*/\\nexport (?:const|function) ${name}\\b`);
  const [, comment] = above.exec(readFileSync(path, 'utf8')) ?? [];
  if (comment === undefined) throw new Error(`${path}: no comment above ${name} says what it computes`);
  return comment
    .replace(/^ *\* ?/gm, '')
    .replace(/@throws[^]*/, '')
    .replace(/\s+/g, ' ')
    .trim();
}
