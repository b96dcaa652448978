import { sizeOf } from '../../array/index.js';
import { type Node, isInteger } from '../graph/node.js';
import { type Helper, KINDS, type VariableType, type Writing, numbers } from './kinds.js';
import { type Index, placeOf } from './layout.js';
import type { Names } from '../source/names.js';
import { COUNTERS, BINDING, type Text, atom, literal, operation } from './text.js';

/** Where the value of a node lies. */
export interface Buffer {
  readonly name: string;
  /** Whether it is a variable of one number. */
  readonly isVariable?: boolean;
  /** Whether its numbers are of the type float. */
  readonly isFloat?: boolean;
}

/** What a function is written for. */
export interface Surroundings {
  /** Whether the value of a node is stored. */
  isBuffer(node: Node): boolean;
  /** How many nodes need the value. */
  usesOf(node: Node): number;
  /** Where the value of a leaf or of a stored node lies. */
  bufferOf(node: Node): Buffer;
  helper(helper: Helper): string;
  /** The type of sums and of what is not stored. */
  readonly real: string;
}

/** Values that have a name within a block, by node and index. */
type Known = Map<string, Text>;

/** The code of one function. */
export class Body implements Writing {
  readonly lines: string[] = [];
  readonly #blocks: Known[] = [new Map()];
  readonly #ids = new Map<Node, number>();
  readonly #around: Surroundings;
  readonly #names: Names;
  #depth = 0;

  constructor(around: Surroundings, names: Names) {
    this.#around = around;
    this.#names = names;
  }

  /** Computes a stored value. */
  store(node: Node): void {
    const { isVariable, name } = this.#around.bufferOf(node);
    const { form } = KINDS[node.kind];
    if (form === 'reduction') return this.#reduce(node);
    if (form === 'softmax') return this.#softmax(node);
    if (isVariable)
      return this.line(
        `${name} = ${
          this.#computed(
            node,
            node.shape.map(() => '0'),
          ).text
        };`,
      );
    this.loops(node.shape, [...node.shape.keys()], (index) => {
      const { text } = this.#computed(node, index);
      this.line(`${name}[${this.placeOf(node.shape, index)}] = ${text};`);
    });
  }

  element(node: Node, index: Index): Text {
    const { kind, shape, attributes } = node;
    if (kind === 'constant' && sizeOf(shape) === 1 && !isInteger(node))
      return literal((attributes['data'] as readonly number[])[0]!);
    if (this.#around.isBuffer(node)) return this.at(node, this.placeOf(shape, index));
    const id = this.#ids.get(node) ?? this.#ids.size;
    this.#ids.set(node, id);
    const key = `${id} ${index.join()}`;
    const known = this.#blocks.find((block) => block.has(key))?.get(key);
    if (known) return known;
    const made = this.#computed(node, index);
    const isNamed = KINDS[kind].form === 'elementwise' && this.#around.usesOf(node) > 1;
    const text = isNamed ? atom(this.variable('const real', 'value', made.text)) : made;
    if (isNamed || KINDS[kind].form === 'product') this.#blocks.at(-1)!.set(key, text);
    return text;
  }

  #computed(node: Node, index: Index): Text {
    return KINDS[node.kind].element(this, node, index);
  }

  at(node: Node, place: string): Text {
    const { name, isVariable, isFloat = false } = this.#around.bufferOf(node);
    return { ...atom(isVariable ? name : `${name}[${place}]`), isFloat };
  }

  placeOf(shape: readonly number[], index: Index): string {
    return placeOf(shape, index);
  }

  isBuffer(node: Node): boolean {
    return this.#around.isBuffer(node);
  }

  get real(): string {
    return this.#around.real;
  }

  line(text: string): void {
    this.lines.push(`${'  '.repeat(this.#depth + 1)}${text}`);
  }

  variable(type: VariableType, wanted: string, start: string): string {
    const name = this.#names.fresh(wanted);
    this.line(`${type.replace('real', this.real)} ${name} = ${start};`);
    return name;
  }

  loop(count: number, body: (counter: string) => void): void {
    const counter = COUNTERS[this.#depth]!;
    this.line(`for (int ${counter} = 0; ${counter} < ${count}; ${counter}++) {`);
    this.#block(() => body(counter));
    this.line('}');
  }

  #block(body: () => void): void {
    this.#depth++;
    this.#blocks.push(new Map());
    body();
    this.#blocks.pop();
    this.#depth--;
  }

  loops(shape: readonly number[], axes: readonly number[], body: (index: Index) => void): void {
    const index = shape.map(() => '0');
    const within = (open: readonly number[]): void => {
      const [axis, ...rest] = open;
      if (axis === undefined) return body([...index]);
      this.loop(shape[axis]!, (counter) => {
        index[axis] = counter;
        within(rest);
      });
    };
    within(axes.filter((axis) => shape[axis] !== 1));
  }

  call(helper: Helper, ...inputs: readonly Text[]): Text {
    return atom(`${this.#around.helper(helper)}(${inputs.map(({ text }) => text).join(', ')})`);
  }

  /** A sum, a mean or a maximum over some axes. */
  #reduce(node: Node): void {
    const { kind, shape, inputs } = node;
    const { isVariable, name } = this.#around.bufferOf(node);
    const [x, axes] = [inputs[0]!, numbers(node, 'axes')];
    const count = axes.reduce((product, axis) => product * x.shape[axis]!, 1);
    const isMax = kind === 'max';
    this.loops(shape, [...shape.keys()], (index) => {
      const start = isMax ? '-INFINITY' : '0';
      const total = isVariable ? name : this.variable('real', isMax ? 'most' : 'sum', start);
      if (isVariable) this.line(`${name} = ${start};`);
      this.loops(x.shape, axes, (inner) => {
        const at = inner.map((own, axis) => (axes.includes(axis) ? own : index[axis]!));
        const seen = this.element(x, at);
        if (isMax) this.line(`${total} = ${this.call('maximum', atom(total), seen).text};`);
        else this.line(`${total} += ${seen.text};`);
      });
      const place = this.placeOf(shape, index);
      const end =
        kind === 'mean'
          ? operation(this.real, atom(total), '/', literal(count), BINDING.product).text
          : total;
      if (!isVariable) this.line(`${name}[${place}] = ${end};`);
      else if (kind === 'mean') this.line(`${name} = ${end};`);
    });
  }

  #softmax(node: Node): void {
    const { name, isVariable } = this.#around.bufferOf(node);
    const [x, axis] = [node.inputs[0]!, node.attributes['axis'] as number];
    const others = [...node.shape.keys()].filter((one) => one !== axis);
    const isLog = node.kind === 'logSoftmax';
    this.loops(node.shape, others, (index) => {
      const most = this.variable('real', 'most', '-INFINITY');
      const total = this.variable('real', 'total', '0');
      const along = (body: (seen: string, index: Index) => void): void =>
        this.loop(node.shape[axis]!, (k) => {
          const at = index.map((own, i) => (i === axis ? k : own));
          body(this.element(x, at).text, at);
        });
      along((seen) => this.line(`${most} = ${this.call('maximum', atom(most), atom(seen)).text};`));
      along((seen) => this.line(`${total} += exp(${seen} - ${most});`));
      along((seen, at) => {
        const to = isVariable ? name : `${name}[${this.placeOf(node.shape, at)}]`;
        this.line(
          `${to} = ${isLog ? `${seen} - ${most} - log(${total})` : `exp(${seen} - ${most}) / ${total}`};`,
        );
      });
    });
  }
}
