import { formed } from '../../../src/io/graph/merge.js';
import { type Graph, type Kind, type Node, type Size, inOrder } from '../../../src/io/graph/node.js';

/** An array in row-major order. */
export interface Plain {
  readonly shape: readonly number[];
  readonly data: readonly number[];
}

type Sized = Node<Size>;

const count = (shape: readonly number[]): number => shape.reduce((product, n) => product * n, 1);

/** The indices of every element of a shape, in row-major order. */
function* places(shape: readonly number[]): Generator<number[]> {
  for (let at = 0; at < count(shape); at++) {
    const index = Array<number>(shape.length);
    let rest = at;
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      index[axis] = rest % shape[axis]!;
      rest = Math.floor(rest / shape[axis]!);
    }
    yield index;
  }
}

const offset = (shape: readonly number[], index: readonly number[]): number =>
  index.reduce((at, i, axis) => at * shape[axis]! + i, 0);

/** The element of a broadcast array. */
const at = ({ shape, data }: Plain, index: readonly number[]): number => {
  const own = index.slice(index.length - shape.length);
  return data[
    offset(
      shape,
      own.map((i, axis) => (shape[axis] === 1 ? 0 : i)),
    )
  ]!;
};

const made = (shape: readonly number[], of: (index: number[]) => number): Plain => ({
  shape,
  data: [...places(shape)].map(of),
});

/** The error function, by its series and, far out, its continued fraction. */
function erf(x: number): number {
  const a = Math.abs(x);
  if (a < 3) {
    let [sum, term] = [a, a];
    for (let n = 1; n < 200; n++) {
      term *= (-a * a) / n;
      sum += term / (2 * n + 1);
    }
    return (Math.sign(x) * 2 * sum) / Math.sqrt(Math.PI);
  }
  let fraction = 0;
  for (let n = 60; n > 0; n--) fraction = n / 2 / (a + fraction);
  return Math.sign(x) * (1 - Math.exp(-a * a) / Math.sqrt(Math.PI) / (a + fraction));
}

const UNARY: Partial<Record<Kind, (x: number) => number>> = {
  abs: Math.abs,
  sqrt: Math.sqrt,
  exp: Math.exp,
  log: Math.log,
  tanh: Math.tanh,
  sin: Math.sin,
  cos: Math.cos,
  sigmoid: (x) => 1 / (1 + Math.exp(-x)),
  erf,
  stop: (x) => x,
};

const BINARY: Partial<Record<Kind, (a: number, b: number) => number>> = {
  add: (a, b) => a + b,
  sub: (a, b) => a - b,
  mul: (a, b) => a * b,
  div: (a, b) => a / b,
  maximum: Math.max,
  minimum: Math.min,
  greater: (a, b) => Number(a > b),
  equal: (a, b) => Number(a === b),
};

type Evaluate = (
  node: Sized,
  shape: readonly number[],
  inputs: readonly Plain[],
  of: (size: unknown) => number,
) => Plain;

const reducing =
  (
    start: number,
    step: (sum: number, x: number) => number,
    end = (sum: number, _: number) => sum,
  ): Evaluate =>
  ({ attributes }, shape, [x]) => {
    const axes = attributes['axes'] as readonly number[];
    const sums = Array<number>(count(shape)).fill(start);
    for (const index of places(x!.shape)) {
      const to = offset(
        shape,
        index.map((i, axis) => (axes.includes(axis) ? 0 : i)),
      );
      sums[to] = step(sums[to]!, at(x!, index));
    }
    const n = count(axes.map((axis) => x!.shape[axis]!));
    return { shape, data: sums.map((sum) => end(sum, n)) };
  };

const shifted =
  (end: (x: number, most: number, total: number) => number): Evaluate =>
  ({ attributes }, shape, [x]) => {
    const axis = attributes['axis'] as number;
    const row = (index: readonly number[]): number[] =>
      Array.from({ length: shape[axis]! }, (_, i) =>
        at(
          x!,
          index.map((k, j) => (j === axis ? i : k)),
        ),
      );
    return made(shape, (index) => {
      const all = row(index);
      const most = Math.max(...all);
      return end(
        at(x!, index),
        most,
        all.reduce((sum, v) => sum + Math.exp(v - most), 0),
      );
    });
  };

const OTHERS: Partial<Record<Kind, Evaluate>> = {
  constant: ({ attributes }, shape) => ({ shape, data: attributes['data'] as readonly number[] }),
  weight: ({ attributes }, shape) => ({ shape, data: attributes['data'] as readonly number[] }),
  size: ({ attributes }, shape, _, of) => {
    const { factor, form } = attributes as { factor: number; form: Parameters<typeof formed>[0] };
    return { shape, data: [formed(form, factor * of({ batch: 1 }))] };
  },
  select: (_, shape, [c, a, b]) => made(shape, (i) => (at(c!, i) !== 0 ? at(a!, i) : at(b!, i))),
  ruled: (_, shape, [value]) => ({ shape, data: value!.data }),
  reshape: (_, shape, [x]) => ({ shape, data: x!.data }),
  expand: (_, shape, [x]) => made(shape, (i) => at(x!, i)),
  transpose: ({ attributes }, shape, [x]) => {
    const order = attributes['order'] as readonly number[];
    return made(shape, (i) =>
      at(
        x!,
        order.map((_, axis) => i[order.indexOf(axis)]!),
      ),
    );
  },
  slice: ({ attributes }, shape, [x], of) => {
    const [axis, start, step] = ['axis', 'start', 'step'].map((name) => of(attributes[name])) as [
      number,
      number,
      number,
    ];
    return made(shape, (i) =>
      at(
        x!,
        i.map((k, j) => (j === axis ? start + k * step : k)),
      ),
    );
  },
  pad: ({ attributes }, shape, [x], of) => {
    const before = (attributes['before'] as readonly unknown[]).map(of);
    return made(shape, (i) => {
      const inside = i.map((k, axis) => k - before[axis]!);
      const isInside = inside.every((k, axis) => k >= 0 && k < x!.shape[axis]!);
      return isInside ? at(x!, inside) : (attributes['value'] as number);
    });
  },
  concat: ({ attributes }, shape, parts) => {
    const axis = attributes['axis'] as number;
    return made(shape, (i) => {
      let place = i[axis]!;
      const part = parts.find(({ shape: own }) => place < own[axis]! || ((place -= own[axis]!), false))!;
      return at(
        part,
        i.map((k, j) => (j === axis ? place : k)),
      );
    });
  },
  gather: (_, shape, [x, ids]) => {
    const rank = ids!.shape.length;
    return made(shape, (i) => at(x!, [at(ids!, i.slice(0, rank)), ...i.slice(rank)]));
  },
  scatterAdd: (_, shape, [rows, ids]) => {
    const sums = Array<number>(count(shape)).fill(0);
    const rank = ids!.shape.length;
    for (const i of places(rows!.shape))
      sums[offset(shape, [at(ids!, i.slice(0, rank)), ...i.slice(rank)])]! += at(rows!, i);
    return { shape, data: sums };
  },
  oneHot: (_, shape, [ids]) => made(shape, (i) => Number(at(ids!, i.slice(0, -1)) === i.at(-1))),
  sum: reducing(0, (sum, x) => sum + x),
  mean: reducing(
    0,
    (sum, x) => sum + x,
    (sum, n) => sum / n,
  ),
  max: reducing(-Infinity, Math.max),
  softmax: shifted((x, most, total) => Math.exp(x - most) / total),
  logSoftmax: shifted((x, most, total) => x - most - Math.log(total)),
  matmul: (_, shape, [a, b]) => {
    const inner = a!.shape.at(-1)!;
    return made(shape, (i) => {
      const [lead, m, n] = [i.slice(0, -2), i.at(-2)!, i.at(-1)!];
      const leads = (x: Plain): number[] =>
        lead.slice(lead.length - (x.shape.length - 2)).map((k, axis) => (x.shape[axis] === 1 ? 0 : k));
      let sum = 0;
      for (let k = 0; k < inner; k++) sum += at(a!, [...leads(a!), m, k]) * at(b!, [...leads(b!), k, n]);
      return sum;
    });
  },
};

/** Computes a graph on plain arrays, one node after the other, at some batch size. */
export function interpreted(
  graph: Graph,
  feeds: Readonly<Record<string, Plain>>,
  batch: number,
): Record<string, Plain> {
  const values = new Map<Sized, Plain>();
  const of = (size: unknown): number =>
    typeof size === 'number' ? size : (size as { batch: number }).batch * batch;
  for (const node of inOrder(graph.outputs.map((output) => output.node))) {
    const shape = node.shape.map(of);
    const inputs = node.inputs.map((input) => values.get(input)!);
    values.set(node, evaluated(node, shape, inputs, of, feeds));
  }
  return Object.fromEntries(graph.outputs.map(({ name, node }) => [name, values.get(node)!]));
}

function evaluated(
  node: Sized,
  shape: readonly number[],
  inputs: readonly Plain[],
  of: (size: unknown) => number,
  feeds: Readonly<Record<string, Plain>>,
): Plain {
  const fed = feeds[node.attributes['name'] as string];
  if (fed && (node.kind === 'input' || node.kind === 'weight')) return fed;
  const [one, two, other] = [UNARY[node.kind], BINARY[node.kind], OTHERS[node.kind]];
  const [a, b] = inputs;
  if (one) return { shape, data: a!.data.map(one) };
  if (two) return made(shape, (i) => two(at(a!, i), at(b!, i)));
  if (other) return other(node, shape, inputs, of);
  throw new Error(`The interpreter of the tests has no ${node.kind}.`);
}
