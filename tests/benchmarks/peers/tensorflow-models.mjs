// The training steps of networks in TensorFlow.js, composed of its operations on whatever backend is set.
import { createRequire } from 'node:module';
import { hot, labels, later, texts } from '../harness/read.mjs';
import { trainedLoss } from '../harness/steps.mjs';

const tf = createRequire(import.meta.url)('@tensorflow/tfjs');

export const EPSILON = 1e-5;

/** x relative to its mean, divided by its standard deviation, along these axes. */
export function standardize(x, axis) {
  const centered = tf.sub(x, tf.mean(x, axis, true));
  const variance = tf.mean(tf.square(centered), axis, true);
  return tf.mul(centered, tf.rsqrt(tf.add(variance, EPSILON)));
}

const standardized = (axis) => (x, gain, shift) => tf.add(tf.mul(standardize(x, axis), gain), shift);
export const layerNorm = standardized(-1);
export const batchNorm = standardized(0);
const imageNorm = standardized([0, 1, 2]);

const gelu = (x) => tf.mul(tf.mul(x, 0.5), tf.add(tf.erf(tf.mul(x, Math.SQRT1_2)), 1));
const targets = (classes, count) => tf.tensor(hot(classes, count), [classes.length, count]);
const zeros = (...shape) => tf.variable(tf.zeros(shape));
const ones = (...shape) => tf.variable(tf.ones(shape));

/** A dense layer with this kernel along the last axis of a matrix. */
function dense(initial) {
  const [kernel, bias] = [tf.variable(initial), zeros(initial.shape[1])];
  return (x) => tf.add(tf.matMul(x, kernel), bias);
}

function norm(f, size) {
  const [gain, shift] = [ones(size), zeros(size)];
  return (x) => f(x, gain, shift);
}

/** A step of Adam on the cross-entropy with these classes, and the loss after 20 of them. */
function training(logits, classes) {
  const optimizer = tf.train.adam(1e-3, 0.9, 0.999, 1e-8);
  const wanted = targets(classes, logits().shape.at(-1));
  const step = () => optimizer.minimize(() => tf.losses.softmaxCrossEntropy(wanted, logits()), true);
  return {
    step: () => step().dispose(),
    results: () => trainedLoss(step, (loss) => loss.dataSync()),
    drop: () => tf.disposeVariables(),
  };
}

export function mlp({ x, first, second }) {
  const [hidden, normalized, last] = [dense(first), norm(layerNorm, 256), dense(second)];
  return training(() => last(tf.relu(normalized(hidden(x)))), labels(x.shape[0]));
}

/** The gradient of a gather is missing on WebAssembly, so embeddings are products with rows of zeros and a one. */
export function transformer(given, task) {
  const { layers, hidden, heads, context, batch, vocabulary } = task;
  const rows = batch * context;
  const [embedding, places] = [given.embedding, given.places].map((initial) => tf.variable(initial));
  const byHead = (x) => tf.transpose(tf.reshape(x, [batch, context, heads, -1]), [0, 2, 1, 3]);
  // Its softmax of −∞ is not a number.
  const mask = tf.tensor(later(context, context, -1e9), [context, context]);
  const blocks = Array.from({ length: layers }, (_, i) => {
    const [query, key, value, output, up, down] = ['query', 'key', 'value', 'output', 'up', 'down'].map(
      (name) => dense(given[`${name}${i}`]),
    );
    const [first, second] = [norm(layerNorm, hidden), norm(layerNorm, hidden)];
    return (x) => {
      const read = first(x);
      const [q, k, v] = [query, key, value].map((project) => byHead(project(read)));
      const scores = tf.mul(tf.matMul(q, k, false, true), 1 / Math.sqrt(hidden / heads));
      const seen = tf.matMul(tf.softmax(tf.add(scores, mask)), v);
      const sum = tf.add(x, output(tf.reshape(tf.transpose(seen, [0, 2, 1, 3]), [rows, hidden])));
      return tf.add(sum, down(gelu(up(second(sum)))));
    };
  });
  const last = norm(layerNorm, hidden);
  const { tokens, labels: next } = texts(task);
  const ids = targets(tokens, vocabulary);
  const logits = () => {
    const placed = tf.add(tf.reshape(tf.matMul(ids, embedding), [batch, context, hidden]), places);
    const x = blocks.reduce((y, block) => block(y), tf.reshape(placed, [rows, hidden]));
    return tf.matMul(last(x), embedding, false, true);
  };
  return training(logits, next);
}

const BLOCKS = [0, 1, 2];

export function resnet({ x, head, ...kernels }) {
  const stage = (name) => {
    const [kernel, normalized] = [tf.variable(kernels[name]), norm(imageNorm, 16)];
    return (y) => normalized(tf.conv2d(y, kernel, 1, 'same'));
  };
  const stem = stage('stem');
  const blocks = BLOCKS.map((i) => [stage(`first${i}`), stage(`second${i}`)]);
  const last = dense(head);
  const logits = () => {
    const y = blocks.reduce(
      (z, [first, second]) => tf.relu(tf.add(z, second(tf.relu(first(z))))),
      tf.relu(stem(x)),
    );
    return last(tf.mean(y, [1, 2]));
  };
  return training(logits, labels(x.shape[0]));
}

export function convnext({ x, head, ...kernels }) {
  const [samples, height, width, channels] = x.shape;
  const rows = samples * height * width;
  const blocks = BLOCKS.map((i) => {
    const [depthwise, slid] = [tf.variable(kernels[`depthwise${i}`]), zeros(channels)];
    const [normalized, up, down] = [
      norm(layerNorm, channels),
      dense(kernels[`up${i}`]),
      dense(kernels[`down${i}`]),
    ];
    const [gamma, beta] = [zeros(4 * channels), zeros(4 * channels)];
    return (y) => {
      const read = normalized(tf.add(tf.depthwiseConv2d(y, depthwise, 1, 'same'), slid));
      const active = gelu(up(tf.reshape(read, [rows, channels])));
      const z = tf.reshape(active, [samples, height, width, 4 * channels]);
      const strength = tf.sqrt(tf.add(tf.sum(tf.square(z), [1, 2], true), EPSILON));
      const share = tf.div(strength, tf.add(tf.mean(strength, -1, true), EPSILON));
      const responded = tf.add(tf.add(tf.mul(gamma, tf.mul(z, share)), beta), z);
      return tf.add(y, tf.reshape(down(tf.reshape(responded, [rows, 4 * channels])), y.shape));
    };
  });
  const last = dense(head);
  const logits = () =>
    last(
      tf.mean(
        blocks.reduce((y, block) => block(y), x),
        [1, 2],
      ),
    );
  return training(logits, labels(samples));
}
