import { build } from 'esbuild';
import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';

/** All of normtape, what trains under `train`, and what makes data sets under `data`, which leaves the texts out. */
const ENTRY = `
  import { batches, dataset, regressionDataset, split } from './data/index.ts';
  export * from './index.ts';
  export * as train from './train/index.ts';
  export const data = { batches, dataset, regressionDataset, split };
`;

/** The files of dist/browser, which load nothing else: an ES module, and a classic script that sets globalThis.normtape. */
const FILES = {
  'normtape.js': { format: 'esm' },
  'normtape.global.js': { format: 'iife', globalName: 'normtape' },
};

/**
 * Writes the library for pages without a bundler, and beside it integrity.json, with the value of the attribute `integrity`
 * for each file.
 */
export async function browserFiles(dir, { target, banner }) {
  for (const [name, format] of Object.entries(FILES)) {
    await build({
      stdin: { contents: ENTRY, resolveDir: 'src' },
      outfile: join(dir, name),
      bundle: true,
      minify: true,
      platform: 'browser',
      target,
      // Names are kept for summaries and errors; lines are short, since consoles print the line that throws.
      keepNames: true,
      lineLimit: 200,
      charset: 'ascii',
      legalComments: 'none',
      banner: { js: banner },
      logLevel: 'warning',
      ...format,
    });
  }
  const hashes = Object.keys(FILES).map((name) => {
    const digest = createHash('sha384')
      .update(readFileSync(join(dir, name)))
      .digest('base64');
    return [basename(name), `sha384-${digest}`];
  });
  writeFileSync(join(dir, 'integrity.json'), `${JSON.stringify(Object.fromEntries(hashes), undefined, 2)}\n`);
}
