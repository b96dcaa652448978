import * as n from '../../src/index.js';
import type { Case, Input, Options } from './cases.js';

/** Runs an op; it may replace the inputs in the list of leaves. */
type Run = (x: readonly n.Tensor[], options: Options, leaves: n.Tensor[]) => n.Tensor;

const op =
  (f: (...operands: never[]) => n.Tensor): Run =>
  (x) =>
    f(...(x as never[]));

const ops = (...names: readonly (keyof typeof n)[]): Record<string, Run> =>
  Object.fromEntries(names.map((name) => [name, op(n[name] as never)]));

const reduced =
  (f: typeof n.sum): Run =>
  ([x], { axes, keepDims }) =>
    f(x!, axes as number[], { keepDims: keepDims as boolean });

const pytorch = ({ reduction }: Options) => ({
  reduction: (reduction ?? 'mean') as 'mean',
  convention: 'pytorch' as const,
});

/** A layer of a norm with the weights of the case, which replace the inputs as leaves. */
const normalized =
  (definition: n.Norm, names: readonly string[]): Run =>
  ([x, ...weights], options, leaves) => {
    const layer = n.normalization(definition, options as never);
    layer.build(x!.shape, { dtype: x!.dtype });
    const state = layer.stateDict();
    layer.loadStateDict({ ...state, ...Object.fromEntries(names.map((name, i) => [name, weights[i]!])) });
    const parameters = layer.namedParameters();
    names.forEach((name, i) => (leaves[i + 1] = parameters.get(name)!));
    return layer.forward(x!) as n.Tensor;
  };

const RUNS: Readonly<Record<string, Run>> = {
  ...ops(
    'exp',
    'log',
    'sqrt',
    'abs',
    'sin',
    'cos',
    'erf',
    'square',
    'neg',
    'tanh',
    'sigmoid',
    'softplus',
    'relu',
  ),
  ...ops('silu', 'gelu', 'add', 'sub', 'mul', 'div', 'pow', 'maximum', 'minimum', 'matmul'),
  geluTanh: ([x]) => n.gelu(x!, { approximate: true }),
  where: ([a, b], { condition }) => n.where(condition as never, a!, b!),
  clip: ([x], options) => n.clip(x!, options),
  sum: reduced(n.sum),
  mean: reduced(n.mean),
  max: reduced(n.max),
  min: reduced(n.min),
  variance: reduced(n.variance),
  logSumExp: reduced(n.logSumExp),
  softmax: ([x], { axis }) => n.softmax(x!, axis as number),
  logSoftmax: ([x], { axis }) => n.logSoftmax(x!, axis as number),
  reshape: ([x], { shape }) => n.reshape(x!, shape as number[]),
  transpose: ([x], { order }) => n.transpose(x!, order as number[]),
  broadcastTo: ([x], { shape }) => n.broadcastTo(x!, shape as number[]),
  concat: (x, { axis }) => n.concat(x, axis as number),
  stack: (x, { axis }) => n.stack(x, axis as number),
  gather: ([x], { indices, axis }) => n.gather(x!, indices as number[], axis as number),
  crossEntropy: ([x], { labels, smoothing, ignore, reduction }) =>
    n.crossEntropy(x!, labels as number[], {
      labelSmoothing: smoothing as number,
      reduction: reduction as 'mean',
      ...(ignore === undefined ? {} : { ignoreIndex: ignore as number }),
    }),
  softCrossEntropy: ([x, p], { smoothing, reduction }) =>
    n.crossEntropy(x!, p!, { labelSmoothing: smoothing as number, reduction: reduction as 'mean' }),
  binaryCrossEntropy: ([x, t], options) => n.binaryCrossEntropyWithLogits(x!, t!, pytorch(options)),
  meanSquaredError: ([x, t], options) => n.meanSquaredError(x!, t!, pytorch(options)),
  meanAbsoluteError: ([x, t], options) => n.meanAbsoluteError(x!, t!, pytorch(options)),
  huber: ([x, t], options) => n.huber(x!, t!, { ...pytorch(options), delta: options['delta'] as number }),
  klDivergence: ([l, t]) => n.klDivergence(l!, t!, { fromLogProbabilities: true, reduction: 'sum' }),
  attention: ([q, k, v], { causal, mask }) =>
    n.scaledDotProductAttention(q!, k!, v!, { causal: causal as boolean, mask: mask as number[][] }),
  layer_norm: normalized(n.layerNorm as never, ['gamma', 'beta']),
  batch_norm: normalized(n.batchNorm as never, ['gamma', 'beta']),
  group_norm: normalized(n.groupNorm as never, ['gamma', 'beta']),
  rms_norm: normalized(n.rmsNorm as never, ['scale']),
  instance_norm: normalized(n.instanceNorm as never, ['gamma', 'beta']),
  local_response_norm: normalized(n.localResponseNorm as never, []),
  weight_norm: normalized(n.weightNorm as never, ['gain']),
  conv2d: ([x, kernel], options) => n.conv2d(x!, kernel!, options),
  maxPool2d: ([x], options) => n.maxPool2d(x!, options),
  averagePool2d: ([x], options) => n.averagePool2d(x!, options),
};

const tensorOf = ({ shape, data }: Input, dtype: Case['dtype']): n.Tensor =>
  n.tensor(Float64Array.from(data), { shape: [...shape], dtype });

const OPTIMIZERS = {
  sgd: ({ rate, momentum, nesterov }: Options) =>
    new n.SGD({ learningRate: rate, momentum, nesterov, convention: 'pytorch' } as object),
  adam: ({ rate }: Options) => new n.Adam({ learningRate: rate, convention: 'pytorch' } as object),
  adamW: ({ rate, decay }: Options) =>
    new n.AdamW({ learningRate: rate, weightDecay: decay, convention: 'pytorch' } as object),
  rmsprop: ({ rate }: Options) =>
    new n.RMSprop({ learningRate: rate, rho: 0.9, epsilon: 1e-8, convention: 'pytorch' } as object),
};

/** The value and the gradient of every input; for an optimizer, the weight after its steps. */
export function ours({ op: name, dtype, options, inputs, seed }: Case): readonly Input[] {
  const x = inputs.map((input) => tensorOf(input, dtype));
  if (!seed) return [read(stepped(name as keyof typeof OPTIMIZERS, options, x))];
  const leaves = [...x];
  const { value, pullback } = n.vjp(() => RUNS[name]!(x, options, leaves));
  const gradients = pullback(tensorOf({ ...seed, shape: value.shape }, dtype));
  return [value, ...leaves.map((leaf) => gradients.of(leaf) ?? n.zeros(leaf.shape))].map(read);
}

const read = (x: n.Tensor): Input => ({ shape: x.shape, data: Float64Array.from(n.array.flat(x.value)) });

function stepped(
  name: keyof typeof OPTIMIZERS,
  options: Options,
  [start, ...gradients]: readonly n.Tensor[],
) {
  const weight = new n.Parameter(n.array.copy(start!.value));
  const optimizer = OPTIMIZERS[name](options);
  for (const gradient of gradients) optimizer.step(new n.Gradients(new Map([[weight, gradient]])));
  return weight;
}
