import type { Node, Place, Size } from '../graph/node.js';
import type { ElementType, OnnxAttribute, OnnxNode, OnnxTensor } from './protobuf.js';

type Sized = Node<Size>;

/** The operations of a file while it is written, and the names of their results. */
export class Writing {
  readonly nodes: OnnxNode[] = [];
  readonly initializers: OnnxTensor[] = [];
  readonly #names = new Map<Sized, string>();
  readonly #conditions = new Map<Sized, string>();
  readonly #integers = new Map<string, string>();
  readonly #counts = new Map<string, number>();
  #batch: string | undefined;
  #place: Place | undefined;

  constructor(
    readonly type: 'float32' | 'float64',
    /** An input that has the batch size, and its axis. */
    readonly batchAxis: readonly [Sized, number] | undefined,
  ) {}

  /** Adds an operation, and returns the name of its result. */
  op(
    op: string,
    inputs: readonly string[],
    attributes: Readonly<Record<string, OnnxAttribute>> = {},
  ): string {
    const [result, place] = [this.#fresh(op), this.#place];
    const name = place ? `${place.module}/${result}` : result;
    this.nodes.push({ op, name, inputs, outputs: [result], attributes, place });
    return result;
  }

  #fresh(kind: string): string {
    const count = this.#counts.get(kind) ?? 0;
    this.#counts.set(kind, count + 1);
    return `${kind}_${count}`;
  }

  /** The name of the value of a node that is written already. */
  nameOf = (node: Sized): string => this.#names.get(node)!;

  /** Says which node the next operations are of. */
  begin({ place }: Sized): void {
    this.#place = place;
  }

  give(node: Sized, name: string): void {
    this.#names.set(node, name);
  }

  /** A comparison before it becomes 1 and 0. */
  giveCondition(node: Sized, name: string): void {
    this.#conditions.set(node, name);
  }

  /** The value as a condition: true where it is not 0. */
  conditionOf(node: Sized): string {
    const known = this.#conditions.get(node);
    if (known !== undefined) return known;
    const made = this.op('Cast', [this.nameOf(node)], { to: 9 });
    this.#conditions.set(node, made);
    return made;
  }

  /** A tensor that the file holds. */
  tensor(
    kind: string,
    data: ArrayLike<number>,
    shape: readonly number[],
    type: ElementType = this.type,
  ): string {
    const name = this.#fresh(kind);
    this.initializers.push({ name, type, shape, data });
    return name;
  }

  /** A list of whole numbers, held once. */
  integers(data: readonly number[], isScalar = false): string {
    const key = `${isScalar} ${data.join()}`;
    const known = this.#integers.get(key);
    if (known !== undefined) return known;
    const name = this.tensor('integers', data, isScalar ? [] : [data.length], 'int64');
    this.#integers.set(key, name);
    return name;
  }

  /** The batch size, as a list of one whole number. */
  batch(): string {
    if (this.#batch !== undefined) return this.#batch;
    const [input, axis] = this.batchAxis!;
    const shape = this.op('Shape', [this.nameOf(input)]);
    return (this.#batch = this.op('Gather', [shape, this.integers([axis])], { axis: 0 }));
  }

  /** A shape as a list of whole numbers. */
  shape(shape: readonly Size[]): string {
    if (shape.every((size) => typeof size === 'number')) return this.integers(shape);
    const known = shape.map((size) =>
      typeof size === 'number' ? this.integers([size]) : this.#multiple(size.batch),
    );
    return known.length === 1 ? known[0]! : this.op('Concat', known, { axis: 0 });
  }

  /** A multiple of the batch size, as a list of one whole number. */
  #multiple(factor: number): string {
    if (factor === 1) return this.batch();
    if (Number.isInteger(factor)) return this.op('Mul', [this.batch(), this.integers([factor])]);
    return this.op('Div', [this.batch(), this.integers([Math.round(1 / factor)])]);
  }
}
