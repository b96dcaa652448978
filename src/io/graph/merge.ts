import { NormtapeError } from '../../error.js';
import {
  type BatchForm,
  type Node,
  type NodeAttributes,
  type Output,
  type Place,
  type Size,
  inOrder,
} from './node.js';

/** The same graph at two batch sizes. */
export interface Pair {
  readonly where: string;
  readonly batch: readonly [number, number];
  readonly outputs: readonly (readonly [Output<number>, Output<number>])[];
  /** The call that a node of the first graph comes from. */
  readonly places: ReadonlyMap<Node, Place>;
}

/** How a number may depend on the batch size: for a factor k = f · batch, and back. */
const FORMS: readonly { readonly form: BatchForm; of(k: number): number; back(value: number): number }[] = [
  { form: 'k', of: (k) => k, back: (v) => v },
  { form: '1/k', of: (k) => 1 / k, back: (v) => 1 / v },
  { form: 'k-1', of: (k) => k - 1, back: (v) => v + 1 },
  { form: '1/(k-1)', of: (k) => 1 / (k - 1), back: (v) => 1 / v + 1 },
  { form: 'k/(k-1)', of: (k) => k / (k - 1), back: (v) => v / (v - 1) },
];

/** The number for a k of a form. */
export const formed = (form: BatchForm, k: number): number => FORMS.find((one) => one.form === form)!.of(k);

/**
 * One graph of two that were traced at different batch sizes: each size that differs becomes a multiple of the batch.
 *
 * @throws {NormtapeError} If the graphs differ in anything else.
 */
export function merged(pair: Pair): readonly Output[] {
  const done = new Map<Node, readonly [Node, Node<Size>]>();
  const order = inOrder(pair.outputs.map(([{ node }]) => node));
  const others = new Map<Node, Node>();
  const match = (a: Node, b: Node): void => {
    // From each output down: inputs of the same position belong together.
    const stack: [Node, Node][] = [[a, b]];
    for (let next = stack.pop(); next; next = stack.pop()) {
      const [one, other] = next;
      const known = others.get(one);
      if (known && known !== other) fail(pair, order, one, 'other values');
      if (known) continue;
      others.set(one, other);
      if (one.kind !== other.kind || one.inputs.length !== other.inputs.length)
        fail(pair, order, one, 'other operations');
      one.inputs.forEach((input, i) => stack.push([input, other.inputs[i]!]));
    }
  };
  for (const [a, b] of pair.outputs) match(a.node, b.node);
  for (const node of order) {
    const other = others.get(node)!;
    const inputs = node.inputs.map((input) => done.get(input)![1]);
    const refuse = (): never => fail(pair, order, node, 'numbers');
    const place = pair.places.get(node);
    const made = joined(pair, node, other, inputs, refuse);
    done.set(node, [other, place ? { ...made, place } : made]);
  }
  return pair.outputs.map(([{ name, node }]) => ({ name, node: done.get(node)![1] }));
}

function joined(
  { batch }: Pair,
  a: Node,
  b: Node,
  inputs: readonly Node<Size>[],
  refuse: () => never,
): Node<Size> {
  const sizeOf = (m: number, n: number): Size => {
    if (m === n) return m;
    const factor = m / batch[0];
    return factor === n / batch[1] ? { batch: factor } : refuse();
  };
  const shapeOf = (): Size[] =>
    a.shape.length === b.shape.length ? a.shape.map((n, axis) => sizeOf(n, b.shape[axis]!)) : refuse();
  if (a.kind === 'constant') return joinedConstant(a, b, { batch, shapeOf, refuse });
  return {
    kind: a.kind,
    inputs,
    shape: shapeOf(),
    // A weight is the same in both, and need not be compared.
    attributes:
      a.kind === 'weight' ? a.attributes : joinedAttributes(a.attributes, b.attributes, sizeOf, refuse),
  };
}

function joinedAttributes(
  a: NodeAttributes,
  b: NodeAttributes,
  sizeOf: (m: number, n: number) => Size,
  refuse: () => never,
): NodeAttributes {
  const both = (x: unknown, y: unknown): unknown => {
    if (typeof x === 'number' && typeof y === 'number') return sizeOf(x, y);
    if (Array.isArray(x) && Array.isArray(y))
      return x.length === y.length ? x.map((item, i) => both(item, y[i])) : refuse();
    return x === y ? x : refuse();
  };
  return Object.fromEntries(
    Object.entries(a).flatMap(([name, value]) =>
      typeof value === 'function' ? [] : [[name, both(value, b[name])]],
    ),
  );
}

interface Joining {
  readonly batch: readonly [number, number];
  shapeOf(): Size[];
  refuse(): never;
}

/** A constant that is the same in both, or one number that depends on the batch size or is repeated along it. */
function joinedConstant(a: Node, b: Node, { batch, shapeOf, refuse }: Joining): Node<Size> {
  const [left, right] = [a, b].map(({ attributes }) => attributes['data'] as readonly number[]) as [
    readonly number[],
    readonly number[],
  ];
  const isSame = left.length === right.length && left.every((value, i) => Object.is(value, right[i]));
  const shape = shapeOf();
  if (isSame && shape.every((n) => typeof n === 'number'))
    return { kind: 'constant', inputs: [], shape, attributes: a.attributes };
  const [[first = 0], [second = 0]] = [left, right];
  const isOne = (data: readonly number[], value: number): boolean => data.every((n) => Object.is(n, value));
  if (!isOne(left, first) || !isOne(right, second)) return refuse();
  const { type } = a.attributes;
  const one: Node<Size> =
    first === second
      ? {
          kind: 'constant',
          inputs: [],
          shape: [],
          attributes: { data: [first], ...(type !== undefined && { type }) },
        }
      : { kind: 'size', inputs: [], shape: [], attributes: formOf(first, second, batch) ?? refuse() };
  return shape.length === 0 ? one : { kind: 'expand', inputs: [one], shape, attributes: {} };
}

/** The factor and the form by which a number depends on the batch size. */
function formOf(
  a: number,
  b: number,
  [m, n]: readonly [number, number],
): { readonly factor: number; readonly form: BatchForm } | undefined {
  if (m === n) return undefined;
  for (const { form, back } of FORMS) {
    const factor = Math.round((back(a) / m) * 1e9) / 1e9;
    // 1/k of a 0 is infinite, and close to any number.
    if (factor > 0 && factor < Infinity && Math.abs(back(b) - factor * n) <= 1e-9 * factor * n)
      return { factor, form };
  }
  return undefined;
}

/** Throws, in the name of the first op whose value depends on the node. */
function fail({ where, places, batch }: Pair, order: readonly Node[], node: Node, what: string): never {
  const below = new Set<Node>([node]);
  let place = places.get(node);
  for (const one of order) {
    if (place !== undefined) break;
    if (!below.has(one) && one.inputs.some((input) => below.has(input))) below.add(one);
    if (below.has(one)) place = places.get(one);
  }
  const isFixed = batch[0] === batch[1];
  throw new NormtapeError({
    where: place === undefined ? where : `${where}: ${place.op} in ${place.module}`,
    expected: isFixed
      ? 'the same computation for every input'
      : 'the same computation for every batch size, but for sizes in proportion to it',
    received: isFixed
      ? `${what} that differ from one input to another`
      : `${what} that differ between batches of ${batch[0]} and ${batch[1]}`,
    hint: isFixed
      ? 'Numbers that are read out of a tensor become constants.'
      : "Fix the batch: state a number in place of 'batch' in input.",
  });
}
