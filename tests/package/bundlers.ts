import { type BuildOptions, build } from 'esbuild';
import { readFileSync } from 'node:fs';
import { rolldown } from 'rolldown';

/** The files of the package that bundlers read: those of its exports without conditions. */
const alias = Object.fromEntries(
  Object.entries(
    (JSON.parse(readFileSync('package.json', 'utf8')) as { exports: Record<string, { default?: string }> })
      .exports,
  )
    .flatMap(([entry, { default: file }]): [string, string][] =>
      file ? [[entry.replace(/^\./, 'normtape'), `${process.cwd()}/${file}`]] : [],
    )
    // The longest first, for an alias also stands for paths below it.
    .sort(([a], [b]) => b.length - a.length),
);

/** A program in one file, with what it imports of the package. */
export async function bundledByEsbuild(contents: string, options: BuildOptions = {}): Promise<string> {
  const { outputFiles } = await build({
    stdin: { contents, resolveDir: '.' },
    bundle: true,
    minify: true,
    write: false,
    format: 'esm',
    platform: 'browser',
    logLevel: 'silent',
    alias,
    ...options,
  });
  return outputFiles![0]!.text;
}

/** The same by a bundler of the family of Rollup and Vite. */
async function bundledByRolldown(contents: string): Promise<string> {
  const bundle = await rolldown({
    input: 'program',
    platform: 'browser',
    resolve: { alias },
    plugins: [
      {
        name: 'program',
        resolveId: (id) => (id === 'program' ? id : undefined),
        load: (id) => (id === 'program' ? contents : undefined),
      },
    ],
  });
  const { output } = await bundle.generate({ format: 'esm', minify: true });
  await bundle.close();
  return output[0].code;
}

export const bundlers = { esbuild: bundledByEsbuild, Rolldown: bundledByRolldown };
