// Normtape, through its exports. The argument is the set of kernels.
import { readFileSync } from 'node:fs';
import * as normtape from '../../../dist/node/index.js';
import { draw, numbers } from '../harness/draw.mjs';
import { serve } from '../harness/serve.mjs';
import { imageMakers, training } from './normtape-images.mjs';
import { transformerMakers } from './normtape-transformers.mjs';

const {
  Adam,
  Dense,
  Gradients,
  Parameter,
  Sequential,
  add,
  createNormalizationLayer,
  gelu,
  kernelInfo,
  matmul,
  memoryInfo,
  mul,
  setKernels,
  scope,
  softmax,
  vjp,
} = normtape;

setKernels(process.argv[2]);

const drawn = (inputs) =>
  Object.fromEntries(Object.entries(inputs).map(([name, spec]) => [name, draw(spec)]));

/** A function of x, computed alone or with its backward pass; `leaves` are the tensors that get gradients. */
function passes({ pass }, { x, g }, f, leaves) {
  const back = () => {
    const { value, pullback } = vjp(() => f(x));
    return { value, gradients: pullback(g) };
  };
  return {
    step: pass === 'both' ? () => scope(() => void back()) : () => scope(() => void f(x)),
    results: () =>
      scope(() => {
        if (pass === 'forward') return [numbers(f(x))];
        const { value, gradients } = back();
        return [value, ...leaves.map((leaf) => gradients.of(leaf))].map(numbers);
      }),
  };
}

const norm = (type, names) => (task) => {
  const { gain, shift, ...inputs } = drawn(task.inputs);
  const layer = createNormalizationLayer(type, { epsilon: 1e-5 });
  layer.build(inputs.x.shape);
  layer.loadStateDict({ ...layer.stateDict(), [names[0]]: gain, ...(names[1] ? { [names[1]]: shift } : {}) });
  return passes(task, inputs, (x) => layer.forward(x), [inputs.x, ...layer.parameters()]);
};

const elementwise = (f) => (task) => {
  const inputs = drawn(task.inputs);
  return passes(task, inputs, f, [inputs.x]);
};

function adam({ inputs }) {
  const { w, g } = drawn(inputs);
  const parameter = new Parameter(w);
  const gradients = new Gradients(new Map([[parameter, g]]));
  const optimizer = new Adam({ convention: 'pytorch' });
  const step = () => scope(() => optimizer.step(gradients));
  return {
    step,
    results() {
      for (let i = 0; i < 3; i++) step();
      return [numbers(parameter)];
    },
  };
}

function tape({ inputs }) {
  const { x, w, b, g } = drawn(inputs);
  const f = (y) => {
    for (let i = 0; i < 10; i++) y = add(mul(y, w), b);
    return y;
  };
  return passes({ pass: 'both' }, { x, g }, f, [x, w, b]);
}

function mlp({ inputs }) {
  const { x, first, second } = drawn(inputs);
  const hidden = new Dense(256, { seed: 1 });
  const last = new Dense(10, { seed: 1 });
  const model = new Sequential([
    hidden,
    createNormalizationLayer('layer_norm', { epsilon: 1e-5 }),
    normtape.relu,
    last,
  ]);
  model.forward(x);
  hidden.loadStateDict({ kernel: first, bias: new Float32Array(256) });
  last.loadStateDict({ kernel: second, bias: new Float32Array(10) });
  return training(model, x, numbers);
}

const { version } = JSON.parse(readFileSync(new URL('../../../package.json', import.meta.url), 'utf8'));

serve(
  { normtape: version, kernels: kernelInfo().kernels, node: process.version },
  {
    layer_norm: norm('layer_norm', ['gamma', 'beta']),
    batch_norm: norm('batch_norm', ['gamma', 'beta']),
    rms_norm: norm('rms_norm', ['scale']),
    softmax: elementwise((x) => softmax(x)),
    gelu: elementwise((x) => gelu(x, { approximate: true })),
    matmul({ inputs }) {
      const { a, b } = drawn(inputs);
      return {
        step: () => scope(() => void matmul(a, b)),
        results: () => [numbers(matmul(a, b))],
      };
    },
    adam,
    tape,
    mlp,
    ...imageMakers(drawn, passes, numbers),
    ...transformerMakers(drawn, passes, numbers),
  },
  memoryInfo,
);
