// The overhead of Normtape itself, measured in pairs in one process: loops outside of a scope beside the same in one, the
// time of a small op beside that of an empty call, and the tokens that a small model generates. The argument is the set
// of kernels, and --quick takes fewer samples. Prints JSON.
import {
  LanguageModel,
  Parameter,
  add,
  createNormalizationLayer,
  matmul,
  memoryInfo,
  mul,
  randomNormal,
  scope,
  setKernels,
  sum,
  tanh,
  valueAndGrad,
  vjp,
} from '../../../dist/node/index.js';
import '../../../dist/node/wasm-relaxed.js';
import { summary } from '../harness/statistics.mjs';

const [kernels, ...flags] = process.argv.slice(2);
setKernels(kernels);
const rounds = flags.includes('--quick') ? 10 : 50;

const timed = (f, times) => {
  const begin = process.hrtime.bigint();
  for (let i = 0; i < times; i++) f();
  return Number(process.hrtime.bigint() - begin) / times;
};

/** The time of one function relative to another, sample by sample in turn, and both times in nanoseconds. */
function paired(one, other, times) {
  for (const f of [one, other]) timed(f, times);
  const pairs = Array.from({ length: rounds }, (_, i) => {
    const first = i % 2 === 0 ? timed(one, times) : undefined;
    const second = timed(other, times);
    return [first ?? timed(one, times), second];
  });
  return {
    ratio: summary(pairs.map(([a, b]) => a / b)),
    one: summary(pairs.map(([a]) => a)),
    other: summary(pairs.map(([, b]) => b)),
  };
}

/** 2,000 calls of layer_norm on 512×768 numbers (10 samples of 40 in a quick run) outside of a scope, and in one. */
function loops() {
  const [x, g] = [1, 2].map((seed) => randomNormal([512, 768], { seed }));
  const layer = createNormalizationLayer('layer_norm');
  const calls = {
    forward: () => void layer.forward(x),
    'vjp and pullback': () => void vjp(() => layer.forward(x)).pullback(g),
    valueAndGrad: () => void valueAndGrad(() => sum(mul(layer.forward(x), g)), [x, ...layer.parameters()]),
  };
  return Object.entries(calls).map(([title, call]) => {
    const before = memoryInfo().bytes;
    const { ratio, one } = paired(call, () => scope(call), 40);
    return { title, ratio, time: one, bytes: memoryInfo().bytes - before };
  });
}

/** Does nothing: (module (func (export "f"))). */
const EMPTY = Uint8Array.of(
  ...[0, 97, 115, 109, 1, 0, 0, 0],
  ...[1, 4, 1, 96, 0, 0],
  ...[3, 2, 1, 0],
  ...[7, 5, 1, 1, 102, 0, 0],
  ...[10, 4, 1, 2, 0, 11],
);

const BLOCKS = 40;

/** An op of a training step of 200 ops on 16×16 numbers, beside an empty call of WebAssembly and an array for its result. */
function step() {
  const [x, w, c] = [1, 2, 3].map((seed) => new Parameter(randomNormal([16, 16], { seed })));
  const loss = () => {
    let y = x;
    for (let i = 0; i < BLOCKS; i++) {
      const h = tanh(matmul(y, w));
      y = mul(add(h, sum(h, -1, { keepDims: true })), c);
    }
    return sum(y);
  };
  const { Instance, Module } = globalThis.WebAssembly;
  const { f } = new Instance(new Module(EMPTY)).exports;
  let result;
  const empty = () => {
    f();
    result = new Float32Array(256);
  };
  timed(() => valueAndGrad(loss), 300);
  const { one, other, ratio } = paired(
    () => valueAndGrad(loss),
    () => {
      for (let i = 0; i < 5 * BLOCKS; i++) empty();
    },
    10,
  );
  if (result.length !== 256) throw new Error('no array');
  return { ratio, op: scaled(one, 1 / (5 * BLOCKS)), empty: scaled(other, 1 / (5 * BLOCKS)) };
}

const scaled = ({ median, ...rest }, factor) => ({ median: median * factor, ...rest });

/** Tokens a second of a model with two layers of 64 numbers and 128 places. */
function tokens() {
  const model = new LanguageModel({
    vocabularySize: 64,
    contextLength: 128,
    layers: 2,
    hiddenSize: 64,
    heads: 4,
    seed: 1,
  });
  const length = 200;
  const generate = () => model.generate([1, 2, 3], { length, seed: 1 });
  timed(generate, 3);
  const before = memoryInfo().bytes;
  const samples = Array.from({ length: rounds / 5 }, () => (1e9 * length) / timed(generate, 1));
  return { ...summary(samples), bytes: memoryInfo().bytes - before };
}

console.log(JSON.stringify({ kernels, loops: loops(), step: step(), tokens: tokens() }));
