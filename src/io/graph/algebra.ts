import { along, positiveAxes, sizeOf } from '../../array/index.js';
import type { Algebra } from '../../norms/algebra.js';
import { type Operand, binary, concat, reduce, reshape, scalar, slice, unary } from './builder.js';
import type { Node } from './node.js';

const two =
  (kind: Parameters<typeof binary>[0]) =>
  (a: Operand, b: Operand): Node =>
    binary(kind, a, b);

/** The algebra of formulas over nodes: a norm becomes the nodes of its formula. */
export const nodes: Algebra<Node> = {
  shape: ({ shape }) => shape,
  reshape,
  add: two('add'),
  sub: two('sub'),
  mul: two('mul'),
  div: two('div'),
  abs: (x) => unary('abs', x),
  sqrt: (x) => unary('sqrt', x),
  exp: (x) => unary('exp', x),
  log: (x) => unary('log', x),
  tanh: (x) => unary('tanh', x),
  sin: (x) => unary('sin', x),
  cos: (x) => unary('cos', x),
  sigmoid: (x) => unary('sigmoid', x),
  erf: (x) => unary('erf', x),
  maximum: two('maximum'),
  minimum: two('minimum'),
  positive: (x) => binary('greater', x, 0),
  slice: (x, axis, from, to) => slice(x, axis, from, to),
  concat,
  stop: (x) => unary('stop', x),
  sum: (x, axes) => reduce('sum', x, axes),
  mean: (x, axes) => reduce('mean', x, axes),
  max: (x, axes) => reduce('max', x, axes),
  count: ({ shape }, axes) => scalar(sizeOf(along(shape, positiveAxes(axes, shape.length)))),
  variance(x, mean, axes) {
    const offset = binary('sub', x, mean);
    return reduce('mean', binary('mul', offset, offset), axes);
  },
  name: (_, x) => x,
};
