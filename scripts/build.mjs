// Builds dist/: the library file by file, so that bundlers can leave out unused modules; again in few files for Node,
// which loads those faster; its declarations; and the command in one file with its dependencies.
import { build } from 'esbuild';
import { execFileSync } from 'node:child_process';
import { chmodSync, cpSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import './build-kernels.mjs';
import './generate-kernels.mjs';
import { browserFiles } from './browser-files.mjs';
import { checkPeer } from './checked-peer.mjs';
import { partDescriptions } from './descriptions.mjs';
import { leafOf } from './leaves.mjs';
import { licenses } from './licenses.mjs';
import { nodeFiles } from './node-files.mjs';
import { documentOptions, documented } from './option-docs.mjs';
import { writeForOlderCompilers } from './older-compilers.mjs';
import { markPureCalls } from './pure-calls.mjs';
import { keepReachedTypes } from './reached-types.mjs';
import { reportPage } from './report-page.mjs';

const { version, dependencies, peerDependencies } = JSON.parse(readFileSync('package.json', 'utf8'));

/** The bundles of the command import these modules from their place in dist/. */
const leavesBeside = {
  name: 'shared leaves',
  setup({ onResolve }) {
    onResolve({ filter: /\.js$/ }, ({ path }) => {
      const leaf = leafOf(path);
      return leaf && { path: `../${leaf}`, external: true };
    });
  },
};

const sources = readdirSync('src', { recursive: true, encoding: 'utf8' })
  .filter((path) => path.endsWith('.ts') && !path.startsWith('cli') && !path.includes('assembly'))
  .map((path) => join('src', path));

/** Generated loops: nobody reads them, and half of their bytes are spaces. */
const isWrittenOut = (path) => path.includes('generated');

const TARGET = 'es2022';
const files = {
  entries: ['index', 'js', 'wasm', 'wasm-relaxed', 'data/index', 'io/index', 'train/index', 'verify/index'],
  // Dependencies are bundled too: looking each of them up takes Node as long as reading the whole library.
  external: Object.keys(peerDependencies),
  target: TARGET,
};
const common = { format: 'esm', target: TARGET, platform: 'neutral', logLevel: 'warning' };

rmSync('dist', { recursive: true, force: true });

const [, , node, , , command, , hooks] = await Promise.all([
  build({
    ...common,
    entryPoints: sources.filter((path) => !isWrittenOut(path)),
    outdir: 'dist',
    outbase: 'src',
  }),
  build({
    ...common,
    entryPoints: sources.filter(isWrittenOut),
    outdir: 'dist',
    outbase: 'src',
    minifyWhitespace: true,
    lineLimit: 120,
  }),
  nodeFiles('dist/node', files),
  nodeFiles('dist/cjs', { ...files, format: 'cjs' }),
  browserFiles('dist/browser', {
    target: TARGET,
    banner: `/* normtape ${version}, MIT; licenses.txt has those of what is inside. */`,
  }),
  build({
    ...common,
    entryPoints: ['src/cli/work.ts'],
    outfile: 'dist/cli/work.js',
    bundle: true,
    platform: 'node',
    // Four megabytes that only users of Keras' files need.
    external: [...Object.keys(dependencies), 'h5wasm'],
    plugins: [leavesBeside],
    // Names are kept for summaries and stack traces; lines are short, because Node prints the line that throws.
    minify: true,
    keepNames: true,
    lineLimit: 100,
    legalComments: 'none',
    define: { NORMTAPE_VERSION: JSON.stringify(version) },
    banner: {
      js: [
        // With a name that no source uses for this import, because a module may declare a name only once.
        "import { createRequire as requireBeside } from 'node:module';",
        'const require = requireBeside(import.meta.url);',
      ].join('\n'),
    },
    loader: { '.css': 'text', '.html': 'text', '.txt': 'text' },
    metafile: true,
  }),
  // The main thread, which receives signals and runs the command in another thread.
  build({
    ...common,
    entryPoints: ['src/cli/main.ts'],
    outfile: 'dist/cli/main.js',
    bundle: true,
    minify: true,
    lineLimit: 80,
    platform: 'node',
    banner: { js: '#!/usr/bin/env node' },
  }),
  // The module hooks for files of users' norms, which Node loads in a thread of their own.
  build({
    ...common,
    entryPoints: ['src/cli/norms/hooks.ts'],
    outfile: 'dist/cli/hooks.js',
    bundle: true,
    minify: true,
    lineLimit: 80,
    platform: 'node',
    mainFields: ['module', 'main'],
    metafile: true,
  }),
]);
await partDescriptions('dist/norms');
markPureCalls('dist', (path) => !/^(browser|cjs|cli|node)\b/.test(path));
checkPeer('dist/node/verify/index.js', 'dist/node/verify/checked.js');
const { script, style } = await reportPage();
writeFileSync('dist/cli/page.js', script);
writeFileSync('dist/cli/page.css', style);
writeFileSync(
  'dist/licenses.txt',
  licenses([...node, ...[command, hooks].flatMap(({ metafile }) => Object.keys(metafile.inputs))]),
);
chmodSync('dist/cli/main.js', 0o755);

const compiler = fileURLToPath(new URL('bin/tsc', import.meta.resolve('typescript/package.json')));
execFileSync(process.execPath, [compiler, '-p', 'tsconfig.build.json'], { stdio: 'inherit' });
await documentOptions('dist', documented());
writeForOlderCompilers('dist');
keepReachedTypes('dist');
// The same declarations for CommonJS, in which a compiler reads them as CommonJS too.
writeFileSync('dist/cjs/package.json', '{ "type": "commonjs" }\n');
for (const path of readdirSync('dist', { recursive: true, encoding: 'utf8' }))
  if (path.endsWith('.d.ts') && !path.startsWith('cjs')) cpSync(join('dist', path), join('dist/cjs', path));
