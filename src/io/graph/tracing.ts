import { type NdArray, flat } from '../../array/index.js';
import { Parameter } from '../../autograd/parameter.js';
import { discard, recording } from '../../autograd/recording.js';
import { type Entry, Tensor, arrayOf, withObserver } from '../../autograd/tape.js';
import { NormtapeError } from '../../error.js';
import type { Module } from '../../nn/module.js';
import { withRunning } from '../../nn/running.js';
import { type Weight, arrayIn } from '../../nn/statistic.js';
import { constant, constantOf, weight } from './builder.js';
import { isNormEntry, normNodes } from './norms.js';
import type { Node, Place } from './node.js';
import { translations } from './ops.js';
import type { Context, Translation } from './translation.js';

/** A model that ran once on inputs of one batch size. */
export interface Traced {
  readonly outputs: readonly Node[];
  /** The weights and running statistics that it read, each with the value that it had. */
  readonly weights: ReadonlyMap<Weight, Node>;
  /** Those that the forward pass changed, and `after` calls of `gradientsOf` those that the backward pass did. */
  readonly after: ReadonlyMap<Weight, Node>;
  /** The call that each node comes from, for all that are no leaves. */
  readonly places: ReadonlyMap<Node, Place>;
}

export interface Tracing {
  readonly where: string;
  readonly model: Module;
  /** Nodes of the tensors that stand for the inputs of the graph. */
  readonly leaves: ReadonlyMap<Tensor, Node>;
  /** Inputs of whole numbers, whose tensors hold ids. */
  readonly ids: ReadonlyMap<Tensor, Node>;
  /** Whether gradients will be taken, so that only nodes may be used that have one. */
  readonly isTraining: boolean;
  /** Whether nodes may be used that have no gradient; by default at inference in float32, as ONNX Runtime has them. */
  readonly isWhole?: boolean | undefined;
  /** Whether nodes may be used that draw random numbers. */
  readonly isRandom?: boolean | undefined;
}

/**
 * Runs f, which calls the model, and turns the entries of its tape into nodes. The state of the model is restored.
 *
 * @throws {NormtapeError} With the paths of everything that has no translation.
 */
export function traced(tracing: Tracing, f: () => readonly Tensor[]): Traced {
  const { where, model } = tracing;
  const snapshot = model.snapshot();
  const paths = new Map<Entry, string>();
  try {
    const { value, entries, region } = withRunning(model, (running) =>
      withObserver(
        {
          recorded: (entry) => void paths.set(entry, running() ?? where),
          pulled: () => undefined,
        },
        () => recording(f),
      ),
    );
    try {
      // The statistics that the run has moved are read as they were before.
      snapshot.restore();
      return new Translator(tracing, paths).translate(entries, value);
    } finally {
      discard(region);
    }
  } finally {
    snapshot.restore();
    snapshot.release();
  }
}

class Translator {
  readonly #nodes: Map<Tensor, Node>;
  readonly #weights = new Map<Weight, Node>();
  readonly #after = new Map<Weight, Node>();
  readonly #places = new Map<Node, Place>();
  readonly #names: ReadonlyMap<Weight, string>;
  readonly #tracing: Tracing;
  readonly #paths: ReadonlyMap<Entry, string>;

  constructor(tracing: Tracing, paths: ReadonlyMap<Entry, string>) {
    const { model, leaves } = tracing;
    this.#tracing = tracing;
    this.#paths = paths;
    this.#nodes = new Map(leaves);
    const named = [...model.namedParameters(), ...model.statistics()];
    this.#names = new Map(named.map(([name, one]) => [one, name]));
  }

  translate(entries: readonly Entry[], outputs: readonly Tensor[]): Traced {
    const problems: string[] = [];
    for (const [index, entry] of entries.entries()) {
      const path = this.#paths.get(entry)!;
      const problem = this.#problem(entry);
      if (problem !== undefined) problems.push(`${path}: ${problem}`);
      if (problems.length > 0) continue;
      const made = this.#nodesOf(entry);
      entry.outputs.forEach((output, i) => void this.#nodes.set(output, made[i]!));
      this.#place([...made, ...this.#after.values()], { module: path, op: entry.op, index });
    }
    if (problems.length > 0) {
      const hint = 'docs/export.md lists what can be exported.';
      const received = [...new Set(problems)].join('; ');
      throw new NormtapeError({
        where: this.#tracing.where,
        expected: 'ops that can be exported',
        received,
        hint,
      });
    }
    return {
      outputs: outputs.map((output) => this.#nodeOf(output)),
      weights: this.#weights,
      after: this.#after,
      places: this.#places,
    };
  }

  /** Notes the call that new nodes come from. */
  #place(nodes: readonly Node[], place: Place): void {
    const stack = [...nodes];
    for (let node = stack.pop(); node; node = stack.pop()) {
      if (node.inputs.length === 0 || this.#places.has(node)) continue;
      this.#places.set(node, place);
      stack.push(...node.inputs);
    }
  }

  /** What of an entry has no translation; undefined if all has. */
  #problem(entry: Entry): string | undefined {
    const { op, attributes, inputs } = entry;
    if (isNormEntry(entry)) return normNodes.refuses(entry, this.#tracing.isTraining);
    const translation = translationOf(op);
    if (!attributes || !translation) return op;
    if (translation.isRandom && !this.#tracing.isRandom) return `${op}, which draws random numbers`;
    if (inputs.some(({ dtype }) => dtype !== entry.outputs[0]!.dtype)) return `${op} to another dtype`;
    const refused = translation.refuses?.(attributes, []);
    return refused === undefined ? undefined : `${op} with ${refused}`;
  }

  #nodesOf(entry: Entry): readonly Node[] {
    const inputs = entry.inputs.map((input) => this.#nodeOf(input));
    if (isNormEntry(entry)) {
      return normNodes.nodes(entry, inputs, {
        current: (one) => this.#after.get(one) ?? this.#weightOf(one),
        moved: (one, node) => void this.#after.set(one, node),
        isTraining: this.#tracing.isTraining,
      });
    }
    const context: Context = {
      shapes: entry.outputs.map(({ shape }) => shape),
      nodeOf: (value) => (value instanceof Tensor ? this.#nodeOf(value) : constantOf(value as NdArray)),
      idsOf: (value) => this.#idsOf(value),
      isWhole: this.#tracing.isWhole ?? (!this.#tracing.isTraining && entry.outputs[0]!.dtype === 'float32'),
    };
    const made = translationOf(entry.op)!.nodes(inputs, entry.attributes!, context);
    return Array.isArray(made) ? (made as readonly Node[]) : [made as Node];
  }

  #nodeOf(tensor: Tensor): Node {
    const known = this.#nodes.get(tensor);
    if (known) return known;
    const node =
      tensor instanceof Parameter && this.#names.has(tensor)
        ? (this.#after.get(tensor) ?? this.#weightOf(tensor))
        : constantOf(arrayOf(tensor));
    if (!(tensor instanceof Parameter)) this.#nodes.set(tensor, node);
    return node;
  }

  #weightOf(one: Weight): Node {
    const known = this.#weights.get(one);
    if (known) return known;
    const node = weight(this.#names.get(one)!, arrayIn(one));
    this.#weights.set(one, node);
    return node;
  }

  #idsOf(value: unknown): Node {
    if (value instanceof Tensor) {
      const known = this.#tracing.ids.get(value);
      if (known) return known;
    }
    const { data, shape } =
      value instanceof Tensor
        ? { data: flat(arrayOf(value)), shape: value.shape }
        : (value as { readonly data: ArrayLike<number>; readonly shape: readonly number[] });
    const node = constant(data, shape);
    return { ...node, attributes: { ...node.attributes, type: 'integer' } };
  }
}

const translationOf = (op: string): Translation | undefined =>
  Object.hasOwn(translations, op) ? translations[op] : undefined;
