import { build } from 'esbuild';

/** Bundles the script and the style of the sweep's report, with uPlot inside; returns both as text. */
export async function reportPage() {
  const { outputFiles } = await build({
    entryPoints: ['src/cli/page/page.ts', 'src/cli/page/page.css'].map(
      (path) => new URL(`../${path}`, import.meta.url).pathname,
    ),
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
