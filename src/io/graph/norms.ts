import type { Parameter } from '../../autograd/parameter.js';
import type { Entry } from '../../autograd/tape.js';
import type { Weight } from '../../nn/statistic.js';
import { NormtapeError } from '../../error.js';
import type { Computed, Formula, GradientFormula, Named } from '../../norms/algebra.js';
import { descriptionOf } from '../../norms/description.js';
import type { NormAttributes } from '../../norms/layer.js';
import { gradientKind } from '../../norms/norm.js';
import { outputCount } from '../../norms/returned.js';
import { nodes } from './algebra.js';
import { constantOf, ruled } from './builder.js';
import type { Node } from './node.js';

/** A call of a layer of one norm. */
export interface NormEntry extends Entry {
  readonly attributes: NormAttributes;
}

export const isNormEntry = (entry: Entry): entry is NormEntry =>
  entry.attributes !== undefined && 'norm' in entry.attributes && 'besideNames' in entry.attributes;

/** The weights and running statistics of the graph, for a norm. */
interface Held {
  /** A weight as it is when the norm runs. */
  current(weight: Weight): Node;
  moved(weight: Weight, node: Node): void;
  readonly isTraining: boolean;
}

type Nodes = Named<Node>;

const named = (names: readonly string[], inputs: readonly Node[], from: number): Record<string, Node> =>
  Object.fromEntries(names.map((name, i) => [name, inputs[from + i]!]));

/** How a norm becomes the nodes of its formula. */
export const normNodes = {
  /** What has no nodes; undefined if all has. */
  refuses({ op, attributes, outputs }: NormEntry, isTraining: boolean): string | undefined {
    const { norm, options, training, state } = attributes;
    if (typeof descriptionOf(norm).formula !== 'function') return `${op}, which states no formula`;
    if (!isTraining) return undefined;
    const statistics = Object.fromEntries([...state].map(([name, { array }]) => [name, array]));
    const isApproximate =
      gradientKind(norm, options as never, { training, state: statistics }) === 'approximate';
    if (!isApproximate || norm.gradient?.formula) {
      return norm.gradient?.formula && outputs.length > 1
        ? `${op} with a rule for several outputs`
        : undefined;
    }
    return `${op}, whose approximate gradient states no rule`;
  },

  nodes({ attributes, inputs: tensors }: NormEntry, inputs: readonly Node[], held: Held): readonly Node[] {
    const { norm, options, names, besideNames, training, state, mask } = attributes;
    const x = inputs[0]!;
    const weights = named(names, inputs, 1);
    const setting = {
      training,
      state: Object.fromEntries([...state].map(([name, one]) => [name, held.current(one)])),
      inputs: named(besideNames, inputs, 1 + names.length),
      mask: mask && constantOf(mask),
    };
    const formula = descriptionOf(norm).formula as Formula;
    const computed: Computed<Node> = formula(nodes, x, weights, options as never, setting);
    demandComputed(norm.type, computed, outputCount(norm, options));
    const weightsByName = new Map(names.map((name, i) => [name, tensors[1 + i] as Parameter]));
    const move = (after: Nodes | undefined, owned: ReadonlyMap<string, Weight> = state): void => {
      for (const [name, node] of Object.entries(after ?? {}))
        if (node) held.moved(owned.get(name) ?? unknown(norm.type, name, [...owned.keys()]), node);
    };
    move(computed.state);
    // Weights that start from data do so before the step of the optimizer.
    move(computed.parameters, weightsByName);
    const rule = norm.gradient?.formula as GradientFormula | undefined;
    if (!held.isTraining || !training || !rule) return computed.outputs;
    const [y] = computed.outputs as readonly [Node];
    const pull = (gradient: Node): readonly (Node | undefined)[] => {
      const pulled = rule(nodes, x, weights, options as never, { ...setting, gradients: [gradient] });
      move(pulled.state);
      const all: Nodes = pulled.parameters;
      return [pulled.x, ...[...names, ...besideNames].map((name) => all[name])];
    };
    return [ruled(y, inputs, pull)];
  },
};

/** Throws, in the name of the norm, unless its formula gives so many outputs. */
function demandComputed(type: string, computed: unknown, count: number): void {
  const { outputs } = (computed ?? {}) as { readonly outputs?: unknown };
  const isNode = (output: unknown) => typeof output === 'object' && output !== null && 'kind' in output;
  if (Array.isArray(outputs) && outputs.length === count && outputs.every(isNode)) return;
  const expected = `{ outputs }, a list of ${count}`;
  throw new NormtapeError({ where: `${type}.formula`, expected, received: computed });
}

function unknown(type: string, received: string, names: readonly string[]): never {
  const expected = names.length ? `arrays among ${names.join(', ')}` : 'no arrays';
  throw new NormtapeError({ where: `${type}.formula`, expected, received });
}
