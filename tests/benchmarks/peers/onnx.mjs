// ONNX Runtime in Node, one thread, forward only: each task is a model of one operator that writes into a given output.
import ort from 'onnxruntime-node';
import { read } from '../harness/read.mjs';
import { serve } from '../harness/serve.mjs';
import { versionOf } from '../harness/version.mjs';
import { model } from './onnx-model.mjs';

const EPSILON = 1e-5;
const ONE_THREAD = { intraOpNumThreads: 1, interOpNumThreads: 1, executionMode: 'sequential' };

const operator = (form) => async (task) => {
  if (task.pass === 'both') return undefined;
  const names = form.inputs ?? ['x'];
  const shapes = Object.fromEntries(names.map((name) => [name, task.inputs[name].shape]));
  const output = form.output?.(shapes) ?? shapes.x;
  const bytes = model({ ...form, inputs: shapes, output });
  const session = await ort.InferenceSession.create(bytes, ONE_THREAD);
  const feeds = Object.fromEntries(
    names.map((name) => [name, new ort.Tensor('float32', read(task.inputs[name]), shapes[name])]),
  );
  const size = output.reduce((a, b) => a * b);
  const y = new ort.Tensor('float32', new Float32Array(size), output);
  const step = () => session.run(feeds, { y });
  return {
    step,
    async results() {
      return [(await step()).y.data];
    },
    drop: () => session.release(),
  };
};

serve(versionOf('onnxruntime-node'), {
  layer_norm: operator({
    operator: 'LayerNormalization',
    attributes: { axis: -1, epsilon: EPSILON },
    inputs: ['x', 'gain', 'shift'],
    opset: 17,
  }),
  rms_norm: operator({
    operator: 'RMSNormalization',
    attributes: { axis: -1, epsilon: EPSILON },
    inputs: ['x', 'gain'],
    opset: 23,
  }),
  softmax: operator({ operator: 'Softmax', attributes: { axis: -1 }, opset: 17 }),
  gelu: operator({ operator: 'Gelu', attributes: { approximate: 'tanh' }, opset: 20 }),
  matmul: operator({
    operator: 'MatMul',
    inputs: ['a', 'b'],
    output: ({ a, b }) => [a[0], b[1]],
    opset: 17,
  }),
});
