import {
  type Pull,
  binary,
  constant,
  expand,
  gather,
  matmul,
  pad,
  reduce,
  reshape,
  scalar,
  scatterAdd,
  select,
  slice,
  sumTo,
  swapped,
  transpose,
  unary,
} from './builder.js';
import { type Kind, type Node, inOrder } from './node.js';

/** Gradients of the inputs of a node from the gradient g of its value y; undefined if none passes. */
type Rule = (g: Node, y: Node, ...inputs: readonly Node[]) => readonly (Node | undefined)[];

const mul = (a: Node | number, b: Node | number): Node => binary('mul', a, b);
const add = (a: Node | number, b: Node | number): Node => binary('add', a, b);
const sub = (a: Node | number, b: Node | number): Node => binary('sub', a, b);
const div = (a: Node | number, b: Node | number): Node => binary('div', a, b);
const greater = (a: Node | number, b: Node | number): Node => binary('greater', a, b);
const negative = (x: Node): Node => mul(x, -1);

/** The rule of an elementwise function, from its slope. */
const slope =
  (of: (x: Node, y: Node) => Node): Rule =>
  (g, y, x) => [mul(g, of(x!, y))];

/** 1 where a wins, ½ at a tie, 0 elsewhere. */
const share = (a: Node, b: Node): Node => add(greater(a, b), mul(0.5, binary('equal', a, b)));

const axesIn = ({ attributes }: Node): readonly number[] => attributes['axes'] as readonly number[];

const NONE: Rule = (_, __, ...inputs) => inputs.map(() => undefined);

/** The rules, one a kind. They are stated here alone, and know nothing of the pullbacks of ops and norms. */
const RULES: { readonly [K in Kind]: Rule } = {
  input: NONE,
  weight: NONE,
  constant: NONE,
  size: NONE,
  stop: NONE,
  greater: NONE,
  equal: NONE,
  oneHot: NONE,
  abs: slope((x) => sub(greater(x, 0), greater(0, x))),
  // At 0 the slope is infinite: a gradient of 0 stays 0 there.
  sqrt: (g, y) => [select(binary('equal', g, 0), 0, div(mul(0.5, g), y))],
  exp: slope((_, y) => y),
  log: (g, _, x) => [div(g, x!)],
  tanh: slope((_, y) => sub(1, mul(y, y))),
  sin: slope((x) => unary('cos', x)),
  cos: slope((x) => negative(unary('sin', x))),
  sigmoid: slope((_, y) => mul(y, sub(1, y))),
  erf: slope((x) => mul(2 / Math.sqrt(Math.PI), unary('exp', negative(mul(x, x))))),
  add: (g, _, a, b) => [sumTo(g, a!.shape), sumTo(g, b!.shape)],
  sub: (g, _, a, b) => [sumTo(g, a!.shape), sumTo(negative(g), b!.shape)],
  mul: (g, _, a, b) => [sumTo(mul(g, b!), a!.shape), sumTo(mul(g, a!), b!.shape)],
  div: (g, y, a, b) => {
    const ofA = div(g, b!);
    return [sumTo(ofA, a!.shape), sumTo(negative(mul(ofA, y)), b!.shape)];
  },
  maximum: (g, _, a, b) => [sumTo(mul(g, share(a!, b!)), a!.shape), sumTo(mul(g, share(b!, a!)), b!.shape)],
  minimum: (g, _, a, b) => [sumTo(mul(g, share(b!, a!)), a!.shape), sumTo(mul(g, share(a!, b!)), b!.shape)],
  select: (g, _, condition, a, b) => [
    undefined,
    sumTo(select(condition!, g, 0), a!.shape),
    sumTo(select(condition!, 0, g), b!.shape),
  ],
  reshape: (g, _, x) => [reshape(g, x!.shape)],
  expand: (g, _, x) => [sumTo(g, x!.shape)],
  transpose: (g, { attributes }) => {
    const order = attributes['order'] as readonly number[];
    return [
      transpose(
        g,
        order.map((_, axis) => order.indexOf(axis)),
      ),
    ];
  },
  slice: (g, { attributes }, x) => {
    const { axis, start, step } = attributes as { axis: number; start: number; step: number };
    const n = x!.shape[axis]!;
    const apart = step === 1 ? g : spread(g, axis, step);
    const room = apart.shape[axis]!;
    // The zeros after the last element may reach beyond the axis.
    const within = slice(apart, axis, 0, Math.min(room, n - start));
    const only = (count: number): number[] => x!.shape.map((_, i) => (i === axis ? count : 0));
    return [pad(within, only(start), only(n - start - within.shape[axis]!))];
  },
  pad: (g, { attributes }, x) => {
    const before = attributes['before'] as readonly number[];
    return [x!.shape.reduce<Node>((part, n, axis) => slice(part, axis, before[axis]!, before[axis]! + n), g)];
  },
  concat: (g, { attributes }, ...parts) => {
    const axis = attributes['axis'] as number;
    let from = 0;
    return parts.map(({ shape }) => slice(g, axis, from, (from += shape[axis]!)));
  },
  gather: (g, _, x, ids) => [scatterAdd(g, ids!, x!.shape[0]!), undefined],
  scatterAdd: (g, _, __, ids) => [gather(g, ids!), undefined],
  sum: (g, _, x) => [expand(g, x!.shape)],
  mean: (g, y, x) => {
    const count = axesIn(y).reduce((product, axis) => product * x!.shape[axis]!, 1);
    return [expand(div(g, scalar(count)), x!.shape)];
  },
  // Ties share the gradient evenly.
  max: (g, y, x) => {
    const isLargest = binary('equal', x!, y);
    return [mul(isLargest, div(g, reduce('sum', isLargest, axesIn(y))))];
  },
  softmax: (g, y) => [mul(y, sub(g, reduce('sum', mul(g, y), y.attributes['axis'] as number)))],
  logSoftmax: (g, y) => [sub(g, mul(unary('exp', y), reduce('sum', g, y.attributes['axis'] as number)))],
  matmul: (g, _, a, b) => [sumTo(matmul(g, swapped(b!)), a!.shape), sumTo(matmul(swapped(a!), g), b!.shape)],
  ruled: (g, { attributes }) => [undefined, ...(attributes['pull'] as Pull)(g)],
  dropout: () => onlyForInference(),
  layerNorm: () => onlyForInference(),
  conv: () => onlyForInference(),
  maxPool: () => onlyForInference(),
  averagePool: () => onlyForInference(),
};

function onlyForInference(): never {
  throw new Error('No gradient is taken of a graph that has such nodes.');
}

/** The elements along an axis with step − 1 zeros after each. */
function spread(x: Node, axis: number, step: number): Node {
  const at = axis + 1;
  const apart = reshape(x, [...x.shape.slice(0, at), 1, ...x.shape.slice(at)]);
  const only = apart.shape.map((_, i) => (i === at ? step - 1 : 0));
  const padded = pad(
    apart,
    only.map(() => 0),
    only,
  );
  return reshape(
    padded,
    x.shape.map((n, i) => (i === axis ? n * step : n)),
  );
}

/** The gradients of a loss of rank 0 by some nodes; undefined if the loss does not depend on one. */
export function gradientsOf(loss: Node, wanted: readonly Node[]): readonly (Node | undefined)[] {
  const order = inOrder([loss]);
  const needed = new Set<Node>(wanted);
  for (const node of order) if (node.inputs.some((input) => needed.has(input))) needed.add(node);
  const gradients = new Map<Node, Node>([[loss, constant([1], [])]]);
  for (const node of [...order].reverse()) {
    const g = gradients.get(node);
    if (!g || !needed.has(node)) continue;
    const pulled = RULES[node.kind](g, node, ...node.inputs);
    node.inputs.forEach((input, i) => {
      const part = pulled[i];
      if (!part || !needed.has(input)) return;
      const before = gradients.get(input);
      gradients.set(input, before ? add(before, part) : part);
    });
  }
  return wanted.map((node) => gradients.get(node));
}
