import { relative } from 'node:path';
import { rolldown } from 'rolldown';
import { leafOf } from './leaves.mjs';

/**
 * Writes the library again in few files, which Node loads faster: one for each entry point and one for shared modules,
 * so that all entry points have the same classes. As ES modules they share data and loops with dist/; CommonJS, which
 * cannot load those, has them inside. Returns the paths of the bundled modules.
 */
export async function nodeFiles(dir, { entries, external, target, format = 'esm' }) {
  const input = Object.fromEntries(entries.map((entry) => [entry, `src/${entry}.ts`]));
  // Data are imported only by data/index.js, all other leaves by shared.js.
  const leavesBeside = {
    name: 'shared leaves',
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
    plugins: format === 'esm' ? [leavesBeside] : [],
  });
  const { output } = await bundle.write({
    dir,
    format,
    chunkFileNames: '[name].js',
    // What an entry does when it is imported must not be done for the others.
    codeSplitting: {
      groups: [{ name: 'shared', minShareCount: 2, test: (id) => !/\/src\/wasm[^/]*\.ts$/.test(id) }],
    },
    // Node prints the line that throws above an uncaught error, so lines and names stay as written. Comments would only
    // take time to read.
    comments: false,
    // V8 needs two bytes per character for a text with a single character beyond Latin-1.
    charset: 'ascii',
  });
  await bundle.close();
  return output.flatMap(({ moduleIds = [] }) => moduleIds.map((path) => relative('.', path)));
}
