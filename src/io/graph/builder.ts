import { type NdArray, type Shape, broadcastShape, flat, positiveAxes, sizeOf } from '../../array/index.js';
import type { Kind, Node, NodeAttributes } from './node.js';

/** A node, or a number that stands for a constant of rank 0. */
export type Operand = Node | number;

type Unary = 'abs' | 'sqrt' | 'exp' | 'log' | 'tanh' | 'sin' | 'cos' | 'sigmoid' | 'erf' | 'stop';
type Binary = 'add' | 'sub' | 'mul' | 'div' | 'maximum' | 'minimum' | 'greater' | 'equal';

const node = (kind: Kind, inputs: readonly Node[], shape: Shape, attributes: NodeAttributes = {}): Node => ({
  kind,
  inputs,
  shape,
  attributes,
});

// Each function makes a node, and knows the shape of its value.

/** Numbers that no input changes. */
export const constant = (data: ArrayLike<number>, shape: Shape): Node =>
  node('constant', [], shape, { data: Array.from(data) });

export const scalar = (value: number): Node => constant([value], []);

export const constantOf = (array: NdArray): Node => constant(flat(array), array.shape);

const asNode = (x: Operand): Node => (typeof x === 'number' ? scalar(x) : x);

export const input = (name: string, shape: Shape, type: 'float' | 'integer' = 'float'): Node =>
  node('input', [], shape, { name, type });

export const weight = (name: string, value: NdArray): Node =>
  node('weight', [], value.shape, { name, data: Array.from(flat(value)) });

export const unary = (kind: Unary, x: Node): Node => node(kind, [x], x.shape);

/** Two operands, which are broadcast. A comparison gives 1 and 0. */
export function binary(kind: Binary, a: Operand, b: Operand): Node {
  const [left, right] = [asNode(a), asNode(b)];
  return node(kind, [left, right], broadcastShape(left.shape, right.shape));
}

/** a where the condition is not 0, b elsewhere. */
export function select(condition: Node, a: Operand, b: Operand): Node {
  const [yes, no] = [asNode(a), asNode(b)];
  const shape = broadcastShape(condition.shape, broadcastShape(yes.shape, no.shape));
  return node('select', [condition, yes, no], shape);
}

const alike = (a: Shape, b: Shape): boolean => a.length === b.length && a.every((n, axis) => n === b[axis]);

export const reshape = (x: Node, shape: Shape): Node =>
  alike(x.shape, shape) ? x : node('reshape', [x], [...shape]);

export const expand = (x: Node, shape: Shape): Node =>
  alike(x.shape, shape) ? x : node('expand', [x], [...shape]);

export const transpose = (x: Node, order: readonly number[]): Node =>
  order.every((from, axis) => from === axis)
    ? x
    : node(
        'transpose',
        [x],
        order.map((axis) => x.shape[axis]!),
        { order: [...order] },
      );

/** One range of an axis. */
export function slice(x: Node, axis: number, start: number, stop: number, step = 1): Node {
  const [at] = positiveAxes(axis, x.shape.length);
  if (start === 0 && stop >= x.shape[at!]! && step === 1) return x;
  const end = Math.min(stop, x.shape[at!]!);
  const size = Math.max(0, Math.ceil((end - start) / step));
  const shape = x.shape.map((n, i) => (i === at ? size : n));
  return node('slice', [x], shape, { axis: at, start, stop: end, step });
}

/** A number before and after each axis. */
export const pad = (x: Node, before: readonly number[], after: readonly number[], value = 0): Node =>
  [...before, ...after].every((n) => n === 0)
    ? x
    : node(
        'pad',
        [x],
        x.shape.map((n, axis) => n + before[axis]! + after[axis]!),
        { before: [...before], after: [...after], value },
      );

export function concat(parts: readonly Node[], axis: number): Node {
  const [head] = parts as [Node];
  if (parts.length === 1) return head;
  const [at] = positiveAxes(axis, head.shape.length);
  const total = parts.reduce((sum, { shape }) => sum + shape[at!]!, 0);
  const shape = head.shape.map((n, i) => (i === at ? total : n));
  return node('concat', parts, shape, { axis: at });
}

/** Rows of x along its first axis, by ids of any shape. */
export const gather = (x: Node, ids: Node): Node =>
  node('gather', [x, ids], [...ids.shape, ...x.shape.slice(1)]);

/** The transpose of `gather`: rows added up by their id, [count, …]. */
export const scatterAdd = (rows: Node, ids: Node, count: number): Node =>
  node('scatterAdd', [rows, ids], [count, ...rows.shape.slice(ids.shape.length)], { count });

/** 1 at the place of each id along a new last axis. */
export const oneHot = (ids: Node, count: number): Node =>
  node('oneHot', [ids], [...ids.shape, count], { count });

const axesOf = (axes: number | readonly number[], rank: number): readonly number[] =>
  [...positiveAxes(axes, rank)].sort((a, b) => a - b);

/** A reduction, which keeps its axes with size 1. */
export function reduce(kind: 'sum' | 'mean' | 'max', x: Node, over: number | readonly number[]): Node {
  const axes = axesOf(over, x.shape.length);
  if (axes.length === 0) return x;
  const shape = x.shape.map((n, axis) => (axes.includes(axis) ? 1 : n));
  return node(kind, [x], shape, { axes });
}

export function softmax(kind: 'softmax' | 'logSoftmax', x: Node, over: number | readonly number[]): Node {
  const [axis, ...more] = axesOf(over, x.shape.length);
  if (axis !== undefined && more.length === 0) return node(kind, [x], x.shape, { axis });
  const shifted = binary('sub', x, unary('stop', reduce('max', x, over)));
  const total = reduce('sum', unary('exp', shifted), over);
  return kind === 'softmax'
    ? binary('div', unary('exp', shifted), total)
    : binary('sub', shifted, unary('log', total));
}

/** The product of matrices [..., m, k] and [..., k, n]; leading axes are broadcast. */
export function matmul(a: Node, b: Node): Node {
  const leading = broadcastShape(a.shape.slice(0, -2), b.shape.slice(0, -2));
  return node('matmul', [a, b], [...leading, a.shape.at(-2)!, b.shape.at(-1)!]);
}

/** The last two axes swapped. */
export function swapped(x: Node): Node {
  const axes = x.shape.map((_, axis) => axis);
  return transpose(x, [...axes.slice(0, -2), axes.at(-1)!, axes.at(-2)!]);
}

/** Gradients of what a rule of its own takes back: of each input after the first. */
export type Pull = (gradient: Node) => readonly (Node | undefined)[];

/** The value of the first input; its gradient goes, by a rule of its own, to the others. */
export const ruled = (value: Node, others: readonly Node[], pull: Pull): Node =>
  node('ruled', [value, ...others], value.shape, { pull });

/** The cross-correlation of images [samples, height, width, channels] with a kernel [rows, columns, channels / groups, filters]. */
export const conv = (x: Node, kernel: Node, shape: Shape, attributes: NodeAttributes): Node =>
  node('conv', [x, kernel], shape, attributes);

/** The maximum or the mean of each window of images [samples, height, width, channels]; what is beyond them does not count. */
export const pool = (
  kind: 'maxPool' | 'averagePool',
  x: Node,
  shape: Shape,
  attributes: NodeAttributes,
): Node => node(kind, [x], shape, attributes);

/** A share of the elements set to 0, and the others divided by 1 minus that share; one draw for each element of the mask. */
export const dropout = (x: Node, rate: number, mask: Shape): Node =>
  node('dropout', [x], x.shape, { rate, mask: [...mask] });

/** Sums a gradient over the axes that were broadcast. */
export function sumTo(g: Node, shape: Shape): Node {
  const extra = g.shape.length - shape.length;
  const leading = Array.from({ length: extra }, (_, axis) => axis);
  const stretched = shape.flatMap((n, axis) =>
    n === 1 && g.shape[axis + extra] !== 1 ? [axis + extra] : [],
  );
  return reshape(reduce('sum', g, [...leading, ...stretched]), shape);
}

/** How many elements a shape has, for an error or a mean. */
export const elements = ({ shape }: Node): number => sizeOf(shape);
