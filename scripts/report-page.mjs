import { build } from 'esbuild';
import { URL, fileURLToPath } from 'node:url';

/** Bundles the script and the style sheet of the reports, including uPlot; returns both as text. */
export async function reportPage() {
  const { outputFiles } = await build({
    absWorkingDir: fileURLToPath(new URL('..', import.meta.url)),
    entryPoints: ['src/cli/page/page.ts', 'src/cli/page/page.css'],
    bundle: true,
    minify: true,
    format: 'iife',
    target: 'es2022',
    outdir: 'page',
    write: false,
  });
  const ending = (suffix) => outputFiles.find(({ path }) => path.endsWith(suffix)).text;
  return { script: ending('.js'), style: ending('.css') };
}
