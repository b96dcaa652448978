import { readFileSync } from 'node:fs';

/** The only snippet in JavaScript of a page that holds this text. */
export function recipe(page: string, text: string): string {
  const found = [...readFileSync(page, 'utf8').matchAll(/^```js\n([^]*?)^```$/gm)].filter(([, code]) =>
    code!.includes(text),
  );
  if (found.length !== 1) throw new Error(`${page} has ${found.length} recipes with ${text}`);
  return found[0]![1]!;
}
