import { type BatchForm, type Kind, type Node, type Size, isInteger } from '../graph/node.js';
import { TYPES } from './protobuf.js';
import type { Writing } from './writing.js';

type Sized = Node<Size>;

/** Writes the operations of a node, and returns the name of its value. */
type Write = (to: Writing, node: Sized, inputs: readonly string[]) => string;

const plain =
  (op: string): Write =>
  (to, _, inputs) =>
    to.op(op, inputs);

const number = ({ attributes }: Sized, name: string): number => attributes[name] as number;

const numbers = ({ attributes }: Sized, name: string): readonly number[] =>
  attributes[name] as readonly number[];

const toType = (to: Writing): number => TYPES[to.type];

/** A comparison, whose result becomes 1 and 0. */
const comparison =
  (op: string): Write =>
  (to, node, inputs) => {
    const condition = to.op(op, inputs);
    to.giveCondition(node, condition);
    return to.op('Cast', [condition], { to: toType(to) });
  };

const reduction =
  (op: string): Write =>
  (to, node, [x]) =>
    to.op(op, [x!], { axes: numbers(node, 'axes'), keepdims: 1 });

const onAxis =
  (op: string): Write =>
  (to, node, inputs) =>
    to.op(op, inputs, { axis: number(node, 'axis') });

/** A size that may be a multiple of the batch size, as a list of one. */
const bound = (to: Writing, { attributes }: Sized, name: string): string =>
  to.shape([attributes[name] as Size]);

/** The number that a form makes of k = factor · batch. */
function formOf(to: Writing, { attributes }: Sized): string {
  const { factor, form } = attributes as { readonly factor: number; readonly form: BatchForm };
  const scalar = (value: number): string => to.tensor('number', [value], []);
  const batch = to.op('Squeeze', [to.op('Cast', [to.batch()], { to: toType(to) }), to.integers([0])]);
  const k = factor === 1 ? batch : to.op('Mul', [batch, scalar(factor)]);
  const less = (): string => to.op('Sub', [k, scalar(1)]);
  switch (form) {
    case 'k':
      return k;
    case '1/k':
      return to.op('Div', [scalar(1), k]);
    case 'k-1':
      return less();
    case '1/(k-1)':
      return to.op('Div', [scalar(1), less()]);
    case 'k/(k-1)':
      return to.op('Div', [k, less()]);
  }
}

/** Images and kernels have their channels last here, and first in ONNX. */
function conv(to: Writing, node: Sized, [x, kernel]: readonly string[]): string {
  const images = to.op('Transpose', [x!], { perm: [0, 3, 1, 2] });
  const filters = to.op('Transpose', [kernel!], { perm: [3, 2, 0, 1] });
  const slid = to.op('Conv', [images, filters], {
    pads: numbers(node, 'pads'),
    strides: numbers(node, 'strides'),
    dilations: numbers(node, 'dilations'),
    group: number(node, 'groups'),
  });
  return to.op('Transpose', [slid], { perm: [0, 2, 3, 1] });
}

/** Poolings slide over images whose channels are first in ONNX. */
const pooling =
  (op: string, attributes: Readonly<Record<string, number>> = {}): Write =>
  (to, node, [x]) => {
    const images = to.op('Transpose', [x!], { perm: [0, 3, 1, 2] });
    const pooled = to.op(op, [images], {
      kernel_shape: numbers(node, 'size'),
      pads: numbers(node, 'pads'),
      strides: numbers(node, 'strides'),
      ...attributes,
    });
    return to.op('Transpose', [pooled], { perm: [0, 2, 3, 1] });
  };

const absent: Write = () => {
  throw new Error('A graph for ONNX has none.');
};

const leaf: Write = () => {
  throw new Error('Leaves are written first.');
};

/** How each kind of node is written. */
export const KINDS: { readonly [K in Kind]: Write } = {
  input: leaf,
  weight: leaf,
  constant: (to, node) =>
    to.tensor(
      'constant',
      numbers(node, 'data'),
      node.shape as readonly number[],
      isInteger(node) ? 'int64' : to.type,
    ),
  size: formOf,
  abs: plain('Abs'),
  sqrt: plain('Sqrt'),
  exp: plain('Exp'),
  log: plain('Log'),
  tanh: plain('Tanh'),
  sin: plain('Sin'),
  cos: plain('Cos'),
  sigmoid: plain('Sigmoid'),
  // ONNX Runtime has it for float32 alone.
  erf: (to, _, [x]) =>
    to.type === 'float32'
      ? to.op('Erf', [x!])
      : to.op('Cast', [to.op('Erf', [to.op('Cast', [x!], { to: TYPES.float32 })])], { to: TYPES.float64 }),
  add: plain('Add'),
  sub: plain('Sub'),
  mul: plain('Mul'),
  div: plain('Div'),
  maximum: plain('Max'),
  minimum: plain('Min'),
  greater: comparison('Greater'),
  equal: comparison('Equal'),
  select: (to, { inputs: [condition] }, [, a, b]) => to.op('Where', [to.conditionOf(condition!), a!, b!]),
  reshape: (to, { shape }, [x]) => {
    // One size may be left to be computed.
    const unknown = shape.filter((size) => typeof size !== 'number').length;
    const known = unknown === 1 ? shape.map((size) => (typeof size === 'number' ? size : -1)) : shape;
    return to.op('Reshape', [x!, to.shape(known)]);
  },
  expand: (to, { shape }, [x]) => to.op('Expand', [x!, to.shape(shape)]),
  transpose: (to, node, [x]) => to.op('Transpose', [x!], { perm: numbers(node, 'order') }),
  slice: (to, node, [x]) =>
    to.op('Slice', [
      x!,
      bound(to, node, 'start'),
      bound(to, node, 'stop'),
      to.integers([number(node, 'axis')]),
      to.integers([number(node, 'step')]),
    ]),
  pad: (to, { attributes }, [x]) => {
    const { before, after, value } = attributes as {
      readonly before: readonly Size[];
      readonly after: readonly Size[];
      readonly value: number;
    };
    return to.op('Pad', [x!, to.shape([...before, ...after]), to.tensor('number', [value], [])]);
  },
  concat: onAxis('Concat'),
  gather: (to, _, [x, ids]) => to.op('Gather', [x!, ids!], { axis: 0 }),
  scatterAdd: (to, { shape }, [rows, ids]) => {
    const zeros = to.op('Expand', [to.tensor('number', [0], []), to.shape(shape)]);
    const places = to.op('Unsqueeze', [ids!, to.integers([-1])]);
    return to.op('ScatterND', [zeros, places, rows!], { reduction: 'add' });
  },
  oneHot: (to, node, [ids]) => {
    const classes = to.integers(Array.from({ length: number(node, 'count') }, (_, i) => i));
    const same = to.op('Equal', [to.op('Unsqueeze', [ids!, to.integers([-1])]), classes]);
    return to.op('Cast', [same], { to: toType(to) });
  },
  sum: (to, node, [x]) => to.op('ReduceSum', [x!, to.integers(numbers(node, 'axes'))], { keepdims: 1 }),
  mean: reduction('ReduceMean'),
  max: reduction('ReduceMax'),
  softmax: onAxis('Softmax'),
  logSoftmax: onAxis('LogSoftmax'),
  matmul: plain('MatMul'),
  dropout: absent,
  stop: (_, __, [x]) => x!,
  ruled: (_, __, [x]) => x!,
  layerNorm: (to, node, inputs) =>
    to.op('LayerNormalization', inputs, {
      axis: number(node, 'axis'),
      epsilon: { float: number(node, 'epsilon') },
    }),
  conv,
  maxPool: pooling('MaxPool'),
  averagePool: pooling('AveragePool', { count_include_pad: 0 }),
};
