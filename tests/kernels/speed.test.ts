import { expect } from 'chai';
import { flat } from '../../src/array/index.js';
import {
  createNormalizationLayer,
  kernelInfo,
  matmul,
  randomNormal,
  setKernels,
  vjp,
} from '../../src/index.js';
import { isUnrolled, setUnrolled } from '../../src/kernels/js/unrolled/set.js';

// Speed is measured in tests/benchmarks; here only what would be a mistake in the making: ratios to plain loops in the
// same process, with much room, and several attempts, for another process may disturb one of them.

const ATTEMPTS = 6;
const SAMPLES = 15;

/** The quickest of several runs: what disturbs a run only makes it longer. */
function quickest(...contenders: readonly (() => unknown)[]): number[] {
  const best = contenders.map(() => Infinity);
  for (let sample = 0; sample < SAMPLES; sample++) {
    for (const [i, run] of contenders.entries()) {
      const start = performance.now();
      run();
      best[i] = Math.min(best[i]!, performance.now() - start);
    }
  }
  return best;
}

/** Whether the first takes at most `bound` of the time of the second in one attempt; else the best ratio. */
function expectRatio(bound: number, own: () => unknown, twin: () => unknown): void {
  let ratio = Infinity;
  for (let attempt = 0; attempt < ATTEMPTS && ratio > bound; attempt++) {
    const [time, beside] = quickest(own, twin);
    ratio = Math.min(ratio, time! / beside!);
  }
  expect(ratio).to.be.at.most(bound);
}

function naiveMatmul(a: Float32Array, b: Float32Array, n: number): Float32Array {
  const out = new Float32Array(n * n);
  for (let i = 0; i < n; i++) {
    for (let j = 0; j < n; j++) {
      let sum = 0;
      for (let k = 0; k < n; k++) sum += a[i * n + k]! * b[k * n + j]!;
      out[i * n + j] = sum;
    }
  }
  return out;
}

/** Layer normalization and the gradient of x in the plainest loops, with a gain of 1 and no shift. */
function naiveLayerNorm(x: Float32Array, g: Float32Array, width: number): readonly Float32Array[] {
  const [y, dx] = [new Float32Array(x.length), new Float32Array(x.length)];
  for (let start = 0; start < x.length; start += width) {
    const end = start + width;
    let [mean, squares] = [0, 0];
    for (let i = start; i < end; i++) mean += x[i]! / width;
    for (let i = start; i < end; i++) squares += (x[i]! - mean) ** 2;
    const r = 1 / Math.sqrt(squares / width + 1e-6);
    for (let i = start; i < end; i++) y[i] = (x[i]! - mean) * r;
    let [sum, product] = [0, 0];
    for (let i = start; i < end; i++) {
      sum += g[i]! / width;
      product += (g[i]! * y[i]!) / width;
    }
    for (let i = start; i < end; i++) dx[i] = r * (g[i]! - sum - y[i]! * product);
  }
  return [y, dx];
}

describe('the speed of kernels relative to plain loops', function () {
  this.timeout(60_000);
  const before = kernelInfo().kernels;
  const unrolled = isUnrolled();
  beforeEach(() => setUnrolled(true));
  afterEach(() => {
    setKernels(before);
    setUnrolled(unrolled);
  });

  const N = 192;
  const [a, b] = [1, 2].map((seed) => randomNormal([N, N], { seed }));
  const [left, right] = [a!, b!].map(({ value }) => Float32Array.from(flat(value)));

  // Measured: 0.2 to 0.35 of the time of the loops in JavaScript, 0.03 in WebAssembly.
  for (const set of kernelInfo().available) {
    it(`multiplies matrices in less than ${set === 'js' ? 0.7 : 0.2} of the time with the ${set} kernels`, () => {
      setKernels(set);
      expectRatio(
        set === 'js' ? 0.7 : 0.2,
        () => matmul(a!, b!),
        () => naiveMatmul(left!, right!, N),
      );
    });
  }

  const [rows, width] = [256, 256];
  const [x, g] = [3, 4].map((seed) => randomNormal([rows, width], { seed }));
  const [numbers, gradient] = [x!, g!].map(({ value }) => Float32Array.from(flat(value)));

  // Forward and backward through the layer, relative to loops that do not sum up the gradients of gain and shift. Measured:
  // 0.95 times the time of the loops in JavaScript, 0.7 in WebAssembly.
  const BOUNDS = { js: 1.5, wasm: 1.5, 'wasm-relaxed': 1.5 };
  for (const set of kernelInfo().available) {
    it(`normalizes rows in at most ${BOUNDS[set]} times the time with the ${set} kernels`, () => {
      setKernels(set);
      const layer = createNormalizationLayer('layer_norm');
      expectRatio(
        BOUNDS[set],
        () => vjp(() => layer.forward(x!)).pullback(g),
        () => naiveLayerNorm(numbers!, gradient!, width),
      );
    });
  }
});
