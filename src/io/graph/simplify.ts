import { type Node, type Output, type Size, inOrder } from './node.js';

type Sized = Node<Size>;

/**
 * The same graph with each value computed once, and without products with 1. Constants are joined only
 * here: while a model is traced, a number may be a batch size by chance. Nodes that change gradients alone are left out,
 * unless they are kept.
 */
export function simplified(outputs: readonly Output[], keepsRules = false): readonly Output[] {
  const kept = new Map<Sized, Sized>();
  const known = new Map<string, Sized>();
  const ids = new Map<Sized, number>();
  const idOf = (node: Sized): number => {
    const id = ids.get(node) ?? ids.size;
    ids.set(node, id);
    return id;
  };
  for (const node of inOrder(outputs.map((output) => output.node))) {
    const inputs = node.inputs.map((one) => kept.get(one)!);
    const isRule = node.kind === 'ruled' || node.kind === 'stop';
    const simple = isRule && keepsRules ? undefined : withoutEffect({ ...node, inputs });
    if (simple) {
      kept.set(node, simple);
      continue;
    }
    const { kind, shape, attributes } = node;
    const key = JSON.stringify([
      kind,
      inputs.map(idOf),
      shape,
      kind === 'weight' ? attributes['name'] : keyed(attributes),
    ]);
    const made = known.get(key) ?? { ...node, inputs };
    known.set(key, made);
    kept.set(node, made);
  }
  return outputs.map(({ name, node }) => ({ name, node: kept.get(node)! }));
}

/** Attributes as JSON can tell them apart: it writes −0 as 0, and NaN and infinities as null. */
const keyed = (attributes: Sized['attributes']): unknown =>
  Object.entries(attributes).map(([name, value]) => [
    name,
    name === 'data'
      ? (value as readonly number[]).map((n) => (Object.is(n, -0) ? '-0' : String(n))).join()
      : String(JSON.stringify(value)) + (typeof value === 'number' ? String(value) : ''),
  ]);

const sameShape = (a: Sized, b: Sized): boolean => JSON.stringify(a.shape) === JSON.stringify(b.shape);

const isNumber = ({ kind, attributes, shape }: Sized, value: number): boolean =>
  kind === 'constant' && shape.length === 0 && (attributes['data'] as readonly number[])[0] === value;

/** What the node leaves as it is; undefined if it computes something. */
function withoutEffect(node: Sized): Sized | undefined {
  const [a, b] = node.inputs;
  const isIdentity =
    node.kind === 'ruled' ||
    node.kind === 'stop' ||
    ((node.kind === 'mul' || node.kind === 'div') && isNumber(b!, 1));
  if (isIdentity && sameShape(node, a!)) return a;
  if (node.kind === 'mul' && isNumber(a!, 1) && sameShape(node, b!)) return b;
  if (node.kind === 'reshape' && a!.kind === 'reshape') {
    const [inner] = a!.inputs;
    return sameShape(node, inner!) ? inner : undefined;
  }
  return undefined;
}
