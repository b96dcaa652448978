import type { Kind, Node } from '../graph/node.js';
import { SLIDING } from './sliding.js';
import { type Form, type Helper, type Row, type Writing, number, numbers } from './writing.js';
import { type Index, plus, reshapedIndex, times, unreshaped } from './layout.js';
import { BINDING, type Text, atom, literal, operation, within } from './text.js';

/** An element of an input that is broadcast. */
function broadcast(to: Writing, node: Node, index: Index): Text {
  const own = index.slice(index.length - node.shape.length);
  return to.element(
    node,
    own.map((at, axis) => (node.shape[axis] === 1 ? '0' : at)),
  );
}

const elementwise = (of: (to: Writing, ...inputs: Text[]) => Text, isLong = false): Row => ({
  form: 'elementwise',
  isLong,
  element: (to, { inputs }, index) => of(to, ...inputs.map((input) => broadcast(to, input, index))),
});

const calling = (name: string): Row => elementwise((_, x) => atom(`${name}(${x!.text})`), true);

const operator = (sign: string, binding: number): Row =>
  elementwise((to, a, b) => operation(to.real, a!, sign, b!, binding));

const helping = (helper: Helper): Row => elementwise((to, ...inputs) => to.call(helper, ...inputs));

const view = (indexOf: (node: Node, index: Index) => Index): Row => ({
  form: 'view',
  element: (to, node, index) => to.element(node.inputs[0]!, indexOf(node, index)),
});

/** Whether an index lies in a range; undefined if it always does. */
function inside(at: string, from: number, to: number, size: number): string | undefined {
  const parts = [...(from > 0 ? [`${at} >= ${from}`] : []), ...(to < size ? [`${at} < ${to}`] : [])];
  return parts.length === 0 ? undefined : parts.join(' && ');
}

const choice = (condition: string, yes: Text, no: Text): Text => ({
  text: `${condition} ? ${within(yes, BINDING.comparison)} : ${within(no, BINDING.condition)}`,
  binding: BINDING.condition,
});

const none: Row = {
  form: 'none',
  element: () => {
    throw new Error('Only training has it.');
  },
};

const leaf: Row = { ...none, form: 'leaf' };
const stored = (form: Form): Row => ({ ...none, form, isLong: true });

/** How an element of each kind of node is computed. Reductions and softmax are computed as a whole. */
export const KINDS: { readonly [K in Kind]: Row } = {
  input: leaf,
  weight: leaf,
  constant: leaf,
  size: none,
  abs: calling('fabs'),
  sqrt: { ...calling('sqrt'), isLong: false },
  exp: calling('exp'),
  log: calling('log'),
  tanh: calling('tanh'),
  sin: calling('sin'),
  cos: calling('cos'),
  erf: calling('erf'),
  sigmoid: { ...helping('sigmoid'), isLong: true },
  add: operator('+', BINDING.sum),
  sub: operator('-', BINDING.sum),
  mul: elementwise((to, a, b) => {
    if (b!.text === '-1.0') return { text: `-${within(a!, BINDING.atom)}`, binding: BINDING.unary };
    return operation(to.real, a!, '*', b!, BINDING.product);
  }),
  div: operator('/', BINDING.product),
  maximum: helping('maximum'),
  minimum: helping('minimum'),
  greater: operator('>', BINDING.comparison),
  equal: operator('==', BINDING.comparison),
  select: elementwise((_, condition, a, b) => {
    const { text, binding } = condition!;
    return choice(binding === BINDING.comparison ? text : `${within(condition!, BINDING.sum)} != 0`, a!, b!);
  }),
  reshape: {
    form: 'view',
    element(to, node, index) {
      const from = unreshaped(node);
      if (to.isBuffer(from)) return to.at(from, to.placeOf(node.shape, index));
      return to.element(from, reshapedIndex(node.shape, from.shape, index));
    },
  },
  expand: {
    form: 'view',
    element: (to, { inputs }, index) => broadcast(to, inputs[0]!, index),
  },
  transpose: view((node, index) => {
    const order = numbers(node, 'order');
    return order.map((_, axis) => index[order.indexOf(axis)]!);
  }),
  slice: view((node, index) =>
    index.map((at, axis) =>
      axis === number(node, 'axis') ? plus(times(at, number(node, 'step')), number(node, 'start')) : at,
    ),
  ),
  pad: {
    form: 'selection',
    element(to, node, index) {
      const x = node.inputs[0]!;
      const before = numbers(node, 'before');
      const conditions = index.flatMap((at, axis) => {
        const condition = inside(at, before[axis]!, before[axis]! + x.shape[axis]!, node.shape[axis]!);
        return condition === undefined ? [] : [condition];
      });
      const own = to.element(
        x,
        index.map((at, axis) => plus(at, -before[axis]!)),
      );
      return choice(conditions.join(' && '), own, literal(number(node, 'value')));
    },
  },
  concat: {
    form: 'selection',
    element(to, node, index) {
      const axis = number(node, 'axis');
      let from = 0;
      const parts = node.inputs.map((input) => {
        const own = to.element(
          input,
          index.map((at, i) => (i === axis ? plus(at, -from) : at)),
        );
        return { own, end: (from += input.shape[axis]!) };
      });
      return parts.reduceRight<Text | undefined>(
        (rest, { own, end }) => (rest ? choice(`${index[axis]!} < ${end}`, own, rest) : own),
        undefined,
      )!;
    },
  },
  gather: {
    form: 'selection',
    element(to, { inputs: [x, ids] }, index) {
      const rank = ids!.shape.length;
      const id = to.element(ids!, index.slice(0, rank)).text;
      return to.element(x!, [id, ...index.slice(rank)]);
    },
  },
  scatterAdd: none,
  oneHot: {
    form: 'elementwise',
    element: (to, { inputs: [ids] }, index) =>
      operation(to.real, to.element(ids!, index.slice(0, -1)), '==', atom(index.at(-1)!), BINDING.comparison),
  },
  sum: stored('reduction'),
  mean: stored('reduction'),
  max: stored('reduction'),
  softmax: stored('softmax'),
  logSoftmax: stored('softmax'),
  matmul: {
    form: 'product',
    element(to, { inputs: [a, b] }, index) {
      const [leading, row, column] = [index.slice(0, -2), index.at(-2)!, index.at(-1)!];
      const sum = to.variable('real', 'sum', '0');
      to.loop(a!.shape.at(-1)!, (k) => {
        const parts = [broadcast(to, a!, [...leading, row, k]), broadcast(to, b!, [...leading, k, column])];
        to.line(`${sum} += ${operation(to.real, parts[0]!, '*', parts[1]!, BINDING.product).text};`);
      });
      return atom(sum);
    },
  },
  ...SLIDING,
  dropout: none,
  stop: elementwise((_, x) => x!),
  ruled: { form: 'elementwise', element: (to, { inputs }, index) => to.element(inputs[0]!, index) },
  layerNorm: none,
};
