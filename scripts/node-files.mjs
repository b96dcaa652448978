import { relative } from 'node:path';
import { rolldown } from 'rolldown';

const keepNames = { function: true, class: true };

/**
 * Writes the library once more in few files, which Node loads faster: one for each entry point and one of what they
 * share, so that a class is the same from each of them. Returns the paths of the modules that are in them.
 */
export async function nodeFiles(dir, { entries, external, target }) {
  const input = Object.fromEntries(entries.map((entry) => [entry, `src/${entry}.ts`]));
  const bundle = await rolldown({ input, external, platform: 'node', transform: { target } });
  const { output } = await bundle.write({
    dir,
    format: 'esm',
    sourcemap: true,
    chunkFileNames: '[name].js',
    codeSplitting: { groups: [{ name: 'shared', minShareCount: 2 }] },
    // Most of the start is parsing, which goes by length. Names that can be seen stay: summaries and errors call a
    // module by its class, and a stack is read by its functions.
    minify: { compress: { keepNames }, mangle: { keepNames } },
    // V8 keeps a text with one character beyond Latin-1 at two bytes for each.
    charset: 'ascii',
  });
  await bundle.close();
  return output.flatMap(({ moduleIds = [] }) => moduleIds.map((path) => relative('.', path)));
}
