import type { Kind, Node } from '../graph/node.js';
import { type Index, plus, reshapedIndex, times, unreshaped } from './layout.js';
import { BINDING, type Text, atom, literal, operation, within } from './text.js';

/** A helper function that a file has if something calls it. */
export type Helper = 'maximum' | 'minimum' | 'sigmoid';

/** A type of a variable; `real` is that of sums and of what is not stored. */
export type VariableType = 'real' | 'const real' | 'int' | 'const int';

/** What the code of a function is written with. */
export interface Writing {
  /** The type in which numbers are computed. */
  readonly real: string;
  /** An element of a value. */
  element(node: Node, index: Index): Text;
  /** Whether the value of a node is stored. */
  isBuffer(node: Node): boolean;
  /** The element of a stored value at this place in memory. */
  at(node: Node, place: string): Text;
  line(text: string): void;
  /** A loop with a counter. */
  loop(count: number, body: (counter: string) => void): void;
  /** Loops over some axes of a shape; the index is 0 along the others. */
  loops(shape: readonly number[], axes: readonly number[], body: (index: Index) => void): void;
  /** A new variable; returns its name. */
  variable(type: VariableType, wanted: string, start: string): string;
  call(helper: Helper, ...inputs: readonly Text[]): Text;
  /** The place in memory of an index. */
  placeOf(shape: readonly number[], index: Index): string;
}

/** How elements are read: `leaf` by name, `view` at other indices, `selection` of stored values, the others computed. */
export type Form =
  'leaf' | 'view' | 'elementwise' | 'selection' | 'product' | 'reduction' | 'softmax' | 'none';

interface Row {
  readonly form: Form;
  /** Whether it takes so long that it is computed once. */
  readonly isLong?: boolean;
  /** An element of the value. */
  element(to: Writing, node: Node, index: Index): Text;
}

const number = ({ attributes }: Node, name: string): number => attributes[name] as number;

export const numbers = ({ attributes }: Node, name: string): readonly number[] =>
  attributes[name] as readonly number[];

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

/** The places of a window at an index of the output, those beyond the image left out. */
function windows(
  to: Writing,
  node: Node,
  [rows, columns]: readonly [number, number],
  index: Index,
  body: (row: string, column: string, inRow: string, inColumn: string) => void,
): void {
  const [, height, width] = node.inputs[0]!.shape as readonly [number, number, number];
  const [pads, strides] = [numbers(node, 'pads'), numbers(node, 'strides')];
  const dilations = (node.attributes['dilations'] as readonly number[] | undefined) ?? [1, 1];
  const along = (
    axis: 0 | 1,
    size: number,
    count: number,
    name: string,
    next: (at: string, k: string) => void,
  ) =>
    to.loop(count, (k) => {
      const start = plus(times(index[1 + axis]!, strides[axis]!), -pads[axis]!);
      const step = times(k, dilations[axis]!);
      const at = step === '0' ? start : start === '0' ? step : `${start} + ${step}`;
      const last =
        (node.shape[1 + axis]! - 1) * strides[axis]! - pads[axis]! + (count - 1) * dilations[axis]!;
      const isInside = pads[axis] === 0 && last < size;
      if (isInside) return next(at, k);
      const name_ = to.variable('const int', name, at);
      to.line(`if (${name_} < 0 || ${name_} >= ${size}) continue;`);
      next(name_, k);
    });
  along(0, height, rows, 'row', (row, i) =>
    along(1, width, columns, 'column', (column, j) => body(row, column, i, j)),
  );
}

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
  conv: {
    form: 'product',
    element(to, node, index) {
      const [x, kernel] = node.inputs as readonly [Node, Node];
      const [rows, columns, channels, filters] = kernel.shape as readonly [number, number, number, number];
      const groups = number(node, 'groups');
      const filter = index[3]!;
      const each = filters / groups;
      const sum = to.variable('real', 'sum', '0');
      windows(to, node, [rows, columns], index, (row, column, i, j) =>
        to.loop(channels, (k) => {
          const group = each === 1 ? filter : `${filter} / ${each}`;
          const first = groups === 1 ? '' : times(group, channels);
          const channel = first === '' ? k : k === '0' ? first : `${first} + ${k}`;
          const seen = to.element(x, [index[0]!, row, column, channel]);
          const weight = to.element(kernel, [i, j, k, filter]);
          to.line(`${sum} += ${operation(to.real, seen, '*', weight, BINDING.product).text};`);
        }),
      );
      return atom(sum);
    },
  },
  maxPool: {
    form: 'product',
    element(to, node, index) {
      const size = numbers(node, 'size') as readonly [number, number];
      const most = to.variable('real', 'most', '-INFINITY');
      windows(to, node, size, index, (row, column) => {
        const seen = to.element(node.inputs[0]!, [index[0]!, row, column, index[3]!]);
        to.line(`${most} = ${to.call('maximum', atom(most), seen).text};`);
      });
      return atom(most);
    },
  },
  averagePool: {
    form: 'product',
    element(to, node, index) {
      const size = numbers(node, 'size') as readonly [number, number];
      const sum = to.variable('real', 'sum', '0');
      const count = to.variable('int', 'count', '0');
      windows(to, node, size, index, (row, column) => {
        to.line(`${sum} += ${to.element(node.inputs[0]!, [index[0]!, row, column, index[3]!]).text};`);
        to.line(`${count}++;`);
      });
      return operation(to.real, atom(sum), '/', atom(count), BINDING.product);
    },
  },
  dropout: none,
  stop: elementwise((_, x) => x!),
  ruled: { form: 'elementwise', element: (to, { inputs }, index) => to.element(inputs[0]!, index) },
  layerNorm: none,
};
