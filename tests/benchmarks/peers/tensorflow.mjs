// TensorFlow.js on one thread, with norms composed of its operations. Its own layer normalization layer is far slower.
// The argument is the backend, wasm or cpu.
import { createRequire } from 'node:module';
import { read } from '../harness/read.mjs';
import { serve } from '../harness/serve.mjs';
import { versionOf } from '../harness/version.mjs';
import { EPSILON, batchNorm, convnext, layerNorm, mlp, resnet, transformer } from './tensorflow-models.mjs';

const require = createRequire(import.meta.url);
const tf = require('@tensorflow/tfjs');
require('@tensorflow/tfjs-backend-wasm').setThreadsCount(1);
await tf.setBackend(process.argv[2]);

const tensors = (inputs) =>
  Object.fromEntries(Object.entries(inputs).map(([name, spec]) => [name, tf.tensor(read(spec), spec.shape)]));

const rmsNorm = (x, gain) =>
  tf.mul(tf.mul(x, tf.rsqrt(tf.add(tf.mean(tf.square(x), -1, true), EPSILON))), gain);

/** A function of tensors, alone or with its gradients for a gradient of the output. */
function passes(f, pass, g, inputs) {
  const back = tf.grads((...list) => f(...list));
  const outputs = () => [f(...inputs), ...(pass === 'both' ? back(inputs, g) : [])];
  // The gradients include the forward pass.
  const step = pass === 'both' ? () => void back(inputs, g) : () => void f(...inputs);
  return {
    step: () => tf.tidy(step),
    results: () => tf.tidy(() => outputs().map((y) => y.dataSync())),
    drop: () => tf.dispose([...inputs, g]),
  };
}

const norm =
  (f, names) =>
  ({ pass, inputs }) => {
    const given = tensors(inputs);
    return passes(
      f,
      pass,
      given.g,
      ['x', ...names].map((name) => given[name]),
    );
  };

function gelu(x) {
  const inner = tf.mul(tf.add(x, tf.mul(tf.mul(tf.mul(x, x), x), 0.044715)), Math.sqrt(2 / Math.PI));
  return tf.mul(tf.mul(x, 0.5), tf.add(tf.tanh(inner), 1));
}

function adam({ inputs }) {
  const { w, g } = tensors(inputs);
  const variable = tf.variable(w, true, 'w');
  const optimizer = tf.train.adam(1e-3, 0.9, 0.999, 1e-8);
  const step = () => optimizer.applyGradients({ w: g });
  return {
    step,
    results() {
      for (let i = 0; i < 3; i++) step();
      return [variable.dataSync()];
    },
    drop: () => tf.dispose([variable, w, g]),
  };
}

function tape({ inputs }) {
  const { g, ...rest } = tensors(inputs);
  const f = (x, w, b) => {
    for (let i = 0; i < 10; i++) x = tf.add(tf.mul(x, w), b);
    return x;
  };
  return passes(f, 'both', g, Object.values(rest));
}

const trained = (make) => (task) => make(tensors(task.inputs), task);

serve(
  {
    ...versionOf('@tensorflow/tfjs'),
    backend: tf.getBackend(),
    ...(tf.getBackend() === 'wasm' && { simd: await tf.env().getAsync('WASM_HAS_SIMD_SUPPORT') }),
  },
  {
    layer_norm: norm(layerNorm, ['gain', 'shift']),
    batch_norm: norm(batchNorm, ['gain', 'shift']),
    rms_norm: norm(rmsNorm, ['gain']),
    softmax: norm((x) => tf.softmax(x), []),
    gelu: norm(gelu, []),
    matmul({ inputs }) {
      const { a, b } = tensors(inputs);
      return {
        step: () => tf.matMul(a, b).dispose(),
        results: () => tf.tidy(() => [tf.matMul(a, b).dataSync()]),
        drop: () => tf.dispose([a, b]),
      };
    },
    adam,
    tape,
    mlp: trained(mlp),
    transformer: trained(transformer),
    resnet: trained(resnet),
    convnext: trained(convnext),
  },
);
