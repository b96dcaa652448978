import { type Node, inOrder } from '../graph/node.js';

/** Nodes of calls of one module that ran one after the other. */
export interface Section<S = number> {
  readonly module: string;
  readonly nodes: readonly Node<S>[];
}

/** The nodes of a graph, or some of them, by the module that computes them; each comes after those that it needs. */
export function sectionsOf<S>(
  outputs: readonly Node<S>[],
  isMeant: (node: Node<S>) => boolean,
): readonly Section<S>[] {
  const order = inOrder(outputs);
  const positions = new Map<Node<S>, number>();
  // A node that two calls share runs with the first.
  for (const node of [...order].reverse()) {
    const own = Math.min(positions.get(node) ?? Infinity, node.place?.index ?? Infinity);
    positions.set(node, own);
    for (const input of node.inputs) positions.set(input, Math.min(own, positions.get(input) ?? Infinity));
  }
  const sections: { module: string; nodes: Node<S>[] }[] = [];
  // Nodes without a position come last; Infinity less Infinity would be no number.
  const position = (node: Node<S>): number => Math.min(positions.get(node)!, Number.MAX_SAFE_INTEGER);
  for (const node of order.filter(isMeant).sort((a, b) => position(a) - position(b))) {
    const last = sections.at(-1);
    const module = node.place?.module ?? last?.module ?? 'output';
    if (last?.module === module) last.nodes.push(node);
    else sections.push({ module, nodes: [node] });
  }
  return sections;
}
