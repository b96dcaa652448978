import { type Graph, type Node, type Size, inOrder } from './node.js';

type Sized = Node<Size>;

/**
 * The graph with the nodes of each layer normalization joined into one, which engines compute at once. Only a graph for
 * inference is joined: gradients are made of the nodes in between.
 */
export function joined(graph: Graph): Graph {
  const kept = new Map<Sized, Sized>();
  for (const node of inOrder(graph.outputs.map((output) => output.node))) {
    const made = { ...node, inputs: node.inputs.map((one) => kept.get(one)!) };
    const isLeaf = node.inputs.length === 0;
    const { place } = node;
    const joint = layerNormIn(made);
    kept.set(node, isLeaf ? node : joint ? { ...joint, place } : made);
  }
  const outputs = graph.outputs.map(({ name, node }) => ({ name, node: kept.get(node)! }));
  return { ...graph, outputs };
}

/** β + γ x̂, γ x̂ or x̂ as one node; undefined if it is none of these. */
function layerNormIn(node: Sized): Sized | undefined {
  const { kind, inputs, shape } = node;
  const [a, b] = inputs as [Sized, Sized];
  if (kind === 'div') return unitIn(node);
  if (kind !== 'mul' && kind !== 'add') return undefined;
  for (const [norm, weight] of [
    [a, b],
    [b, a],
  ] as const) {
    if (norm.kind !== 'layerNorm' || norm.shape.length !== shape.length) continue;
    const axis = norm.attributes['axis'] as number;
    const own = weightOf(weight, shape, axis);
    const isNext =
      kind === 'mul' ? norm.attributes['joins'] === 'unit' : norm.attributes['joins'] === 'scaled';
    if (!own || !isNext) continue;
    const joins = kind === 'mul' ? 'scaled' : 'shifted';
    const scaled = kind === 'mul' ? [norm.inputs[0]!, own] : [norm.inputs[0]!, norm.inputs[1]!, own];
    return { kind: 'layerNorm', inputs: scaled, shape, attributes: { ...norm.attributes, joins } };
  }
  return undefined;
}

/** The weight before it was laid onto the axes of x, if it is one number for each place along the normalized axes. */
function weightOf({ kind, inputs }: Sized, shape: readonly Size[], axis: number): Sized | undefined {
  const [weight] = inputs;
  const isLaid = kind === 'reshape' && weight !== undefined;
  const sizes = shape.slice(axis);
  return isLaid && JSON.stringify(weight.shape) === JSON.stringify(sizes) ? weight : undefined;
}

/** (x − x̄) / √(v + ε) over the last axes. */
function unitIn({ inputs: [offset, length], shape }: Sized): Sized | undefined {
  if (offset?.kind !== 'sub' || length?.kind !== 'sqrt') return undefined;
  const [x, mean] = offset.inputs as [Sized, Sized];
  const [sum] = length.inputs as [Sized];
  if (mean.kind !== 'mean' || mean.inputs[0] !== x || sum.kind !== 'add') return undefined;
  const [variance, epsilon] = sum.inputs as [Sized, Sized];
  const axes = mean.attributes['axes'] as readonly number[];
  const isVariance =
    variance.kind === 'mean' &&
    JSON.stringify(variance.attributes['axes']) === JSON.stringify(axes) &&
    variance.inputs[0]?.kind === 'mul' &&
    variance.inputs[0].inputs.every((one) => one === offset);
  const isLast = axes.every((axis, i) => axis === shape.length - axes.length + i);
  const sizes = shape.slice(axes[0]);
  const isNumber = epsilon.kind === 'constant' && epsilon.shape.length === 0;
  if (!isVariance || !isLast || !isNumber || !sizes.every((size) => typeof size === 'number'))
    return undefined;
  const count = sizes.reduce((product, size) => product * size, 1);
  const ones: Sized = {
    kind: 'constant',
    inputs: [],
    shape: sizes,
    attributes: { data: Array<number>(count).fill(1) },
  };
  const [value] = epsilon.attributes['data'] as readonly [number];
  return {
    kind: 'layerNorm',
    inputs: [x, ones],
    shape,
    attributes: { axis: axes[0], epsilon: value, joins: 'unit' },
  };
}
