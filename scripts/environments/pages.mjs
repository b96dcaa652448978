// Pages without a bundler, with policies, workers, and pages of an extension, in Chromium.
import { createHash, generateKeyPairSync } from 'node:crypto';
import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { esm, global, judged } from './program.mjs';
import { inProject, writeAll } from './project.mjs';
import * as recipes from './recipes.mjs';
import { chromium } from './tools.mjs';
import { opened, titleOf } from './web.mjs';

const FILES = 'node_modules/normtape/dist/browser';
const page = (body) => `<!doctype html><title>-</title><body>${body}</body>`;
const CLASSIC = page(`<script src="${FILES}/normtape.global.js"></script><script src="main.js"></script>`);
const MODULE = page('<script type="module" src="main.js"></script>');

const classic = () => ({ 'index.html': CLASSIC, 'main.js': global() });
const module = () => ({
  'index.html': MODULE,
  'main.js': `import * as normtape from './${FILES}/normtape.js';\n${global()}`,
});

/** A page whose module worker imports the file for pages. */
const worker = () => ({
  'index.html': MODULE,
  'main.js': `const worker = new Worker('./worker.js', { type: 'module' });
worker.onmessage = ({ data }) => { document.title = data; };
worker.onerror = ({ message }) => { document.title = JSON.stringify({ error: message }); };
`,
  'worker.js': `import * as normtape from './${FILES}/normtape.js';\n${global('worker')}`,
});

/** A page that imports the file of every module, by an import map. */
function mapped() {
  const entry = (name) => [`normtape/${name}`, `./node_modules/normtape/dist/${name}/index.js`];
  const imports = {
    normtape: './node_modules/normtape/dist/index.js',
    ...Object.fromEntries(['data', 'io', 'train'].map(entry)),
  };
  const scripts = {
    'pure-rand/': './node_modules/pure-rand/lib/esm/',
    fflate: './node_modules/fflate/esm/browser.js',
    pbf: './node_modules/pbf/index.js',
  };
  for (const path of [
    'distribution/uniformFloat64',
    'distribution/uniformInt',
    'generator/mersenne',
    'generator/xoroshiro128plus',
  ])
    scripts[`pure-rand/${path}`] = `./node_modules/pure-rand/lib/esm/${path}.js`;
  const map = JSON.stringify({ imports: { ...imports, ...scripts } });
  return {
    'index.html': page(
      `<script type="importmap">${map}</script><script type="module" src="main.js"></script>`,
    ),
    'main.js': esm('page'),
  };
}

const inPage = (files, options) => (template) =>
  inProject(template, files(), (folder) => opened(folder, 'index.html', options));

const STRICT = "default-src 'none'; script-src 'self'";
const WASM = "script-src 'self' 'wasm-unsafe-eval'";

/** A page of an extension by the recipe, whose policy allows WebAssembly as it does there, or is that of the browser. */
const inExtension = (isAllowed, kernels) => (template) => {
  const { publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const key = publicKey.export({ type: 'spki', format: 'der' });
  // Chromium names an extension after its key, in letters instead of hexadecimal digits.
  const digits = createHash('sha256').update(key).digest('hex').slice(0, 32);
  const id = [...digits].map((digit) => String.fromCharCode(97 + parseInt(digit, 16))).join('');
  const { content_security_policy, ...rest } = recipes.manifest();
  const manifest = { ...rest, key: key.toString('base64'), ...(isAllowed && { content_security_policy }) };
  const files = { 'manifest.json': JSON.stringify(manifest), 'main.js': global() };
  const scripts = '<script src="normtape.global.js"></script><script src="main.js"></script>';
  return inProject(template, {}, async (folder) => {
    const { executablePath, version, chromium: launcher } = await chromium();
    const profile = mkdtempSync(join(tmpdir(), 'normtape-profile-'));
    const extension = join(profile, 'extension');
    let context;
    try {
      writeAll(extension, { ...files, 'page.html': page(scripts) });
      cpSync(join(folder, FILES, 'normtape.global.js'), join(extension, 'normtape.global.js'));
      context = await launcher.launchPersistentContext(join(profile, 'data'), {
        executablePath,
        // The old headless mode has no extensions.
        headless: false,
        ignoreDefaultArgs: ['--disable-extensions'],
        args: [
          '--headless=new',
          '--no-sandbox',
          '--disable-gpu',
          '--disable-features=DisableLoadExtensionCommandLineSwitch',
          `--disable-extensions-except=${extension}`,
          `--load-extension=${extension}`,
        ],
      });
      const title = await titleOf(await context.newPage(), `chrome-extension://${id}/page.html`);
      return { version, kernels: judged(title, kernels) };
    } finally {
      await context?.close();
      rmSync(profile, { recursive: true, force: true });
    }
  });
};

export const pages = [
  { name: 'classic script', run: inPage(classic) },
  { name: 'module in one file', run: inPage(module) },
  { name: 'modules by an import map', run: inPage(mapped) },
  { name: 'module worker', run: inPage(worker) },
  { name: `policy ${STRICT}`, run: inPage(classic, { policy: STRICT, kernels: 'js' }) },
  { name: `policy ${WASM}`, run: inPage(module, { policy: WASM }) },
  { name: `module worker, policy ${WASM}`, run: inPage(worker, { policy: WASM }) },
  { name: 'extension (manifest 3), with wasm-unsafe-eval', run: inExtension(true, 'wasm') },
  { name: 'extension (manifest 3), policy of the browser', run: inExtension(false, 'js') },
].map((one) => ({ group: 'Pages in Chromium', ...one }));
