// deepbox, another toolkit in TypeScript with layers and gradients; with its CPU backend.
import { ndarray, nn, optim } from 'deepbox';
import { label, read } from '../harness/read.mjs';
import { serve } from '../harness/serve.mjs';
import { versionOf } from '../harness/version.mjs';

const { GradTensor, noGrad, softmaxGrad, tensor } = ndarray;

const constant = (spec) => ndarray.reshape(tensor(read(spec), { dtype: 'float32' }), spec.shape);
const leaf = (spec) => GradTensor.fromTensor(constant(spec), { requiresGrad: true });
const numbers = (y) => Float32Array.from(y.toArray().flat(Infinity));

/** A function of x, alone or with its gradient. */
function passes(f, { pass, inputs }) {
  const [x, g] = [leaf(inputs.x), constant(inputs.g)];
  const forward = () => noGrad(() => f(x));
  const both = () => {
    x.zeroGrad();
    const y = f(x);
    y.backward(g);
    return y;
  };
  return {
    step: () => void (pass === 'both' ? both : forward)(),
    results: () => (pass === 'both' ? [numbers(both()), numbers(x.grad)] : [numbers(forward())]),
  };
}

/** Gain and shift stay 1 and 0 in a layer, because they cannot be set from outside; so only time is compared. */
const layer = (make) => (task) => {
  const module = make(task.inputs.x.shape[1]);
  return { ...passes((x) => module.forward(x), task), results: () => [] };
};

function matmul({ inputs }) {
  // Larger products would take minutes to calibrate.
  if (inputs.a.shape[0] > 256) return undefined;
  const [a, b] = [leaf(inputs.a), leaf(inputs.b)];
  const product = () => noGrad(() => a.matmul(b));
  return { step: () => void product(), results: () => [numbers(product())] };
}

function adam({ inputs }) {
  const w = leaf(inputs.w);
  w.setGrad(constant(inputs.g));
  const optimizer = new optim.Adam([w], { lr: 1e-3 });
  return {
    step: () => void optimizer.step(),
    results() {
      for (let i = 0; i < 3; i++) optimizer.step();
      return [numbers(w)];
    },
  };
}

function tape({ inputs }) {
  const [w, b] = [leaf(inputs.w), leaf(inputs.b)];
  const f = (x) => {
    for (let i = 0; i < 10; i++) x = x.mul(w).add(b);
    return x;
  };
  const { step, results } = passes(f, { pass: 'both', inputs });
  return {
    step() {
      w.zeroGrad();
      b.zeroGrad();
      step();
    },
    results,
  };
}

function mlp({ inputs }) {
  const x = GradTensor.fromTensor(constant(inputs.x), { requiresGrad: false });
  const zeros = (size) => GradTensor.fromTensor(ndarray.zeros([size]), { requiresGrad: true });
  const [first, second, bias, last] = [leaf(inputs.first), leaf(inputs.second), zeros(256), zeros(10)];
  const normalize = new nn.LayerNorm(256, { eps: 1e-5 });
  const labels = tensor(
    Array.from({ length: inputs.x.shape[0] }, (_, row) => label(row)),
    { dtype: 'int32' },
  );
  const optimizer = new optim.Adam([first, bias, second, last, ...normalize.parameters()], { lr: 1e-3 });
  const step = () => {
    optimizer.zeroGrad();
    const hidden = normalize.forward(x.matmul(first).add(bias)).relu();
    const loss = nn.crossEntropyLoss(hidden.matmul(second).add(last), labels);
    loss.backward();
    optimizer.step();
    return loss;
  };
  return {
    step: () => void step(),
    results() {
      let loss;
      for (let i = 0; i < 20; i++) loss = step();
      return [numbers({ toArray: () => [loss.toArray()] })];
    },
  };
}

serve(versionOf('deepbox'), {
  layer_norm: layer((width) => new nn.LayerNorm(width, { eps: 1e-5 })),
  rms_norm: layer((width) => new nn.RMSNorm(width, { eps: 1e-5 })),
  batch_norm: layer((width) => new nn.BatchNorm1d(width, { eps: 1e-5 })),
  softmax: (task) => passes((x) => softmaxGrad(x, -1), task),
  gelu: (task) => passes((x) => x.gelu(), task),
  matmul,
  adam,
  tape,
  mlp,
});
