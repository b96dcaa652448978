// Bundlers, with the settings that they have by themselves. Chromium runs the bundle, or Node if there is no Chromium.
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { esm, judged } from './program.mjs';
import { inProject, output } from './project.mjs';
import * as recipes from './recipes.mjs';
import { NotInstalled, chromium, imported } from './tools.mjs';
import { opened } from './web.mjs';

const html = (script) => `<!doctype html><title>-</title><script type="module" src="${script}"></script>`;

/** Each bundles `main.js` of a folder into `out`, and says where the page is, or writes one. */
const bundling = {
  async esbuild(folder, { build }) {
    await build({
      ...at(folder),
      bundle: true,
      outfile: join(folder, 'out/main.js'),
      format: 'esm',
      logLevel: 'silent',
    });
  },
  async rollup(folder, { rollup }) {
    const { exports } = await imported('@rollup/plugin-node-resolve');
    const bundle = await rollup({
      input: join(folder, 'main.js'),
      plugins: [exports.nodeResolve({ browser: true })],
      // Only Rollup says that a package for optional use is not there.
      onwarn: ({ message, exporter }) => {
        if (exporter !== 'h5wasm') throw new Error(message);
      },
    });
    await bundle.write({ dir: join(folder, 'out'), format: 'es' });
  },
  async rolldown(folder, { rolldown }) {
    const bundle = await rolldown({ cwd: folder, input: join(folder, 'main.js'), platform: 'browser' });
    await bundle.write({ dir: join(folder, 'out'), format: 'es' });
  },
  async vite(folder, { build }) {
    const told = {
      root: folder,
      base: './',
      configFile: false,
      logLevel: 'silent',
      build: { outDir: 'out' },
    };
    await build({ ...told, ...recipes.vite() });
  },
  async webpack(folder, { default: webpack }) {
    const stats = await new Promise((resolve, reject) => {
      const config = {
        mode: 'production',
        context: folder,
        entry: './main.js',
        output: { path: join(folder, 'out') },
      };
      webpack(config, (error, done) => (error ? reject(error) : resolve(done)));
    });
    const { errors, warnings } = stats.toJson({ all: false, errors: true, warnings: true });
    // It warns of files above 244 kB, which is about speed.
    const said = [...errors, ...warnings.filter(({ message }) => !/size limit|performance/.test(message))];
    if (said.length > 0) throw new Error(said.map(({ message }) => message).join('\n'));
  },
};

const at = (folder) => ({ absWorkingDir: folder, entryPoints: ['main.js'] });

/** Bundles files by a tool; then a page runs the bundle. */
const bundled = (tool, files, { inNode = false } = {}) =>
  async function (template) {
    const { exports, version } = await imported(tool);
    return inProject(template, { 'index.html': html('./main.js'), ...files }, async (folder) => {
      await bundling[tool](folder, exports);
      try {
        await chromium();
      } catch (error) {
        if (!inNode || !(error instanceof NotInstalled)) throw error;
        return {
          version,
          kernels: `${judged(output(process.execPath, [scriptIn(folder)], folder), 'wasm')}, in Node`,
        };
      }
      const page = tool === 'vite' ? 'out/index.html' : 'page.html';
      const { kernels } = await opened(folder, page);
      return { version, kernels };
    });
  };

const scriptIn = (folder) => {
  const scripts = readdirSync(join(folder, 'out'), { recursive: true }).filter((name) =>
    name.endsWith('.js'),
  );
  return join(folder, 'out', scripts[0]);
};

/** The result goes to the title of a page, or to the console of Node. */
const MAIN = esm('page').replace(
  'document.title = ',
  'typeof document === "undefined" ? console.log(text) : document.title = ',
);

const program = { 'main.js': MAIN, 'page.html': html('./out/main.js') };

const worker = { ...recipes.worker(), 'page.html': html('./out/main.js') };

export const bundlers = [
  { name: 'esbuild', run: (template) => bundled('esbuild', program, { inNode: true })(template) },
  { name: 'Rollup', run: (template) => bundled('rollup', program, { inNode: true })(template) },
  { name: 'Rolldown', run: (template) => bundled('rolldown', program, { inNode: true })(template) },
  { name: 'Vite', run: (template) => bundled('vite', program, { inNode: true })(template) },
  { name: 'Vite, module worker', run: (template) => bundled('vite', worker)(template) },
  { name: 'webpack', run: (template) => bundled('webpack', program, { inNode: true })(template) },
  { name: 'webpack, module worker', run: (template) => bundled('webpack', worker)(template) },
].map((one) => ({ group: 'Bundlers, with a page in Chromium', ...one }));
