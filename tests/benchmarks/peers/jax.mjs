// jax-js on WebAssembly, every task compiled with jit. It consumes its arrays unless it is given a reference.
import * as jax from '@jax-js/jax';
import { later, read } from '../harness/read.mjs';
import { serve } from '../harness/serve.mjs';
import { versionOf } from '../harness/version.mjs';
import { convnext, mlp, resnet, standardized, transformer } from './jax-models.mjs';
import { corrections, moved, state } from './jax-training.mjs';

const { jit, nn, numpy: np } = jax;
await jax.init('wasm');
jax.defaultDevice('wasm');

const EPSILON = 1e-5;
const array = (numbers, shape) => np.array(numbers).reshape(shape);
const arrays = (inputs) =>
  Object.fromEntries(Object.entries(inputs).map(([name, spec]) => [name, array(read(spec), spec.shape)]));

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

function attention({ pass, causal, inputs }) {
  const { query, key, value, g } = arrays(inputs);
  const [, heads, length, width] = inputs.query.shape;
  const [batch, groups, keys] = inputs.key.shape;
  // Heads of a group follow each other, so that their queries are rows of one matrix.
  const rows = [batch, groups, (heads / groups) * length];
  const f = (q, k, v) => {
    const products = np.matmul(q.reshape([...rows, width]), np.transpose(k, [0, 1, 3, 2]));
    const scores = products.mul(1 / Math.sqrt(width));
    const seen = causal ? scores.add(np.array(later(length, keys)).reshape([length, keys])) : scores;
    return np.matmul(nn.softmax(seen, -1), v).reshape([batch, heads, length, width]);
  };
  return passes(f, pass, g, [query, key, value]);
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

const trained = (make) => (task) => make(arrays(task.inputs), task);

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
  attention,
  tape,
  mlp: trained(mlp),
  transformer: trained(transformer),
  resnet: trained(resnet),
  convnext: trained(convnext),
});
