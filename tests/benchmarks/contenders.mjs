// The contenders, and how to start each: its environment, and the kinds of tasks that it supports.
import { fileURLToPath } from 'node:url';

const script = (file) => fileURLToPath(new URL(`peers/${file}`, import.meta.url));

/** Node 20 has relaxed multiply-adds behind a flag; in later versions they are on by default. */
const RELAXED = Number(process.versions.node.split('.')[0]) < 22 ? ['--experimental-wasm-relaxed-simd'] : [];

const node = (name, file, flags = [], args = []) => ({
  name,
  command: process.execPath,
  args: ['--expose-gc', ...flags, script(file), ...args],
});

/** Debian's python3-torch belongs to the python3 of the system, which may not be the first on the path. */
export const PYTHON = process.env.PYTHON ?? '/usr/bin/python3';

const torch = { name: 'PyTorch', command: PYTHON, args: ['-u', script('torch_worker.py')] };

export const OURS = {
  js: node('Normtape js', 'normtape.mjs', [], ['js']),
  wasm: node('Normtape wasm', 'normtape.mjs', [], ['wasm']),
  relaxed: node('Normtape relaxed', 'normtape.mjs', RELAXED, ['wasm-relaxed']),
};

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
