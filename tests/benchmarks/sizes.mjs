// What a page loads for a layer normalization with its gradient, bundled by esbuild, minified, after gzip, with Normtape and
// with its peers: npm run build && npm ci --prefix tests/benchmarks && node tests/benchmarks/sizes.mjs
import { build } from 'esbuild';
import { gzipSync } from 'node:zlib';
import Table from 'cli-table3';

const normtape = (entry) => `
  import { tensor, vjp, normalization, layerNorm } from '${entry}';
  const layer = normalization(layerNorm);
  const { pullback, value } = vjp(() => layer.forward(tensor([[1, 2]])));
  console.log(value, pullback(tensor([[1, 1]])));`;

const tensorflow = (...imports) => `
  import * as tf from '@tensorflow/tfjs-core';
  import { layers } from '@tensorflow/tfjs-layers';
  ${imports.map((name) => `import '${name}';`).join('\n')}
  const layer = layers.layerNormalization();
  console.log(tf.grad((x) => layer.apply(x))(tf.tensor2d([[1, 2]])));`;

const PROGRAMS = {
  'Normtape, `normtape/js`': normtape('normtape/js'),
  'Normtape, `normtape`': normtape('normtape'),
  'TensorFlow.js, core and cpu, no layers': `
    import '@tensorflow/tfjs-backend-cpu';
    import { grad, tensor2d, moments, sub, div, sqrt, add } from '@tensorflow/tfjs-core';
    const norm = (x) => { const { mean, variance } = moments(x, -1, true); return div(sub(x, mean), sqrt(add(variance, 1e-5))); };
    console.log(grad(norm)(tensor2d([[1, 2]])));`,
  'TensorFlow.js, core, layers and cpu': tensorflow('@tensorflow/tfjs-backend-cpu'),
  'jax-js': `
    import { grad, numpy as np, nn } from '@jax-js/jax';
    console.log(grad((x) => nn.standardize(x).sum())(np.array([[1, 2]])));`,
  deepbox: `
    import { LayerNorm } from 'deepbox/nn';
    import { parameter } from 'deepbox/ndarray';
    const x = parameter([[1, 2]]);
    new LayerNorm(2).forward(x).sum().backward();
    console.log(x.grad);`,
};

/** The code that a page loads before anything runs, without what is imported later. */
async function loadedFirst(contents) {
  const { outputFiles, metafile } = await build({
    stdin: { contents, resolveDir: 'tests/benchmarks', sourcefile: 'program.js' },
    bundle: true,
    splitting: true,
    minify: true,
    write: false,
    metafile: true,
    outdir: 'bundle',
    format: 'esm',
    platform: 'browser',
    logLevel: 'error',
    alias: { 'normtape/js': './dist/js.js', normtape: './dist/index.js' },
    absWorkingDir: process.cwd(),
  });
  const loaded = new Set();
  const load = (path) => {
    if (loaded.has(path)) return;
    loaded.add(path);
    for (const { path: next, kind } of metafile.outputs[path].imports)
      if (kind === 'import-statement') load(next);
  };
  load('bundle/stdin.js');
  const codes = [...loaded].map((path) => outputFiles.find((file) => file.path.endsWith(path)).contents);
  return Buffer.concat(codes);
}

const table = new Table({
  head: ['program', 'minified', 'gzip'],
  colAligns: ['left', 'right', 'right'],
  style: { head: [], border: [] },
});
const kilobytes = (bytes) => `${Math.round(bytes / 1000)} kB`;
for (const [name, contents] of Object.entries(PROGRAMS)) {
  const code = await loadedFirst(contents);
  table.push([name, kilobytes(code.length), kilobytes(gzipSync(code, { level: 9 }).length)]);
}
console.log(String(table));
