// The training steps of networks in jax-js. It consumes its arrays unless it is given a reference.
import * as jax from '@jax-js/jax';
import { hot, labels, later, texts } from '../harness/read.mjs';
import { training } from './jax-training.mjs';

const { lax, nn, numpy: np } = jax;

const EPSILON = 1e-5;

export const standardized = (axis) => (x, gain, shift) =>
  nn.standardize(x, axis, { epsilon: EPSILON }).mul(gain).add(shift);
const layerNorm = standardized(-1);

const array = (numbers, shape) => np.array(numbers).reshape(shape);
const each = (names, make) => Object.fromEntries(names.map((name) => [name, make(name)]));
const zeros = (names, shape) => each(names, () => np.zeros(shape));
const ones = (names, shape) => each(names, () => np.ones(shape));
const dense = (x, kernel, bias) => np.matmul(x, kernel).add(bias);
const targets = (classes, count) => array(hot(classes, count), [classes.length, count]);

/** The cross-entropy of logits with labels, which are rows of zeros and a one. */
function crossEntropy(logits, wanted) {
  const [rows] = logits.shape;
  return nn
    .logSoftmax(logits, -1)
    .mul(wanted)
    .sum()
    .mul(-1 / rows);
}

export function mlp({ x, first, second }) {
  const weights = { first, second, gain: np.ones([256]), ...zeros(['bias', 'shift'], [256]) };
  const loss = (w, features, wanted) => {
    const hidden = nn.relu(layerNorm(dense(features, w.first, w.bias), w.gain, w.shift));
    return crossEntropy(dense(hidden, w.second, w.last), wanted);
  };
  return training({ ...weights, last: np.zeros([10]) }, loss, [x, targets(labels(x.shape[0]), 10)]);
}

const LINEAR = ['query', 'key', 'value', 'output', 'up', 'down'];

/** A gather has no faster gradient here than the product with rows of zeros and a one. */
export function transformer(given, task) {
  const { layers, hidden, heads, context, batch, vocabulary } = task;
  const [rows, width] = [batch * context, hidden / heads];
  const of = (i) => (name) => `${name}${i}`;
  const weights = { ...given, gain: np.ones([hidden]), shift: np.zeros([hidden]) };
  for (let i = 0; i < layers; i++) {
    Object.assign(weights, ones(['firstGain', 'secondGain'].map(of(i)), [hidden]));
    Object.assign(weights, zeros(['firstShift', 'secondShift'].map(of(i)), [hidden]));
    for (const name of LINEAR) weights[`${name}Bias${i}`] = np.zeros([given[`${name}${i}`].shape[1]]);
  }
  const byHead = (x) => np.transpose(x.reshape([batch, context, heads, width]), [0, 2, 1, 3]);
  const loss = (w, ids, wanted, hidden) => {
    const linear = (name, i, x) => dense(x, w[`${name}${i}`], w[`${name}Bias${i}`]);
    const norm = (name, i, x) => layerNorm(x, w[`${name}Gain${i}`], w[`${name}Shift${i}`]);
    const embedded = np.matmul(ids, w.embedding.ref).reshape([batch, context, -1]).add(w.places);
    let x = embedded.reshape([rows, heads * width]);
    for (let i = 0; i < layers; i++) {
      const read = norm('first', i, x.ref);
      const [q, k, v] = ['query', 'key', 'value'].map((name) => byHead(linear(name, i, read.ref)));
      read.dispose();
      const scores = np.matmul(q, np.transpose(k, [0, 1, 3, 2])).mul(1 / Math.sqrt(width));
      const seen = np.matmul(nn.softmax(scores.add(hidden.ref), -1), v);
      const together = np.transpose(seen, [0, 2, 1, 3]).reshape([rows, heads * width]);
      x = x.add(linear('output', i, together));
      const up = linear('up', i, norm('second', i, x.ref));
      x = x.add(linear('down', i, nn.gelu(up, { approximate: false })));
    }
    hidden.dispose();
    const last = layerNorm(x, w.gain, w.shift);
    return crossEntropy(np.matmul(last, np.transpose(w.embedding)), wanted);
  };
  const { tokens, labels: next } = texts(task);
  const inputs = [
    targets(tokens, vocabulary),
    targets(next, vocabulary),
    array(later(context, context), [context, context]),
  ];
  return training(weights, loss, inputs);
}

/** [samples, height, width, channels] as [samples, channels, height, width], which its convolutions read. */
const images = (x) => np.transpose(x, [0, 3, 1, 2]);
/** [rows, columns, channels, filters] as [filters, channels, rows, columns]. */
const kernelOf = (kernel) => np.transpose(kernel, [3, 2, 0, 1]);
const batchNorm = (x, gain, shift) =>
  nn
    .standardize(x, [0, 2, 3], { epsilon: EPSILON })
    .mul(gain.reshape([-1, 1, 1]))
    .add(shift.reshape([-1, 1, 1]));

const BLOCKS = [0, 1, 2];

export function resnet({ x, head, ...kernels }) {
  const names = Object.keys(kernels);
  const weights = {
    head,
    bias: np.zeros([10]),
    ...each(names, (name) => kernelOf(kernels[name])),
    ...ones(
      names.map((name) => `${name}Gain`),
      [16],
    ),
    ...zeros(
      names.map((name) => `${name}Shift`),
      [16],
    ),
  };
  const loss = (w, given, wanted) => {
    const stage = (y, name) =>
      batchNorm(lax.conv(y, w[name], [1, 1], 'SAME'), w[`${name}Gain`], w[`${name}Shift`]);
    let y = nn.relu(stage(given, 'stem'));
    for (const i of BLOCKS) y = nn.relu(y.ref.add(stage(nn.relu(stage(y, `first${i}`)), `second${i}`)));
    return crossEntropy(dense(y.mean([2, 3]), w.head, w.bias), wanted);
  };
  return training(weights, loss, [images(x), targets(labels(x.shape[0]), 10)]);
}

export function convnext({ x, head, ...kernels }) {
  const weights = { head, bias: np.zeros([10]) };
  for (const i of BLOCKS) {
    // [rows, columns, channels, 1] as [channels, 1, rows, columns].
    weights[`depthwise${i}`] = np.transpose(kernels[`depthwise${i}`], [2, 3, 0, 1]);
    for (const name of ['up', 'down']) weights[`${name}${i}`] = kernels[`${name}${i}`];
    Object.assign(weights, zeros([`slid${i}`, `shift${i}`, `narrow${i}`], [32]), ones([`gain${i}`], [32]));
    Object.assign(weights, zeros([`wide${i}`, `gamma${i}`, `beta${i}`], [128]));
  }
  const settings = { featureGroupCount: 32 };
  const loss = (w, given, wanted) => {
    let y = given;
    for (const i of BLOCKS) {
      const slid = lax.convGeneralDilated(y.ref, w[`depthwise${i}`], [1, 1], 'SAME', settings);
      const rows = np.transpose(slid, [0, 2, 3, 1]).add(w[`slid${i}`]);
      const read = layerNorm(rows, w[`gain${i}`], w[`shift${i}`]);
      const z = nn.gelu(dense(read, w[`up${i}`], w[`wide${i}`]), { approximate: false });
      const strength = np.sqrt(np.square(z.ref).sum([1, 2], { keepdims: true }).add(EPSILON));
      const share = strength.ref.div(strength.mean(-1, { keepdims: true }).add(EPSILON));
      const responded = w[`gamma${i}`].mul(z.ref.mul(share)).add(w[`beta${i}`]).add(z);
      y = y.add(images(dense(responded, w[`down${i}`], w[`narrow${i}`])));
    }
    return crossEntropy(dense(y.mean([2, 3]), w.head, w.bias), wanted);
  };
  return training(weights, loss, [images(x), targets(labels(x.shape[0]), 10)]);
}
