import { type Axes, type Laying, type Pair, type Range, positiveAxes } from '../../array/index.js';
import { attention } from './attention.js';
import {
  type Operand,
  binary,
  concat,
  dropout,
  expand,
  gather,
  matmul,
  reduce,
  reshape,
  select,
  slice,
  softmax,
  transpose,
  unary,
} from './builder.js';
import { losses, softplus } from './losses.js';
import type { Node } from './node.js';
import type { Context, Given, Translation, Translations } from './translation.js';
import { averagePool, convolution, depthwise, maxPool } from './windows.js';

const add = (a: Operand, b: Operand): Node => binary('add', a, b);
const sub = (a: Operand, b: Operand): Node => binary('sub', a, b);
const mul = (a: Operand, b: Operand): Node => binary('mul', a, b);
const div = (a: Operand, b: Operand): Node => binary('div', a, b);
const greater = (a: Operand, b: Operand): Node => binary('greater', a, b);

/** The translation of an op of one tensor, by its attributes. */
const of = (nodes: (x: Node, attributes: Given, context: Context) => Node): Translation => ({
  nodes: ([x], attributes, context) => nodes(x!, attributes, context),
});

const ofTwo = (nodes: (a: Node, b: Node) => Node): Translation => ({ nodes: ([a, b]) => nodes(a!, b!) });

const number = (attributes: Given, name: string): number => attributes[name] as number;

const axesOf = ({ axes }: Given, x: Node): Axes => (axes ?? x.shape.map((_, axis) => axis)) as Axes;

/** A reduction whose axes are kept, brought to the shape that the op gave. */
const reduction = (kept: (x: Node, axes: Axes, attributes: Given) => Node): Translation =>
  of((x, attributes, { shapes }) => reshape(kept(x, axesOf(attributes, x), attributes), shapes[0]!));

const square = (x: Node): Node => mul(x, x);

function variance(x: Node, axes: Axes): Node {
  return reduce('mean', square(sub(x, reduce('mean', x, axes))), axes);
}

const negative = (x: Node): Node => mul(x, -1);

/** x clipped to a range; beyond the bounds no gradient passes. */
const clip = (x: Node, min: number, max: number): Node => {
  const above = min === -Infinity ? x : select(greater(min, x), min, x);
  return max === Infinity ? above : select(greater(above, max), max, above);
};

const hardSigmoid = (x: Node): Node => {
  const line = add(div(x, 6), 0.5);
  return select(greater(x, -3), select(greater(3, x), line, 1), 0);
};

const SELU = { scale: 1.0507009873554805, alpha: 1.6732632423543772 };

/** α (eˣ − 1) below 0. The exponential is that of min(x, 0), which does not overflow. */
const elu = (x: Node, alpha: number): Node =>
  select(greater(x, 0), x, mul(alpha, sub(unary('exp', binary('minimum', x, 0)), 1)));

/** √(2/π) and the cubic term of the gelu that takes a tanh. */
const TANH_GELU = [Math.sqrt(2 / Math.PI), 0.044715] as const;

const gelu = (x: Node, approximate: boolean): Node => {
  const [slope, cubic] = TANH_GELU;
  const inner = approximate
    ? unary('tanh', mul(slope, add(x, mul(cubic, mul(x, square(x))))))
    : unary('erf', mul(x, Math.SQRT1_2));
  return mul(mul(0.5, x), add(1, inner));
};

/** The ranges of a slice, one axis after the other; `shape` lacks the axes that an index drops. */
function sliced(x: Node, ranges: readonly Range[], shape: readonly number[]): Node {
  const inside = (at: number, n: number): number => Math.min(Math.max(at < 0 ? at + n : at, 0), n);
  const cut = ranges.reduce<Node>((part, range, axis) => {
    const n = x.shape[axis]!;
    if (typeof range === 'number') {
      const at = range < 0 ? range + n : range;
      return slice(part, axis, at, at + 1);
    }
    const [start = 0, stop = n, step = 1] = range;
    return slice(part, axis, inside(start, n), inside(stop, n), step);
  }, x);
  return reshape(cut, shape);
}

/** Known ids that count from the end of an axis of n, counted from its start: C reads no others. */
function fromStart(ids: Node, n: number): Node {
  if (ids.kind !== 'constant') return ids;
  const known = ids.attributes['data'] as readonly number[];
  return { ...ids, attributes: { ...ids.attributes, data: known.map((id) => (id < 0 ? id + n : id)) } };
}

/** Rows of any axis: the axis comes first, and then goes back. */
function gathered(x: Node, ids: Node, axis: number): Node {
  const [at] = positiveAxes(axis, x.shape.length) as [number];
  const rest = x.shape.map((_, i) => i).filter((i) => i !== at);
  const rows = gather(transpose(x, [at, ...rest]), fromStart(ids, x.shape[at]!));
  const rank = ids.shape.length;
  const order = [
    ...Array.from({ length: at }, (_, i) => rank + i),
    ...Array.from({ length: rank }, (_, i) => i),
    ...Array.from({ length: rest.length - at }, (_, i) => rank + at + i),
  ];
  return transpose(rows, order);
}

/** Matrices of a product; a vector is a row on the left and a column on the right. */
function product(a: Node, b: Node, shape: readonly number[]): Node {
  const left = a.shape.length === 1 ? reshape(a, [1, ...a.shape]) : a;
  const right = b.shape.length === 1 ? reshape(b, [...b.shape, 1]) : b;
  return reshape(matmul(left, right), shape);
}

const penalty = (l1: number, l2: number) =>
  of((w) => {
    const all = w.shape.map((_, axis) => axis);
    const sum = (x: Node): Node => reshape(reduce('sum', x, all), []);
    const parts = [
      ...(l1 === 0 ? [] : [mul(l1, sum(unary('abs', w)))]),
      ...(l2 === 0 ? [] : [mul(l2, sum(square(w)))]),
    ];
    return parts.length === 0 ? mul(0, sum(w)) : parts.reduce(add);
  });

const penaltyBy: Translation = {
  nodes: (inputs, attributes, context) =>
    penalty(
      (attributes['l1'] as number | undefined) ?? 0,
      (attributes['l2'] as number | undefined) ?? 0,
    ).nodes(inputs, attributes, context),
};

/** How each op of the package becomes nodes. */
export const translations: Translations = {
  add: ofTwo(add),
  sub: ofTwo(sub),
  mul: ofTwo(mul),
  div: ofTwo(div),
  neg: of(negative),
  square: of(square),
  sqrt: of((x) => unary('sqrt', x)),
  exp: of((x) => unary('exp', x)),
  log: of((x) => unary('log', x)),
  abs: of((x) => unary('abs', x)),
  sin: of((x) => unary('sin', x)),
  cos: of((x) => unary('cos', x)),
  erf: of((x) => unary('erf', x)),
  tanh: of((x) => unary('tanh', x)),
  sigmoid: of((x) => unary('sigmoid', x)),
  softplus: of(softplus),
  relu: of((x) => select(greater(x, 0), x, 0)),
  silu: of((x) => mul(x, unary('sigmoid', x))),
  gelu: of((x, { approximate }) => gelu(x, approximate === true)),
  leakyRelu: of((x, given) => select(greater(x, 0), x, mul(number(given, 'slope'), x))),
  prelu: ofTwo((x, slope) => select(greater(x, 0), x, mul(slope, x))),
  elu: of((x, given) => elu(x, number(given, 'alpha'))),
  selu: of((x) => mul(SELU.scale, elu(x, SELU.alpha))),
  mish: of((x) => mul(x, unary('tanh', softplus(x)))),
  hardSigmoid: of(hardSigmoid),
  hardSwish: of((x) => mul(x, hardSigmoid(x))),
  maximum: ofTwo((a, b) => binary('maximum', a, b)),
  minimum: ofTwo((a, b) => binary('minimum', a, b)),
  clip: of((x, given) => clip(x, number(given, 'min'), number(given, 'max'))),
  where: { nodes: ([a, b], { condition }, { nodeOf }) => select(nodeOf(condition), a!, b!) },
  equal: ofTwo((a, b) => binary('equal', a, b)),
  notEqual: ofTwo((a, b) => sub(1, binary('equal', a, b))),
  greater: ofTwo(greater),
  less: ofTwo((a, b) => greater(b, a)),
  stopGradient: of((x) => unary('stop', x)),

  sum: reduction((x, axes) => reduce('sum', x, axes)),
  mean: reduction((x, axes) => reduce('mean', x, axes)),
  max: reduction((x, axes) => reduce('max', x, axes)),
  min: reduction((x, axes) => negative(reduce('max', negative(x), axes))),
  variance: reduction(variance),
  logSumExp: reduction((x, axes) => {
    const most = unary('stop', reduce('max', x, axes));
    return add(most, unary('log', reduce('sum', unary('exp', sub(x, most)), axes)));
  }),
  softmax: of((x, attributes) => softmax('softmax', x, axesOf(attributes, x))),
  logSoftmax: of((x, attributes) => softmax('logSoftmax', x, axesOf(attributes, x))),
  matmul: { nodes: ([a, b], _, { shapes }) => product(a!, b!, shapes[0]!) },

  reshape: of((x, _, { shapes }) => reshape(x, shapes[0]!)),
  squeeze: of((x, _, { shapes }) => reshape(x, shapes[0]!)),
  unsqueeze: of((x, _, { shapes }) => reshape(x, shapes[0]!)),
  broadcastTo: of((x, _, { shapes }) => expand(x, shapes[0]!)),
  transpose: of((x, { order }) => {
    const rank = x.shape.length;
    const given = (order as readonly number[] | undefined) ?? x.shape.map((_, axis) => rank - 1 - axis);
    return transpose(
      x,
      given.map((axis) => (axis < 0 ? axis + rank : axis)),
    );
  }),
  slice: of((x, { ranges }, { shapes }) => sliced(x, ranges as readonly Range[], shapes[0]!)),
  concat: { nodes: (parts, given) => concat(parts, number(given, 'axis')) },
  split: {
    nodes([x], given, { shapes }) {
      const [axis] = positiveAxes(number(given, 'axis'), x!.shape.length) as [number];
      let from = 0;
      return shapes.map((shape) => slice(x!, axis, from, (from += shape[axis]!)));
    },
  },
  gather: { nodes: ([x], { indices, axis }, { idsOf }) => gathered(x!, idsOf(indices), axis as number) },

  conv2d: {
    nodes: ([x, kernel], { laying, groups }, { isWhole }) =>
      convolution(x!, kernel!, {
        where: 'conv2d',
        laying: laying as Laying,
        groups: groups as number,
        isWhole,
      }),
  },
  depthwiseConv2d: {
    nodes: ([x, kernel], { laying }, { isWhole }) =>
      depthwise(x!, kernel!, { where: 'depthwiseConv2d', laying: laying as Laying, isWhole }),
  },
  maxPool2d: of((x, { size, laying }, { isWhole }) =>
    maxPool(x, { where: 'maxPool2d', size: size as Pair, laying: laying as Laying, isWhole }),
  ),
  averagePool2d: of((x, { size, laying }, { isWhole }) =>
    averagePool(x, { where: 'averagePool2d', size: size as Pair, laying: laying as Laying, isWhole }),
  ),

  dropout: {
    isRandom: true,
    nodes: ([x], { rate, mask }) => dropout(x!, rate as number, mask as readonly number[]),
  },

  l1: penaltyBy,
  l2: penaltyBy,
  l1_l2: penaltyBy,
  ...attention,
  ...losses,
};
