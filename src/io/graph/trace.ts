import { type Dtype, full } from '../../array/index.js';
import type { Parameter } from '../../autograd/parameter.js';
import { Tensor } from '../../autograd/tape.js';
import { demandFunction } from '../../demand.js';
import { NormtapeError } from '../../error.js';
import { Dropout } from '../../nn/dropout.js';
import { type Module, demandModule } from '../../nn/module.js';
import type { Weight } from '../../nn/statistic.js';
import { choice, flag, number, resolve, resolveBeside } from '../../option/index.js';
import { add } from '../../ops/catalog.js';
import { input as inputNode } from './builder.js';
import { gradientsOf } from './gradients.js';
import { type BatchShape, demandBatchShape, normal, sized, targetOf, tensorsOf } from './inputs.js';
import { merged } from './merge.js';
import { type Graph, type Node, type Output, type Place, inOrder } from './node.js';
import { type GraphOptimizer, type Updated, clipped, updates } from './optimizer.js';
import { simplified } from './simplify.js';
import { type Traced, traced } from './tracing.js';

/** A loss of predictions and targets, in ops and losses of the package; its result has rank 0. */
export type GraphLoss = (prediction: Tensor, target: Tensor) => Tensor;

const INFERENCE = {
  tokens: flag(false, 'Whether the input is token ids, which are whole numbers.'),
  dtype: choice('float32', 'The dtype of the input.', ['float32', 'float64']),
};

const OPTIONS = {
  ...INFERENCE,
  labels: flag(false, 'Whether the target is labels of classes: whole numbers.'),
};

/** The options of `traceGraph`. */
export interface TraceOptions {
  /** The shape of the input, such as ['batch', 12]. */
  readonly input: BatchShape;
  /** Whether the input is token ids, which are whole numbers. Default: false. */
  readonly tokens?: boolean;
  /** The dtype of the input: that of the model. Default: float32. */
  readonly dtype?: 'float32' | 'float64';
  /** The loss: then the graph is a training step, or without an optimizer the loss and all gradients. */
  readonly loss?: GraphLoss;
  /** The shape of the target. Default: that of the prediction. */
  readonly target?: BatchShape;
  /**
   * Whether the target is labels of classes: whole numbers, in the shape of the prediction without its last axis. The loss is
   * given the probabilities of the classes, 1 for the label and 0 elsewhere. Default: false.
   */
  readonly labels?: boolean;
  /** An optimizer of the package, whose step the graph makes; what it remembers goes on. */
  readonly optimizer?: GraphOptimizer;
  /** The greatest length of all gradients together, as `clip` of `fit`. Default: none. */
  readonly clip?: number;
}

const BESIDE = ['input', 'loss', 'target', 'optimizer', 'clip'] as const;

const CLIP = {
  clip: number(1, 'The greatest length of all gradients together.', { above: 0, explore: [0.1, 10] }),
};

/** The batch sizes at which a model is traced: neither is 1, and neither divides the other. */
const BATCHES = [5, 7] as const;

/**
 * Traces a model into a graph. Without a loss it computes what the model computes in eval mode. With a loss it runs in
 * training mode, and also gives the loss, the running statistics from now on, and the gradient of each trainable
 * weight; or with an optimizer each weight and memory after its step. The model is not changed.
 *
 * @throws {NormtapeError} With the paths of everything that has no translation; if the model is not built; if an option is wrong.
 */
export function traceGraph(model: Module, options: TraceOptions): Graph {
  const where = 'traceGraph';
  return graphOf(where, model, options);
}

/** How the forward pass is traced for an export, besides its options. */
export interface Manner {
  /** Whether the model runs in training mode; then the statistics that it moves are outputs too. Default: false. */
  readonly isTraining?: boolean;
  /** Whether convolutions and poolings are one node each. By default at inference in float32. */
  readonly isWhole?: boolean;
  /** Whether nodes are kept that change gradients alone. Default: false. */
  readonly keepsRules?: boolean;
  /** Whether dropout is in the graph, in both modes. By default it is refused in training mode. */
  readonly isRandom?: boolean;
}

/** The graph of the forward pass, whatever else an object of options holds. */
export function forwardGraph(
  where: string,
  model: Module,
  given: Pick<TraceOptions, 'input' | 'tokens' | 'dtype'>,
  manner: Manner = {},
): Graph {
  const { tokens, dtype, input } = resolveBeside(where, INFERENCE, given, ['input']);
  return graphOf(where, model, { tokens, dtype: dtype as Dtype, input }, manner);
}

/** `traceGraph` in the name of another function. */
export function graphOf(where: string, model: Module, given: TraceOptions, manner: Manner = {}): Graph {
  demandModule(where, model);
  const settings = resolveBeside(where, OPTIONS, given, BESIDE);
  demandBatchShape(`${where}.input`, settings.input);
  if (settings.target !== undefined) demandBatchShape(`${where}.target`, settings.target);
  if (settings.loss !== undefined) demandFunction(`${where}.loss`, settings.loss);
  else if (settings.optimizer !== undefined) {
    throw new NormtapeError({
      where: `${where}.loss`,
      expected: 'a loss for the optimizer',
      received: undefined,
    });
  }
  if (settings.clip !== undefined) {
    resolve(where, CLIP, { clip: settings.clip });
    if (settings.optimizer === undefined) {
      const hint = 'Gradients of workers are clipped after they are averaged.';
      const expected = 'an optimizer for gradients that are clipped';
      throw new NormtapeError({ where: `${where}.optimizer`, expected, received: undefined, hint });
    }
  }
  if (!model.built) {
    const hint = 'Build it first: give it an input.';
    throw new NormtapeError({ where, expected: 'a model that is built', received: 'one that is not', hint });
  }
  const isSymbolic = [settings.input, settings.target ?? []].some((shape) => shape.includes('batch'));
  const batch = isSymbolic ? BATCHES : ([BATCHES[0], BATCHES[0]] as const);
  const snapshot = model.snapshot('modes');
  try {
    if (settings.loss || manner.isTraining) model.train();
    else model.eval();
    if (manner.isRandom)
      for (const [, module] of model.namedModules()) if (module instanceof Dropout) module.training = true;
    const [a, b] = batch.map((size, i) =>
      stepAt(where, model, { ...settings, ...manner, size, seed: i }),
    ) as [Step, Step];
    const pairs = a.outputs.map((output, i) => [output, b.outputs[i]!] as const);
    const whole = merged({ where, batch, outputs: pairs, places: a.places });
    const outputs = simplified(whole, manner.keepsRules);
    const order = inOrder(outputs.map(({ node }) => node));
    return {
      dtype: settings.dtype as 'float32' | 'float64',
      inputs: order.filter(({ kind }) => kind === 'input'),
      weights: order.filter(({ kind }) => kind === 'weight'),
      outputs,
    };
  } finally {
    snapshot.restore();
    snapshot.release();
  }
}

interface Settings extends Manner {
  readonly input: BatchShape;
  readonly tokens: boolean;
  readonly dtype: string;
  readonly loss?: GraphLoss | undefined;
  readonly target?: BatchShape | undefined;
  readonly labels: boolean;
  readonly optimizer?: GraphOptimizer | undefined;
  readonly clip?: number | undefined;
  /** The batch size of this trace. */
  readonly size: number;
  readonly seed: number;
}

interface Step {
  readonly outputs: readonly Output<number>[];
  readonly places: ReadonlyMap<Node, Place>;
}

/** The graph of one batch size. */
function stepAt(where: string, model: Module, settings: Settings): Step {
  const { input, tokens, size, seed, loss } = settings;
  const dtype = settings.dtype as Dtype;
  const shape = sized(input, size);
  const x = tokens ? new Tensor(full(shape, seed, dtype)) : normal(shape, seed, dtype);
  const node = inputNode('input', shape, tokens ? 'integer' : 'float');
  const leaves = new Map<Tensor, Node>(tokens ? [] : [[x, node]]);
  const ids = new Map<Tensor, Node>(tokens ? [[x, node]] : []);
  const forward = (): readonly Tensor[] => tensorsOf(where, model.forward(x as never));
  if (!loss) {
    const { isTraining = false, isWhole, isRandom } = settings;
    const result = traced({ where, model, leaves, ids, isTraining, isWhole, isRandom }, forward);
    const name = (i: number): string => (result.outputs.length === 1 ? 'output' : `output_${i}`);
    const outputs = result.outputs.map((output, i) => ({ name: name(i), node: output }));
    return { outputs: [...outputs, ...(isTraining ? statesOf(model, result) : [])], places: result.places };
  }
  const result = traced({ where, model, leaves, ids, isTraining: true }, () => {
    const [prediction] = forward() as readonly [Tensor];
    const target = targetOf(prediction, settings, leaves);
    const value = loss(prediction, target);
    if (!(value instanceof Tensor) || value.shape.length > 0) {
      const received = value instanceof Tensor ? value.shape : value;
      throw new NormtapeError({ where: `${where}.loss`, expected: 'a tensor of rank 0', received });
    }
    return [value, prediction, hasPenalty(model) ? add(value, model.penalty()) : value];
  });
  return { outputs: outputsOf(where, model, settings, result), places: result.places };
}

const hasPenalty = (model: Module): boolean =>
  model.parameters().some(({ regularizer, trainable }) => regularizer && trainable);

/** The results of a training step by name. */
function outputsOf(
  where: string,
  model: Module,
  { optimizer, clip }: Settings,
  result: Traced,
): Output<number>[] {
  const [loss, prediction, cost] = result.outputs as readonly [Node, Node, Node];
  const trainable = [...model.namedParameters()].filter(([, one]) => one.trainable);
  const present = trainable.filter(([, one]) => result.weights.has(one));
  const gradients = gradientsOf(
    cost,
    present.map(([, one]) => result.weights.get(one)!),
  );
  const named = present.flatMap(([name, parameter], i) => {
    const gradient = gradients[i];
    return gradient ? [{ name, parameter, gradient }] : [];
  });
  const current = (parameter: Parameter): Node =>
    result.after.get(parameter) ?? result.weights.get(parameter)!;
  const moving = named.map((one) => ({ ...one, value: current(one.parameter) }));
  const moved: Updated[] = optimizer
    ? updates(where, model, optimizer, clip === undefined ? moving : clipped(moving, clip))
    : named.map(({ name, gradient }) => ({ name: `gradient.${name}`, node: gradient }));
  const stepped = new Set(optimizer ? named.map(({ parameter }) => parameter as Weight) : []);
  return [
    { name: 'loss', node: loss },
    { name: 'output', node: prediction },
    ...moved,
    ...statesOf(model, result, stepped),
  ];
}

/** The weights and statistics that the forward pass moved, but for those that a step moves further. */
function statesOf(
  model: Module,
  { after }: Traced,
  stepped: ReadonlySet<Weight> = new Set(),
): Output<number>[] {
  const names = new Map<Weight, string>(
    [...model.namedParameters(), ...model.statistics()].map(([name, one]) => [one, name]),
  );
  return [...after].flatMap(([one, node]) =>
    stepped.has(one) ? [] : [{ name: `next.${names.get(one)!}`, node }],
  );
}
