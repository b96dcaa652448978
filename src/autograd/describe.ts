import { demand, demandFunction } from '../demand.js';
import { choice, isMap, resolveBeside } from '../option/index.js';
import { synchronous } from './promise.js';
import { recording } from './recording.js';
import type { Entry, Tensor } from './tape.js';

const OPTIONS = {
  format: choice('text', 'The language of the description.', ['text', 'mermaid', 'graphviz']),
};

/** The languages in which a tape can be described. */
export type TapeFormat = 'text' | 'mermaid' | 'graphviz';

/**
 * Describes the tape of f: as text, with a line for each op, its inputs and its outputs; or as a graph, in the language
 * of Mermaid or of Graphviz. Tensors that no op made are leaves; `names` gives them better names than their numbers.
 */
export function describeTape(f: () => unknown, given: DescribeOptions = {}): string {
  const where = 'describeTape';
  const { format, names = new Map<Tensor, string>() } = resolveBeside(where, OPTIONS, given, ['names']);
  demandFunction(where, f);
  demand(`${where}.names`, 'a Map of names by tensors', isMap, names);
  const { value, entries, region } = recording(f);
  // Tensors that f made stay readable.
  region.transferToOuter();
  synchronous(where, value, 'The tape ends when f returns: await before it.');
  const graph = graphOf(entries, names);
  return { text, mermaid, graphviz }[format](graph);
}

/** The options of `describeTape`. */
export interface DescribeOptions {
  /** Text, or the language of Mermaid or Graphviz. Default: text. */
  readonly format?: TapeFormat;
  /** Leaves by name, such as the parameters of a module. */
  readonly names?: ReadonlyMap<Tensor, string>;
}

interface Node {
  readonly id: string;
  readonly label: string;
  readonly leaf: boolean;
  /** The ids of the nodes whose tensors it read. */
  readonly from: readonly string[];
}

function graphOf(entries: readonly Entry[], names: ReadonlyMap<Tensor, string>): readonly Node[] {
  const nodes: Node[] = [];
  const made = new Map<Tensor, string>();
  const kind = ({ shape, dtype }: Tensor): string => `${JSON.stringify(shape)} ${dtype}`;
  const idOf = (tensor: Tensor): string => {
    const known = made.get(tensor);
    if (known !== undefined) return known;
    const id = `leaf${nodes.filter(({ leaf }) => leaf).length}`;
    made.set(tensor, id);
    nodes.push({ id, label: `${names.get(tensor) ?? id} ${kind(tensor)}`, leaf: true, from: [] });
    return id;
  };
  entries.forEach(({ op, inputs, outputs }, i) => {
    const from = inputs.map(idOf);
    const id = `op${i}`;
    for (const output of outputs) made.set(output, id);
    nodes.push({ id, label: `${op} ${outputs.map(kind).join(', ')}`, leaf: false, from });
  });
  return nodes;
}

const text = (nodes: readonly Node[]): string =>
  nodes
    .map(({ id, label, from }) => `${id}: ${label}${from.length ? ` from ${from.join(', ')}` : ''}`)
    .join('\n');

const mermaid = (nodes: readonly Node[]): string =>
  [
    'flowchart TD',
    ...nodes.map(({ id, label, leaf }) => `  ${id}${leaf ? `(["${label}"])` : `["${label}"]`}`),
    ...edges(nodes).map(([from, to]) => `  ${from} --> ${to}`),
  ].join('\n');

const graphviz = (nodes: readonly Node[]): string =>
  [
    'digraph tape {',
    ...nodes.map(({ id, label, leaf }) => `  ${id} [label="${label}", shape=${leaf ? 'ellipse' : 'box'}];`),
    ...edges(nodes).map(([from, to]) => `  ${from} -> ${to};`),
    '}',
  ].join('\n');

const edges = (nodes: readonly Node[]): [string, string][] =>
  nodes.flatMap(({ id, from }) => from.map((source): [string, string] => [source, id]));
