// Floating-point operations, by the formulas of the tasks: two for each multiply-add of products and convolutions.
// Norms, activations and updates are not counted, and neither is what a contender computes twice.

const product = (sizes) => sizes.reduce((all, size) => all * size, 1);

/** Of a product of matrices with these sizes: m, k, n. */
export const ofProduct = (...sizes) => 2 * product(sizes);

/** Of a step, from those of the forward pass: gradients take as many for the inputs, and as many for the weights. */
export const ofStep = (forward, { firstLayer = 0 } = {}) => 3 * forward - firstLayer;

/**
 * Of a convolution with a kernel [rows, columns, channels, filters], where each output [samples, height, width, filters]
 * reads all channels of the kernel; of a depthwise one with a kernel [rows, columns, channels, multiplier], it reads one.
 */
export const ofConvolution = ([rows, columns, channels], output) =>
  2 * rows * columns * channels * product(output);

/** Of attention forward: each query with each key, and each weight with a value; if it is causal, half of them. */
export const ofAttention = ({ batch, heads, queries, keys, width, causal }) =>
  (causal ? 0.5 : 1) * 2 * ofProduct(batch * heads * queries, width, keys);
