// The contenders, and how to start each: its environment, and the kinds of tasks that it supports.
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const script = (file) => fileURLToPath(new URL(`peers/${file}`, import.meta.url));

/** Node 20 has relaxed multiply-adds behind a flag; in later versions they are on by default. */
const relaxedFlags = (version) =>
  Number(version.split('.')[0]) < 22 ? ['--experimental-wasm-relaxed-simd'] : [];
const RELAXED = relaxedFlags(process.versions.node);

const node = (name, file, flags = [], args = [], command = process.execPath) => ({
  name,
  command,
  args: ['--expose-gc', ...flags, script(file), ...args],
});

/** Debian's python3-torch belongs to the python3 of the system, which may not be the first on the path. */
export const PYTHON = process.env.PYTHON ?? '/usr/bin/python3';

const torch = { name: 'PyTorch', command: PYTHON, args: ['-u', script('torch_worker.py')] };

const ours = (version, suffix, command) => ({
  js: node(`Normtape js${suffix}`, 'normtape.mjs', [], ['js'], command),
  wasm: node(`Normtape wasm${suffix}`, 'normtape.mjs', [], ['wasm'], command),
  relaxed: node(
    `Normtape relaxed${suffix}`,
    'normtape.mjs',
    relaxedFlags(version),
    ['wasm-relaxed'],
    command,
  ),
});

export const OURS = ours(process.versions.node, '', process.execPath);

/** Ours with another Node: by the same keys, with its version in their names. Throws if it does not run. */
export function oursWith(path) {
  const { status, stdout, error } = spawnSync(path, ['-p', 'process.versions.node'], { encoding: 'utf8' });
  const version = stdout?.trim();
  if (status !== 0 || !/^\d+\.\d+\.\d+/.test(version))
    throw new Error(`--node takes the path of a Node; not ${path}${error ? ` (${error.message})` : ''}`);
  return ours(version, `, Node ${version}`, path);
}

/** A peer from tests/benchmarks/node_modules. */
const installed = (name, file, flags, args) => ({ ...node(name, file, flags, args), installed: true });

export const PEERS = {
  memcpy: node('memcpy', 'memcpy.mjs'),
  torch,
  narrowTorch: {
    ...torch,
    name: 'PyTorch AVX2',
    env: { OPENBLAS_CORETYPE: 'Haswell', ATEN_CPU_CAPABILITY: 'avx2' },
    kinds: ['matmul', 'mlp'],
  },
  tensorflow: installed('TensorFlow.js', 'tensorflow.mjs', [], ['wasm']),
  /** WebAssembly has no gradients of convolutions there. */
  plainTensorflow: {
    ...installed('TensorFlow.js cpu', 'tensorflow.mjs', [], ['cpu']),
    kinds: ['resnet', 'convnext'],
  },
  jax: installed('jax-js', 'jax.mjs', RELAXED),
  onnx: installed('ONNX Runtime', 'onnx.mjs'),
  deepbox: installed('deepbox', 'deepbox.mjs'),
  gemm: installed('ndarray-gemm', 'gemm.mjs'),
};

export const CONTENDERS = { ...OURS, ...PEERS };
