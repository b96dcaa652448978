import * as tf from '@tensorflow/tfjs';

await tf.setBackend('cpu');

const axesOf = (axes) => (typeof axes === 'number' ? [axes] : [...axes]);
/** TensorFlow.js takes an empty list of axes as all axes. */
const over = (f) => (x, axes) => (axesOf(axes).length === 0 ? x : f(x, axesOf(axes), true));

/** The algebra of formulas, with the operations of TensorFlow.js. */
export const algebra = {
  shape: ({ shape }) => shape,
  reshape: (x, shape) => tf.reshape(x, [...shape]),
  add: tf.add,
  sub: tf.sub,
  mul: tf.mul,
  div: tf.div,
  abs: tf.abs,
  sqrt: tf.sqrt,
  exp: tf.exp,
  log: tf.log,
  tanh: tf.tanh,
  sigmoid: tf.sigmoid,
  erf: tf.erf,
  maximum: tf.maximum,
  slice: (x, axis, from, to) => {
    const at = axis < 0 ? axis + x.rank : axis;
    const whole = x.shape.map((n, i) => (i === at ? to - from : n));
    return tf.slice(
      x,
      x.shape.map((_, i) => (i === at ? from : 0)),
      whole,
    );
  },
  concat: tf.concat,
  stop: tf.customGrad((x) => ({ value: x.clone(), gradFunc: (g) => tf.zerosLike(g) })),
  sum: over(tf.sum),
  mean: over(tf.mean),
  max: over(tf.max),
  variance: (x, _, axes) => tf.moments(x, axesOf(axes), true).variance,
  name: (_, x) => x,
};

export const read = ({ data, shape }) => tf.tensor(Float32Array.from(data), [...shape], 'float32');

/** The outputs of f, and the gradient of x for these gradients of the outputs. */
export function pulled(f, x, seeds) {
  const outputs = f(x);
  const dx = tf.grad((input) =>
    f(input)
      .map((y, k) => tf.sum(tf.mul(y, seeds[k])))
      .reduce((a, b) => tf.add(a, b)),
  )(x);
  return { outputs: outputs.map((y) => y.dataSync()), dx: dx.dataSync() };
}

/** The layers that TensorFlow.js has itself, by the type that they correspond to. */
export const layers = {
  layer_norm(x, { gamma, beta }, { epsilon }) {
    const layer = tf.layers.layerNormalization({ axis: -1, epsilon });
    layer.build(x.shape);
    layer.setWeights([gamma, beta]);
    return (input) => [layer.apply(input)];
  },
  batch_norm(x, { gamma, beta }, { epsilon }) {
    const layer = tf.layers.batchNormalization({ axis: -1, epsilon });
    layer.build(x.shape);
    const [mean, variance] = [tf.zeros(gamma.shape), tf.ones(gamma.shape)];
    layer.setWeights([gamma, beta, mean, variance]);
    return (input) => [layer.apply(input, { training: true })];
  },
};
