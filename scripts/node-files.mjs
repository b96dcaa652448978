import { relative } from 'node:path';
import { rolldown } from 'rolldown';
import { leafOf } from './leaves.mjs';

/**
 * Writes the library once more in few files, which Node loads faster: one for each entry point and one of what they
 * share, so that a class is the same from each of them. Returns the paths of the modules that are in them.
 */
export async function nodeFiles(dir, { entries, external, target }) {
  const input = Object.fromEntries(entries.map((entry) => [entry, `src/${entry}.ts`]));
  // Texts are imported by data/index.js alone, all else by shared.js.
  const leavesBeside = {
    name: 'leaves lie beside',
    resolveId(id) {
      const leaf = leafOf(id);
      return leaf && { id: `${leaf.startsWith('data') ? '../..' : '..'}/${leaf}`, external: true };
    },
  };
  const bundle = await rolldown({
    input,
    external,
    platform: 'node',
    transform: { target },
    plugins: [leavesBeside],
  });
  const { output } = await bundle.write({
    dir,
    format: 'esm',
    chunkFileNames: '[name].js',
    codeSplitting: { groups: [{ name: 'shared', minShareCount: 2 }] },
    // Node prints the line that throws above an uncaught error, so lines and names stay as they were written. Comments
    // are not part of an error, and take time to read.
    comments: false,
    // V8 keeps a text with one character beyond Latin-1 at two bytes for each.
    charset: 'ascii',
  });
  await bundle.close();
  return output.flatMap(({ moduleIds = [] }) => moduleIds.map((path) => relative('.', path)));
}
