import type { Module } from '../../nn/module.js';
import { inferenceFile, trainingFile } from '../../io/onnx/export.js';
import { type OnnxNode, onnxBytes } from '../../io/onnx/protobuf.js';
import type { GraphOptimizer } from '../../io/graph/optimizer.js';
import type { BatchShape } from '../../io/graph/inputs.js';
import type { GraphLoss } from '../../io/graph/trace.js';
import { headerOf } from '../../io/c/export.js';
import { MODEL } from '../../io/keras/read-layers-model.js';
import { writeLayersModel } from '../../io/keras/write-layers-model.js';
import { writeSafetensors } from '../../io/safetensors.js';
import { writtenFor } from '../../io/pytorch/export.js';
import { count } from '../words.js';
import { sampleOf } from './input.js';

/** What a model is exported with, besides the target. */
export interface Given {
  readonly input: BatchShape;
  readonly tokens: boolean;
  readonly dtype: 'float32' | 'float64';
  /** Whether source code need not train. */
  readonly isInference: boolean;
  readonly training?:
    | {
        readonly loss: GraphLoss;
        readonly labels: boolean;
        readonly optimizer: GraphOptimizer | undefined;
        readonly clip: number | undefined;
      }
    | undefined;
}

/** What a layer became in the result. */
export interface Became {
  /** The path of the module in the model. */
  readonly layer: string;
  readonly became: string;
}

/** The result of an export. */
export interface Exported {
  /** The content of each file by what its name ends in. */
  readonly files: Readonly<Record<string, Uint8Array | string>>;
  readonly layers: readonly Became[];
}

interface Target {
  /** What it writes, for the help. */
  readonly about: string;
  readonly isTraining?: boolean;
  make(model: Module, given: Given): Exported;
}

/** The targets of `normtape export` by name. */
export const TARGETS: Readonly<Record<string, Target>> = {
  onnx: {
    about: '.onnx: inference in ONNX Runtime',
    make(model, { input, tokens, dtype }) {
      const file = inferenceFile(WHERE, model, { input, tokens, dtype });
      return { files: { '.onnx': onnxBytes(file) }, layers: operationsOf(file.nodes) };
    },
  },
  'onnx-training': {
    about:
      '.training.onnx, and the initial state in .training.safetensors: whole training steps in ONNX Runtime',
    isTraining: true,
    make(model, { training, input, tokens, dtype }) {
      const { loss, labels, optimizer, clip } = training!;
      const options = {
        input,
        tokens,
        dtype,
        loss,
        labels,
        ...(optimizer && { optimizer }),
        ...(clip !== undefined && { clip }),
      };
      const { file, state } = trainingFile(WHERE, model, options);
      const files = {
        '.training.safetensors': writeSafetensors(state),
        '.training.onnx': onnxBytes(file),
      };
      const others = file.nodes.filter(({ place }) => !place).length;
      const after = { layer: 'backward pass and step', became: `${others} operations` };
      return { files, layers: [...operationsOf(file.nodes), after] };
    },
  },
  pytorch: {
    about: '.pytorch/: source code of a torch.nn.Module, and its weights',
    make(model, { input, tokens, dtype, isInference }) {
      const options = { input, tokens, dtype, training: !isInference };
      const { files, layers } = writtenFor(WHERE, model, options);
      return {
        files: {
          '.pytorch/model.safetensors': files['model.safetensors'],
          '.pytorch/model.py': files['model.py'],
        },
        layers: layers.map(({ layer, lines }) => ({ layer, became: count(lines, 'statement') })),
      };
    },
  },
  c: {
    about: '.h: inference in C99 without dependencies, for one sample in float32',
    make(model, { input, tokens }) {
      const { text, layers } = headerOf(WHERE, model, { input, tokens });
      return { files: { '.h': text }, layers };
    },
  },
  tfjs: {
    about: '.tfjs/: a LayersModel of TensorFlow.js',
    make(model, { input }) {
      const files = writeLayersModel(model, sampleOf(input));
      const { modelTopology } = JSON.parse(new TextDecoder().decode(files[MODEL])) as LayersModel;
      const layers = modelTopology.config.layers.map(({ class_name: became }, i) => ({
        layer: `layers.${i}`,
        became,
      }));
      const placed = Object.entries(files).map(([name, bytes]) => [`.tfjs/${name}`, bytes] as const);
      // The file that names the others comes last.
      return { files: Object.fromEntries(placed.reverse()), layers };
    },
  },
};

/** The name of the command in errors. */
export const WHERE = 'normtape export';

interface LayersModel {
  readonly modelTopology: {
    readonly config: { readonly layers: readonly { readonly class_name: string }[] };
  };
}

/** The operations of each module, in the order in which the modules ran. */
function operationsOf(nodes: readonly OnnxNode[]): readonly Became[] {
  const found = new Map<string, Map<string, number>>();
  for (const { op, place } of nodes) {
    if (!place) continue;
    const counts = found.get(place.module) ?? new Map<string, number>();
    found.set(place.module, counts.set(op, (counts.get(op) ?? 0) + 1));
  }
  const worded = (op: string, count: number): string => (count === 1 ? op : `${op} × ${count}`);
  return [...found].map(([layer, counts]) => ({
    layer,
    became: [...counts].map(([op, count]) => worded(op, count)).join(', '),
  }));
}
