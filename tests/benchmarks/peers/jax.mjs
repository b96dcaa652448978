// jax-js on WebAssembly, every task compiled with jit. It consumes its arrays unless it is given a reference.
import * as jax from '@jax-js/jax';
import { label, read } from '../harness/read.mjs';
import { serve } from '../harness/serve.mjs';
import { versionOf } from '../harness/version.mjs';

const { jit, nn, numpy: np, tree } = jax;
await jax.init('wasm');
jax.defaultDevice('wasm');

const EPSILON = 1e-5;
const array = (numbers, shape) => np.array(numbers).reshape(shape);
const arrays = (inputs) =>
  Object.fromEntries(Object.entries(inputs).map(([name, spec]) => [name, array(read(spec), spec.shape)]));

const standardized = (axis) => (x, gain, shift) =>
  nn.standardize(x, axis, { epsilon: EPSILON }).mul(gain).add(shift);
const layerNorm = standardized(-1);
const rmsNorm = (x, gain) =>
  x.ref.div(np.sqrt(np.square(x).mean(-1, { keepdims: true }).add(EPSILON))).mul(gain);

/** Runs a compiled function on references, waits for its results, and returns them. */
async function computed(f, inputs) {
  const outputs = [f(...inputs.map((x) => x.ref))].flat();
  await jax.blockUntilReady(outputs);
  return outputs;
}

const work = (f, inputs) => ({
  step: async () => {
    for (const y of await computed(f, inputs)) y.dispose();
  },
  results: async () => (await computed(f, inputs)).map((y) => y.dataSync()),
  drop: () => inputs.forEach((x) => x.dispose()),
});

/** A function of arrays, alone or with its gradients for a gradient of the output. */
function passes(f, pass, g, inputs) {
  if (pass === 'forward') return work(jit(f), inputs);
  const both = jit((gradient, ...list) => {
    const [y, back] = jax.vjp(f, list);
    const pulled = back(gradient);
    back.dispose?.();
    return [y, ...pulled];
  });
  return work(both, [g, ...inputs]);
}

const norm =
  (f, names) =>
  ({ pass, inputs }) => {
    const given = arrays(inputs);
    return passes(
      f,
      pass,
      given.g,
      ['x', ...names].map((name) => given[name]),
    );
  };

const RATE = 1e-3;
const [KEPT, KEPT_SQUARE] = [0.9, 0.999];
const state = (w) => ({ w, mean: np.zeros(w.shape), square: np.zeros(w.shape) });

/** One step of Adam for one array; c and d are the bias corrections. */
function moved({ w, mean, square }, g, c, d) {
  const m = mean.mul(KEPT).add(g.ref.mul(1 - KEPT));
  const v = square.mul(KEPT_SQUARE).add(np.square(g).mul(1 - KEPT_SQUARE));
  const denominator = np.sqrt(v.ref.mul(d)).add(1e-8);
  return { w: w.sub(m.ref.mul(c).div(denominator).mul(RATE)), mean: m, square: v };
}

const corrections = (t) => [KEPT, KEPT_SQUARE].map((kept) => np.array(1 / (1 - kept ** t)));

function adam({ inputs }) {
  const { w, g } = arrays(inputs);
  const update = jit(moved);
  let [now, t] = [state(w), 0];
  const step = async () => {
    now = update(now, g.ref, ...corrections(++t));
    await jax.blockUntilReady(now);
  };
  return {
    step,
    async results() {
      for (let i = 0; i < 3; i++) await step();
      return [now.w.ref.dataSync()];
    },
  };
}

function tape({ inputs }) {
  const { g, ...rest } = arrays(inputs);
  const f = (x, w, b) => {
    for (let i = 0; i < 10; i++) x = x.mul(w.ref).add(b.ref);
    w.dispose();
    b.dispose();
    return x;
  };
  return passes(f, 'both', g, Object.values(rest));
}

function mlp({ inputs }) {
  const { x, first, second } = arrays(inputs);
  const [rows] = x.shape;
  const hot = new Float32Array(rows * 10);
  for (let row = 0; row < rows; row++) hot[row * 10 + label(row)] = 1;
  const labels = array(hot, [rows, 10]);
  const weights = {
    first,
    second,
    gain: np.ones([256]),
    bias: np.zeros([256]),
    shift: np.zeros([256]),
    last: np.zeros([10]),
  };
  const loss = (w, features, targets) => {
    const hidden = nn.relu(layerNorm(np.matmul(features, w.first).add(w.bias), w.gain, w.shift));
    const logits = np.matmul(hidden, w.second).add(w.last);
    return nn
      .logSoftmax(logits, -1)
      .mul(targets)
      .sum()
      .mul(-1 / rows);
  };
  const slope = jax.valueAndGrad(loss);
  const names = Object.keys(weights);
  const train = jit((states, c, d, features, targets) => {
    const current = Object.fromEntries(names.map((name) => [name, states[name].w.ref]));
    const [value, gradients] = slope(current, features, targets);
    const next = names.map((name) => [name, moved(states[name], gradients[name], c.ref, d.ref)]);
    c.dispose();
    d.dispose();
    return [value, Object.fromEntries(next)];
  });
  let [states, t] = [tree.map(state, weights), 0];
  const step = async () => {
    const [value, next] = train(states, ...corrections(++t), x.ref, labels.ref);
    states = next;
    await jax.blockUntilReady(states);
    return value;
  };
  return {
    step: async () => (await step()).dispose(),
    async results() {
      for (let i = 0; i < 19; i++) (await step()).dispose();
      return [(await step()).dataSync()];
    },
  };
}

serve(versionOf('@jax-js/jax'), {
  layer_norm: norm(layerNorm, ['gain', 'shift']),
  batch_norm: norm(standardized(0), ['gain', 'shift']),
  rms_norm: norm(rmsNorm, ['gain']),
  softmax: norm((x) => nn.softmax(x, -1), []),
  gelu: norm((x) => nn.gelu(x), []),
  matmul({ inputs }) {
    const { a, b } = arrays(inputs);
    return work(jit(np.matmul), [a, b]);
  },
  adam,
  tape,
  mlp,
});
