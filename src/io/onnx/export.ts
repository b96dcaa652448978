import { type NdArray, filled, toPlain } from '../../array/index.js';
import { demandFunction } from '../../demand.js';
import type { Module } from '../../nn/module.js';
import { plain } from '../../option/index.js';
import { joined } from '../graph/join.js';
import { type Graph, type Node, type Size, inOrder, isInteger } from '../graph/node.js';
import { LEARNING_RATE } from '../graph/optimizer.js';
import { type GraphLoss, type TraceOptions, graphOf, forwardGraph } from '../graph/trace.js';
import { KINDS } from './kinds.js';
import { type OnnxGraph, type OnnxValue, onnxBytes } from './protobuf.js';
import { Writing } from './writing.js';

/** The options of `exportOnnx`. */
export type InferenceOptions = Pick<TraceOptions, 'input' | 'tokens' | 'dtype'>;

/** The options of `exportOnnxTraining`. */
export type TrainingOptions = TraceOptions & { readonly loss: GraphLoss };

/** A training step as a file, and what its first run is given. */
export interface OnnxTraining {
  /** The bytes of the .onnx file. */
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** The values that go from step to step, by the name of their input: weights, statistics, memories, the learning rate. */
  readonly state: Record<string, NdArray>;
}

/**
 * What a model computes in eval mode, from `input` to `output`, as the bytes of an .onnx file (opset 17), which ONNX
 * Runtime runs on servers, on phones and in browsers.
 *
 * @throws {NormtapeError} With the paths of everything that cannot be exported; if the model is not built; if an option
 * is wrong.
 */
export function exportOnnx(model: Module, options: InferenceOptions): Uint8Array<ArrayBuffer> {
  return onnxBytes(inferenceFile('exportOnnx', model, options));
}

/** The content of the file of `exportOnnx`. */
export const inferenceFile = (where: string, model: Module, options: InferenceOptions): OnnxGraph =>
  written(joined(forwardGraph(where, model, options)), []);

/**
 * A whole training step of a model as one .onnx file: forward pass, loss, backward pass, optimizer and running
 * statistics. Its inputs are `input`, `target` and the state. Its outputs are `loss`, `output`, and a `next.` value for
 * every entry of the state that changes, which is the input of that name in the next step. Without an optimizer, it
 * returns a `gradient.` value for each trainable weight, for data-parallel training.
 *
 * @throws {NormtapeError} As `exportOnnx`.
 */
export function exportOnnxTraining(model: Module, options: TrainingOptions): OnnxTraining {
  const { file, state } = trainingFile('exportOnnxTraining', model, options);
  return { bytes: onnxBytes(file), state };
}

/** The content of the file of `exportOnnxTraining`, and the first state. */
export function trainingFile(
  where: string,
  model: Module,
  options: TrainingOptions,
): { readonly file: OnnxGraph; readonly state: OnnxTraining['state'] } {
  demandFunction(`${where}.loss`, options === undefined ? undefined : plain(where, options).loss);
  const graph = graphOf(where, model, options);
  const moving = new Set(graph.outputs.map(({ name }) => name.replace(/^(next|gradient)\./, '')));
  const fed = graph.weights.filter((node) => moving.has(nameOf(node)) || nameOf(node) === LEARNING_RATE);
  const state = fed.map((node) => {
    const data = node.attributes['data'] as readonly number[];
    return [nameOf(node), toPlain(filled(data, node.shape as readonly number[], graph.dtype))] as const;
  });
  return { file: written(graph, fed), state: Object.fromEntries(state) };
}

const nameOf = ({ attributes }: Node<Size>): string => attributes['name'] as string;

const sizes = (shape: readonly Size[]): (number | string)[] =>
  shape.map((size) => (typeof size === 'number' ? size : size.batch === 1 ? 'batch' : `${size.batch} batch`));

/** A graph as the content of an .onnx file. Weights are inputs if they are fed, and else a part of the file. */
function written({ dtype, inputs, weights, outputs }: Graph, fed: readonly Node<Size>[]): OnnxGraph {
  const to = new Writing(dtype, batchIn(inputs));
  const valueOf = (node: Node<Size>, name: string): OnnxValue => ({
    name,
    type: isInteger(node) ? 'int64' : dtype,
    shape: sizes(node.shape),
  });
  for (const node of [...inputs, ...weights]) to.give(node, nameOf(node));
  const initializers = weights
    .filter((node) => !fed.includes(node))
    .map((node) => ({
      name: nameOf(node),
      type: dtype,
      shape: node.shape as readonly number[],
      data: node.attributes['data'] as readonly number[],
    }));
  for (const node of inOrder(outputs.map((output) => output.node))) {
    if (node.kind === 'input' || node.kind === 'weight') continue;
    to.begin(node);
    to.give(node, KINDS[node.kind](to, node, node.inputs.map(to.nameOf)));
  }
  const last = outputs.map(({ name, node }) => ({
    op: 'Identity',
    name,
    inputs: [to.nameOf(node)],
    outputs: [name],
    attributes: {},
  }));
  return {
    name: 'normtape',
    nodes: [...to.nodes, ...last],
    initializers: [...initializers, ...to.initializers],
    inputs: [...inputs, ...fed].map((node) => valueOf(node, nameOf(node))),
    outputs: outputs.map(({ name, node }) => valueOf(node, name)),
  };
}

/** An input and its axis that is as long as the batch. */
function batchIn(inputs: readonly Node<Size>[]): readonly [Node<Size>, number] | undefined {
  for (const node of inputs) {
    const axis = node.shape.findIndex((size) => typeof size !== 'number' && size.batch === 1);
    if (axis >= 0) return [node, axis];
  }
  return undefined;
}
