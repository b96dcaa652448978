import { sizeOf } from '../../array/index.js';
import { type Node, type Output, inOrder } from '../graph/node.js';
import { type Section, sectionsOf } from '../source/sections.js';
import { type Form, KINDS } from './kinds.js';

const formOf = ({ kind }: Node): Form => KINDS[kind].form;

const isLeaf = (node: Node): boolean => formOf(node) === 'leaf';

const count = ({ shape }: Node): number => sizeOf(shape);

/** The node whose elements the indices of views are of. */
const behind = (node: Node): Node => (formOf(node) === 'view' ? behind(node.inputs[0]!) : node);

/** Which values of a graph are stored, and which are computed where they are used. */
export class Plan {
  readonly users = new Map<Node, Node[]>();
  readonly #order: readonly Node[];
  readonly #stored = new Set<Node>();

  constructor(readonly outputs: readonly Output<number>[]) {
    this.#order = inOrder(outputs.map(({ node }) => node));
    for (const node of this.#order)
      for (const input of new Set(node.inputs)) this.users.set(input, [...this.usersOf(input), node]);
    for (const { node } of outputs) this.#stored.add(node);
    for (const node of this.#order) this.#storeAround(node);
    this.#storeShared();
  }

  usersOf(node: Node): readonly Node[] {
    return this.users.get(node) ?? [];
  }

  /** Whether a value has a name by which its elements can be read. */
  isBuffer(node: Node): boolean {
    return isLeaf(node) || this.#stored.has(node);
  }

  #store(node: Node): void {
    if (!isLeaf(node)) this.#stored.add(node);
  }

  /** Stores a node, or those of its inputs, if it or they cannot be computed in place. */
  #storeAround(node: Node): void {
    const form = formOf(node);
    if (form === 'reduction' || form === 'softmax') this.#store(node);
    if (form === 'product' && !this.#isReadOnce(node)) this.#store(node);
    if (form === 'product' || form === 'softmax') for (const input of node.inputs) this.#store(behind(input));
    // Elements that lie beyond a part are not computed.
    if (form === 'selection') for (const input of node.inputs) this.#store(input);
    for (const input of node.inputs) {
      const base = behind(input);
      if (isLeaf(base)) continue;
      const crosses = node.place && input.place && node.place.module !== input.place.module;
      const isRepeated = formOf(base) === 'elementwise' && count(base) < count(node);
      if (crosses || isRepeated) this.#store(base);
    }
  }

  /** Whether each element of a product is used at one place, by something that computes as many elements. */
  #isReadOnce(node: Node): boolean {
    const [user, ...others] = this.usersOf(node);
    if (!user || others.length > 0 || count(user) !== count(node)) return false;
    if (user.kind === 'reshape') return this.#isReadOnce(user);
    return formOf(user) === 'elementwise';
  }

  /** Stores what takes long and would be computed for several stored values. */
  #storeShared(): void {
    const within = new Map<Node, Set<Node>>();
    for (const node of [...this.#order].reverse()) {
      const places = new Set<Node>();
      for (const user of this.usersOf(node))
        for (const place of this.isBuffer(user) ? [user] : within.get(user)!) places.add(place);
      within.set(node, places);
      const isLong = formOf(node) === 'product' || KINDS[node.kind].isLong === true;
      if (isLong && places.size > 1) this.#store(node);
    }
  }

  /** The stored values by the module that computes them, in an order in which each comes after those that it needs. */
  sections(): readonly Section[] {
    return sectionsOf(
      this.outputs.map(({ node }) => node),
      (node) => this.#stored.has(node),
    );
  }
}
