import { type Graph, type Node, type Size, inOrder, isInteger } from '../graph/node.js';
import { Names, identifier } from '../source/names.js';
import { sectionsOf } from '../source/sections.js';
import { KINDS, type Writing } from './kinds.js';
import { RESERVED, type Text, atom } from './text.js';

type Sized = Node<Size>;

/** The statements of the calls of one module. */
export interface Part {
  readonly module: string;
  readonly lines: readonly string[];
  /** The names of the values that others need. */
  readonly results: readonly string[];
}

/** The statements of a forward pass. */
export interface Forward {
  readonly parts: readonly Part[];
  /** The expression of what it returns. */
  readonly returned: string;
  /** The axis of the input that is as long as the batch, if a statement needs it. */
  readonly batchAxis: number | undefined;
}

/** Numbers that the file of weights holds beside them, by name. */
export type Tables = Map<string, Sized>;

/** Longer expressions get a name of their own. */
const LONGEST = 72;

/** The widest expression of a statement, if it has parts that can be named. */
const WIDEST = 88;

/** Names of values within a part. */
const VALUES: Partial<Readonly<Record<Node['kind'], string>>> = {
  mean: 'mean',
  sum: 'total',
  max: 'largest',
  sqrt: 'length',
  sub: 'offset',
  softmax: 'shares',
};

const NEXT = 'next.';

/** What a graph is written as. */
export function forwardOf(where: string, { inputs, outputs }: Graph, tables: Tables): Forward {
  const results = outputs.filter(({ name }) => !name.startsWith(NEXT));
  const moves = outputs.filter(({ name }) => name.startsWith(NEXT));
  const isLeaf = (node: Sized): boolean => node.inputs.length === 0;
  const all = outputs.map(({ node }) => node);
  const sections = sectionsOf(all, (node) => !isLeaf(node));
  const sectionOf = new Map(sections.flatMap(({ nodes }, i) => nodes.map((node) => [node, i] as const)));
  const users = new Map<Sized, Sized[]>();
  for (const node of inOrder(all))
    for (const input of node.inputs) users.set(input, [...(users.get(input) ?? []), node]);
  const usersOf = (node: Sized): readonly Sized[] => users.get(node) ?? [];
  const moveAt = moves.map(({ name, node }) => placeOfMove(name, node));
  const crosses = (node: Sized): boolean =>
    results.some((output) => output.node === node) ||
    usersOf(node).some((user) => sectionOf.get(user) !== sectionOf.get(node)) ||
    moves.some((move, i) => move.node === node && moveAt[i] !== sectionOf.get(node));

  /** The part in which a statistic moves: after it was computed, and after all that read it as it was. */
  function placeOfMove(name: string, node: Sized): number {
    const own = name.slice(NEXT.length);
    const readers = inOrder(all).filter(({ inputs: from }) =>
      from.some((one) => one.kind === 'weight' && one.attributes['name'] === own),
    );
    return Math.max(...[node, ...readers].map((one) => sectionOf.get(one) ?? 0));
  }

  const shared = new Names(RESERVED);
  const nameOf = new Map<Sized, string>();
  for (const { module, nodes } of sections)
    for (const node of nodes) if (crosses(node)) nameOf.set(node, shared.fresh(identifier(module)));

  const axis = inputs[0]?.shape.findIndex((size) => typeof size !== 'number') ?? -1;
  let needsBatch = false;
  const to: Writing = {
    where,
    batch: () => ((needsBatch = true), 'batch'),
    weight: (name) => atom(`self[${JSON.stringify(name)}]`),
    table(node) {
      const known = [...tables].find(([, one]) => isSame(one, node))?.[0];
      const name = known ?? `tables.${tables.size}`;
      tables.set(name, node);
      return atom(`self[${JSON.stringify(name)}]${isInteger(node) ? '.long()' : ''}`);
    },
  };
  const texts = new Map<Sized, Text>();
  const textOf = (node: Sized): Text => {
    const known = texts.get(node);
    if (known) return known;
    const isLaid = isLaidOnly(node) && usersOf(node).every((user) => isBroadcast(user, node));
    const made = isLaid ? textOf(node.inputs[0]!) : KINDS[node.kind](to, node, ...node.inputs.map(textOf));
    texts.set(node, made);
    return made;
  };
  const parts = sections.map(({ module, nodes }, i): Part => {
    const lines: string[] = [];
    const names = new Names(RESERVED, nameOf.values());
    const assign = (node: Sized): void => {
      const { text, is } = fitting(node);
      const name = nameOf.get(node) ?? names.fresh(VALUES[node.kind] ?? 'value');
      lines.push(`${name} = ${text}`);
      texts.set(node, { ...atom(name), is });
    };
    /** The expression of a node, in which parts have got names if it is long otherwise. */
    const fitting = (node: Sized): Text => {
      const inner = node.inputs.filter(
        (input) => !isLeaf(input) && nodes.includes(input) && texts.get(input)!.binding > 0,
      );
      const [longest] = inner.sort((a, b) => textOf(b).text.length - textOf(a).text.length);
      if (textOf(node).text.length <= WIDEST || !longest) return textOf(node);
      assign(longest);
      texts.delete(node);
      return fitting(node);
    };
    for (const node of nodes) {
      const text = textOf(node);
      const uses = usersOf(node).length + moves.filter((move) => move.node === node).length;
      const isLaid = node.inputs.some((input) => texts.get(input) === text);
      const isShort = text.text.length <= LONGEST || !isStatement(node);
      if (!crosses(node) && ((uses <= 1 && isShort) || text.is === 'number' || isLaid)) continue;
      assign(node);
    }
    moves.forEach(({ name, node }, k) => {
      if (moveAt[k] === i)
        lines.push(`self.move(${JSON.stringify(name.slice(NEXT.length))}, ${textOf(node).text})`);
    });
    const own = nodes.filter(crosses).map((node) => nameOf.get(node)!);
    return { module, lines, results: own };
  });
  const returned = results.map(({ node }) => asTensor(textOf(node)));
  return {
    parts,
    returned: returned.join(', '),
    batchAxis: needsBatch ? axis : undefined,
  };
}

/** Whether a value is only laid onto the last axes of others. */
function isLaidOnly({ kind, shape, inputs }: Sized): boolean {
  if (kind !== 'reshape') return false;
  const before = shape.length - inputs[0]!.shape.length;
  const isSame = JSON.stringify(shape.slice(before)) === JSON.stringify(inputs[0]!.shape);
  return before >= 0 && isSame && shape.slice(0, before).every((size) => size === 1);
}

/** Whether an input of a node is broadcast to another one of at least as many axes. */
const isBroadcast = ({ kind, inputs }: Sized, input: Sized): boolean =>
  ['add', 'sub', 'mul', 'div'].includes(kind) &&
  inputs.some((other) => other !== input && !isLaidOnly(other) && other.shape.length >= input.shape.length);

/** Whether an expression reads well as a statement: not if it only lays numbers out. */
const isStatement = ({ kind }: Sized): boolean => !['reshape', 'transpose', 'expand', 'slice'].includes(kind);

const asTensor = ({ text, is }: Text): string =>
  is === 'number' ? `number(${text})` : is === 'condition' ? `(${text}).to(DTYPE)` : text;

const isSame = (a: Sized, b: Sized): boolean =>
  JSON.stringify([a.shape, a.attributes]) === JSON.stringify([b.shape, b.attributes]);
