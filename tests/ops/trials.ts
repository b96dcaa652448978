import type { Shape } from '../../src/array/index.js';
import type { Tensor } from '../../src/autograd/tape.js';
import * as ops from '../../src/ops/catalog.js';

/** One way to call an op, whose gradients are checked there. */
export interface Trial {
  /** The shapes of the tensors, given one of rank 2 to 4. */
  readonly inputs: (shape: Shape) => readonly Shape[];
  readonly f: (...inputs: Tensor[]) => Tensor;
  /** The arguments after the tensors in a call of the op. */
  readonly rest?: readonly unknown[];
}

/** A call of one tensor and more, such as options. */
const call = <Rest extends readonly unknown[]>(
  op: (x: Tensor, ...rest: Rest) => Tensor,
  ...rest: Rest
): Trial => ({ inputs: (shape) => [shape], f: (x) => op(x!, ...rest), rest });

const unary = (op: (x: Tensor) => Tensor): Trial => ({ inputs: (shape) => [shape], f: (x) => op(x!) });

/** A second input of one row, or of the last axis alone, also tries broadcasting, to either side. */
const binary = (op: (a: Tensor, b: Tensor) => Tensor): Trial => ({
  inputs: (shape) => (shape.length === 3 ? [shape.slice(1), shape] : [shape, [1, ...shape.slice(1)]]),
  f: (a, b) => op(a!, b!),
});

const middle = (x: Tensor): number => Math.floor(x.shape.length / 2);

/** How each op is tried: add yours here. */
export const trials: Readonly<Record<keyof typeof ops, readonly Trial[]>> = {
  add: [binary(ops.add)],
  sub: [binary(ops.sub)],
  mul: [binary(ops.mul), unary((x) => ops.mul(x, x)), unary((x) => ops.mul(2.5, x))],
  div: [binary(ops.div), unary((x) => ops.div(1, x))],
  pow: [binary(ops.pow), unary((x) => ops.pow(x, 3)), unary((x) => ops.pow(2, x))],
  neg: [unary(ops.neg)],
  square: [unary(ops.square)],
  sqrt: [unary(ops.sqrt)],
  exp: [unary(ops.exp)],
  log: [unary(ops.log)],
  abs: [unary(ops.abs)],
  sin: [unary(ops.sin)],
  cos: [unary(ops.cos)],
  erf: [unary(ops.erf)],
  tanh: [unary(ops.tanh)],
  sigmoid: [unary(ops.sigmoid)],
  softplus: [unary(ops.softplus)],
  relu: [unary(ops.relu)],
  silu: [unary(ops.silu)],
  gelu: [unary((x) => ops.gelu(x)), call(ops.gelu, { approximate: true })],
  leakyRelu: [unary((x) => ops.leakyRelu(x)), call(ops.leakyRelu, { slope: -0.3 })],
  prelu: [binary(ops.prelu), unary((x) => ops.prelu(x, 0.3))],
  elu: [unary((x) => ops.elu(x)), call(ops.elu, { alpha: 0.4 })],
  selu: [unary(ops.selu)],
  mish: [unary(ops.mish)],
  hardSigmoid: [unary(ops.hardSigmoid)],
  hardSwish: [unary(ops.hardSwish)],
  equal: [binary(ops.equal)],
  notEqual: [binary(ops.notEqual)],
  greater: [binary(ops.greater)],
  greaterEqual: [binary(ops.greaterEqual)],
  less: [binary(ops.less)],
  lessEqual: [binary(ops.lessEqual)],
  any: [unary((x) => ops.any(x, -1))],
  all: [call(ops.all, 0, { keepDims: true })],
  argmax: [unary((x) => ops.argmax(x))],
  argmin: [call(ops.argmin, 0, { keepDims: true })],
  sort: [
    unary((x) => ops.sort(x).values),
    unary((x) => ops.sort(x, { axis: 0, descending: true }).values),
    unary((x) => ops.sort(x).indices),
  ],
  topK: [
    unary((x) => ops.topK(x, 1).values),
    unary((x) => ops.topK(x, 1, { axis: 0, smallest: true }).values),
  ],
  cumsum: [
    unary((x) => ops.cumsum(x)),
    unary((x) => ops.cumsum(x, { axis: 0, reverse: true })),
    unary((x) => ops.cumsum(x, { axis: 1, exclusive: true })),
    call(ops.cumsum, { axis: 0, reverse: true, exclusive: true }),
  ],
  cumprod: [unary((x) => ops.cumprod(x)), call(ops.cumprod, { axis: 0 })],
  prod: [unary((x) => ops.prod(x, -1)), call(ops.prod, [0, -1], { keepDims: true })],
  std: [call(ops.std, 1), unary((x) => ops.std(ops.concat([x, ops.neg(x)]), 0, { correction: 1 }))],
  squeeze: [unary((x) => ops.squeeze(ops.reshape(x, [1, ...x.shape, 1]), [0, -1]))],
  unsqueeze: [call(ops.unsqueeze, [1, -1])],
  split: [
    unary((x) => ops.split(x, [1, x.shape[0]! - 1])[0]!),
    unary((x) => {
      const parts = ops.split(ops.concat([x, ops.sin(x)], 1), 2, 1);
      return ops.mul(parts[0]!, parts[1]!);
    }),
  ],
  flip: [unary((x) => ops.flip(x)), call(ops.flip, -1)],
  pad: [
    unary((x) => ops.pad(x, [[1, 2]], { value: 3 })),
    unary((x) =>
      ops.pad(
        x,
        [
          [0, 0],
          [2, 1],
        ],
        { mode: 'edge' },
      ),
    ),
    {
      inputs: (shape) => [[...shape.slice(0, -1), 4]],
      f: (x) => ops.pad(x!, [...Array(x!.shape.length - 1).fill([0, 0]), [3, 2]], { mode: 'reflect' }),
    },
  ],
  einsum: [
    {
      inputs: ([m, k]) => [
        [m!, k!],
        [k!, 3],
        [3, m!],
      ],
      f: (a, b, c) => ops.einsum('ij,jk,ki->kj', a!, b!, c!),
    },
    { inputs: ([m, k]) => [[m!, m!, k!], [k!]], f: (a, b) => ops.einsum('iij,j->ij', a!, b!) },
    {
      inputs: (shape) => [shape, [1, ...shape.slice(1)]],
      f: (a, b) => ops.einsum('...a,...b->b...a', a!, b!),
    },
    { inputs: ([m, k]) => [[m!, k!], [m!]], f: (a, b) => ops.einsum('ij,k->j', a!, b!) },
    unary((x) => ops.einsum('...a,...a->...', x, x)),
  ],
  maximum: [binary(ops.maximum)],
  minimum: [binary(ops.minimum)],
  clip: [call(ops.clip, { min: -1, max: 1 }), unary((x) => ops.clip(x, { max: 1 }))],
  where: [binary((a, b) => ops.where(fromCondition(a.shape), a, b))],
  matmul: [
    {
      inputs: ([m, k]) => [
        [m!, k!],
        [k!, 3],
      ],
      f: (a, b) => ops.matmul(a!, b!),
    },
    {
      inputs: ([m, k]) => [
        [2, 1, m!, k!],
        [3, k!, 2],
      ],
      f: (a, b) => ops.matmul(a!, b!),
    },
    { inputs: ([m, k]) => [[m!], [2, m!, k!]], f: (a, b) => ops.matmul(a!, b!) },
    { inputs: ([m, k]) => [[m!, k!], [k!]], f: (a, b) => ops.matmul(a!, b!) },
    {
      inputs: ([m, k]) => [
        [m!, k!],
        [m!, k!],
      ],
      f: (a, b) => ops.matmul(ops.transpose(a!), b!),
    },
  ],
  transpose: [unary((x) => ops.transpose(x)), unary((x) => ops.transpose(x, rotated(x)))],
  reshape: [unary((x) => ops.reshape(x, [x.size])), unary((x) => ops.reshape(x, [x.shape[0]!, -1]))],
  broadcastTo: [unary((x) => ops.broadcastTo(x, [2, ...x.shape]))],
  slice: [
    call(ops.slice, [[-1], [0, undefined, 2]]),
    unary((x) => ops.slice(x, [-1])),
    unary((x) => ops.slice(x, [[], 0])),
  ],
  concat: [
    { inputs: (shape) => [shape, shape, shape.with(1, 2)], f: (...x) => ops.concat(x, 1) },
    { inputs: (shape) => [shape, shape.with(-1, 1)], f: (...x) => ops.concat(x, -1) },
  ],
  stack: [{ inputs: (shape) => [shape, shape], f: (a, b) => ops.stack([a!, b!], middle(a!)) }],
  gather: [
    unary((x) =>
      ops.gather(x, [
        [0, -1],
        [0, 0],
      ]),
    ),
    unary((x) => ops.gather(x, Int32Array.of(0, x.shape[1]! - 1, 0), 1)),
  ],
  scaledDotProductAttention: [
    {
      inputs: ([t, s]) => [
        [2, t!, 3],
        [2, s!, 3],
        [2, s!, 2],
      ],
      f: (q, k, v) => ops.scaledDotProductAttention(q!, k!, v!),
    },
    {
      inputs: ([t, s]) => [
        [4, t!, 2],
        [2, s!, 2],
        [2, s!, 1],
      ],
      f: (q, k, v) => ops.scaledDotProductAttention(q!, k!, v!, { causal: true, scale: -0.75 }),
    },
    {
      inputs: ([t, s]) => [
        [4, t!, 2],
        [2, s!, 2],
        [2, s!, 1],
        [4, 1, s!],
      ],
      f: (q, k, v, bias) => ops.scaledDotProductAttention(q!, k!, v!, { bias: bias!, causal: true }),
    },
    {
      inputs: ([t, s]) => [
        [2, t!, 2],
        [2, s!, 2],
        [2, s!, 3],
        [2, t!, s!],
      ],
      f: (q, k, v, bias) =>
        ops.scaledDotProductAttention(q!, k!, v!, { bias: bias!, dropout: 0.4, seed: 7, scale: 0 }),
    },
    {
      inputs: ([t, s]) => [
        [2, t!, 2],
        [2, s!, 2],
        [2, s!, 3],
      ],
      f: (q, k, v) => ops.scaledDotProductAttention(q!, k!, v!, { dropout: 0.3, seed: 5 }),
    },
    {
      inputs: ([t, s]) => [
        [t!, 2, 2, 2],
        [s!, 2, 2, 2],
        [s!, 2, 2, 3],
      ],
      f: (...x) => {
        const [q, k, v] = x.map((a) => ops.transpose(a, [1, 2, 0, 3]));
        const mask = Array.from({ length: k!.shape[2]! }, (_, i) => i % 2 === 0);
        return ops.scaledDotProductAttention(q!, k!, v!, { mask });
      },
    },
  ],
  attentionWeights: [
    {
      inputs: ([t, s]) => [
        [2, t!, 3],
        [2, s!, 3],
        [t!, s!],
      ],
      f: (q, k, bias) => ops.attentionWeights(q!, k!, { bias: bias! }),
    },
  ],
  rotary: [
    { inputs: (shape) => [[...shape.slice(0, -1), 4]], f: (x) => ops.rotary(x!) },
    {
      inputs: ([a, b]) => [[a!, b!, 2, 2]],
      f: (x) => ops.rotary(x!, { axis: 1, offset: 3, base: 10 }),
    },
    {
      inputs: ([a, b]) => [[a!, b!, 4]],
      f: (x) => {
        const [sequences, length] = x!.shape as [number, number, number];
        const of = (sequence: number): number[] =>
          Array.from({ length }, (_, i) => (7 * sequence + 3 * i) % 5);
        return ops.rotary(x!, { positions: Array.from({ length: sequences }, (_, i) => of(i)) });
      },
    },
  ],
  conv2d: [
    {
      inputs: ([h, w]) => [
        [2, h!, w!, 2],
        [2, 3, 2, 3],
      ],
      f: (x, kernel) => ops.conv2d(x!, kernel!, { padding: 'same' }),
    },
    {
      inputs: ([h, w]) => [
        [1, h! + 2, w! + 3, 4],
        [2, 2, 2, 6],
      ],
      f: (x, kernel) =>
        ops.conv2d(x!, kernel!, { groups: 2, stride: [2, 1], padding: [1, 0], dilation: [1, 2] }),
    },
  ],
  conv1d: [
    {
      inputs: ([n, t]) => [
        [n!, t! + 2, 2],
        [3, 2, 2],
      ],
      f: (x, kernel) => ops.conv1d(x!, kernel!, { padding: 'causal', dilation: 2 }),
    },
    {
      inputs: ([n, t]) => [
        [n!, t! + 3, 4],
        [2, 2, 2],
      ],
      f: (x, kernel) => ops.conv1d(x!, kernel!, { groups: 2, stride: 2, padding: 1 }),
    },
  ],
  conv2dTranspose: [
    {
      inputs: ([h, w]) => [
        [1, h!, w!, 2],
        [2, 3, 2, 2],
      ],
      f: (x, kernel) => ops.conv2dTranspose(x!, kernel!, { stride: [1, 2] }),
    },
    {
      inputs: ([h, w]) => [
        [2, h!, w!, 2],
        [3, 2, 3, 2],
      ],
      f: (x, kernel) => ops.conv2dTranspose(x!, kernel!, { padding: 'same', stride: [2, 1] }),
    },
    {
      inputs: ([h, w]) => [
        [1, h! + 1, w!, 3],
        [2, 3, 1, 3],
      ],
      f: (x, kernel) =>
        ops.conv2dTranspose(x!, kernel!, {
          stride: 2,
          padding: [1, 0],
          outputPadding: [0, 1],
          dilation: [2, 1],
        }),
    },
  ],
  upSample2d: [
    { inputs: ([h, w]) => [[2, h!, w!, 2]], f: (x) => ops.upSample2d(x!) },
    {
      inputs: ([h, w]) => [[1, h!, w!, 2]],
      f: (x) => ops.upSample2d(x!, { size: [3, 2], interpolation: 'bilinear' }),
    },
  ],
  adaptiveAveragePool2d: [
    { inputs: ([h, w]) => [[2, h! + 1, w!, 2]], f: (x) => ops.adaptiveAveragePool2d(x!, [2, 3]) },
  ],
  adaptiveMaxPool2d: [
    { inputs: ([h, w]) => [[1, h! + 1, w!, 2]], f: (x) => ops.adaptiveMaxPool2d(x!, [2, 1]) },
  ],
  depthwiseConv2d: [
    {
      inputs: ([h, w]) => [
        [2, h! + 1, w! + 1, 2],
        [2, 2, 2, 3],
      ],
      f: (x, kernel) => ops.depthwiseConv2d(x!, kernel!),
    },
    {
      inputs: ([h, w]) => [
        [1, h!, w!, 3],
        [3, 2, 3, 1],
      ],
      f: (x, kernel) => ops.depthwiseConv2d(x!, kernel!, { padding: 'same', stride: 2, dilation: [2, 1] }),
    },
  ],
  maxPool2d: [
    { inputs: ([h, w]) => [[2, h! + 1, w! + 1, 2]], f: (x) => ops.maxPool2d(x!) },
    {
      inputs: ([h, w]) => [[1, h!, w!, 3]],
      f: (x) => ops.maxPool2d(x!, { size: [3, 2], stride: 1, padding: 'same' }),
    },
  ],
  averagePool2d: [
    { inputs: ([h, w]) => [[2, h! + 1, w! + 1, 2]], f: (x) => ops.averagePool2d(x!) },
    {
      inputs: ([h, w]) => [[1, h!, w!, 3]],
      f: (x) => ops.averagePool2d(x!, { size: [3, 2], stride: [1, 2], padding: [2, 1] }),
    },
  ],
  cast: [call(ops.cast, 'float64')],
  sum: [unary((x) => ops.sum(x, -1)), unary((x) => ops.sum(x)), call(ops.sum, 0, { keepDims: true })],
  mean: [unary((x) => ops.mean(x, [0, -1])), call(ops.mean, 1, { keepDims: true })],
  max: [unary((x) => ops.max(x, 1)), unary((x) => ops.max(x))],
  min: [call(ops.min, [0, -1], { keepDims: true }), unary((x) => ops.min(x, 0))],
  variance: [unary((x) => ops.variance(x, 1)), unary((x) => ops.variance(x, [0, -1]))],
  logSumExp: [unary((x) => ops.logSumExp(x, 0)), unary((x) => ops.logSumExp(x, [0, -1]))],
  softmax: [unary((x) => ops.softmax(x)), unary((x) => ops.softmax(x, [0, -1])), call(ops.softmax, 0)],
  logSoftmax: [call(ops.logSoftmax, 1), unary((x) => ops.logSoftmax(x, [0, -1]))],
};

const rotated = (x: Tensor): number[] => x.shape.map((_, axis) => (axis + 1) % x.shape.length);

/** A condition that holds at every other place of the last axis. */
const fromCondition = (shape: Shape): boolean[] =>
  Array.from({ length: shape.at(-1)! }, (_, i) => i % 2 === 0);
