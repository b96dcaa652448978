import { along, full, map, onAxis, sizeOf } from '../array/index.js';
import { stopGradient } from '../autograd/recording.js';
import { Tensor } from '../autograd/tape.js';
import type { Algebra } from '../norms/algebra.js';
import * as ops from '../ops/catalog.js';

const kept = { keepDims: true } as const;

type Operand = Tensor | number;

/** An op on tensors that two numbers may be given to as well. */
const onNumbers =
  (op: (a: Operand, b: Operand) => Tensor) =>
  (a: Operand, b: Operand): Tensor =>
    op(typeof a === 'number' && typeof b === 'number' ? new Tensor(full([], a, 'float64')) : a, b);

/** The algebra of formulas on the tape, in float64; the tape derives the gradients itself. */
export const taped: Algebra<Tensor> = {
  shape: ({ shape }) => shape,
  reshape: ops.reshape,
  add: onNumbers(ops.add),
  sub: onNumbers(ops.sub),
  mul: onNumbers(ops.mul),
  div: onNumbers(ops.div),
  abs: ops.abs,
  sqrt: ops.sqrt,
  exp: ops.exp,
  log: ops.log,
  tanh: ops.tanh,
  sin: ops.sin,
  cos: ops.cos,
  sigmoid: ops.sigmoid,
  erf: ops.erf,
  maximum: ops.maximum,
  minimum: ops.minimum,
  positive: ({ value }) => new Tensor(map(value, (v) => Number(v > 0))),
  slice: (x, axis, from, to) => ops.slice(x, onAxis(axis, x.shape.length, [from, to])),
  concat: ops.concat,
  stop: stopGradient,
  sum: (x, axes) => ops.sum(x, axes, kept),
  mean: (x, axes) => ops.mean(x, axes, kept),
  max: (x, axes) => ops.max(x, axes, kept),
  count: ({ shape }, axes) => new Tensor(full([], sizeOf(along(shape, axes)), 'float64')),
  variance: (x, mean, axes) => ops.mean(ops.square(ops.sub(x, mean)), axes, kept),
  name: (_, x) => x,
};
