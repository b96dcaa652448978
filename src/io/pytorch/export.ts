import { type NdArray, filled } from '../../array/index.js';
import { NormtapeError } from '../../error.js';
import { type Module, demandModule } from '../../nn/module.js';
import { arrayIn } from '../../nn/statistic.js';
import { NormalizationLayer } from '../../norms/layer.js';
import { choice, flag, resolveBeside } from '../../option/index.js';
import { utf8Of } from '../../utf8.js';
import type { BatchShape } from '../graph/inputs.js';
import { isInteger } from '../graph/node.js';
import { joined } from '../graph/join.js';
import { forwardGraph } from '../graph/trace.js';
import { writeSafetensors } from '../safetensors.js';
import { sourceOf } from './file.js';
import { type Forward, type Tables, forwardOf } from './forward.js';

const OPTIONS = {
  tokens: flag(false, 'Whether the input is token ids, which are whole numbers.'),
  dtype: choice('float32', 'The dtype of the input.', ['float32', 'float64']),
  training: flag(true, 'Whether the file can train, too.'),
};

/** The options of `exportPyTorch`. */
export interface PyTorchOptions {
  /** The shape of the input, such as ['batch', 12]. */
  readonly input: BatchShape;
  /** Whether the input is token ids, which are whole numbers. Default: false. */
  readonly tokens?: boolean;
  /** The dtype of the input: that of the model. Default: float32. */
  readonly dtype?: 'float32' | 'float64';
  /** Whether the file can train, too: then the model is traced in training mode as well. Default: true. */
  readonly training?: boolean;
}

/** The files of `exportPyTorch`. */
export interface PyTorchFiles {
  readonly 'model.py': Uint8Array<ArrayBuffer>;
  readonly 'model.safetensors': Uint8Array<ArrayBuffer>;
}

/**
 * A model as PyTorch source code and a file of its weights: a `torch.nn.Module` that needs only torch. Its weights have
 * the same names and layouts; it computes the same in train and eval mode, and updates the same statistics.
 *
 * @throws {NormtapeError} With the paths of everything that cannot be exported; if the model is not built; if an option
 * is wrong.
 */
export function exportPyTorch(model: Module, options: PyTorchOptions): PyTorchFiles {
  return writtenFor('exportPyTorch', model, options).files;
}

/** The files of a model, and how many statements each layer became. */
export function writtenFor(where: string, model: Module, given: PyTorchOptions) {
  demandModule(where, model);
  const { training, input, tokens, dtype } = resolveBeside(where, OPTIONS, given, ['input']);
  const options = { input, tokens, dtype: dtype as 'float32' | 'float64' };
  const tables: Tables = new Map();
  const forward = (isTraining: boolean): Forward => {
    const manner = { isTraining, isWhole: true, keepsRules: true, isRandom: training };
    return forwardOf(where, joined(forwardGraph(where, model, options, manner)), tables);
  };
  const inference = forward(false);
  const source = sourceOf({
    title: model.constructor.name,
    types: typesIn(model),
    input,
    tokens,
    dtype: options.dtype,
    parameters: [...model.namedParameters()].map(([name, { shape, trainable }]) => ({
      name,
      shape,
      trainable,
    })),
    statistics: [...model.statistics()].map(([name, { shape }]) => ({ name, shape })),
    tables: () => [...tables].map(([name, { shape }]) => ({ name, shape: shape as readonly number[] })),
    inference,
    training: training ? forward(true) : undefined,
  });
  const weights = [...model.namedParameters(), ...model.statistics()].map(
    ([name, one]): readonly [string, NdArray] => [name, arrayIn(one)],
  );
  const beside = [...tables].map(([name, node]): readonly [string, NdArray] => {
    const data = node.attributes['data'] as readonly number[];
    return [name, filled(data, node.shape as readonly number[], isInteger(node) ? 'float64' : options.dtype)];
  });
  const taken = beside.find(([name]) => weights.some(([other]) => other === name));
  if (taken) {
    const expected = 'weights that are not called tables';
    throw new NormtapeError({ where, expected, received: taken[0] });
  }
  return {
    files: {
      'model.py': utf8Of(source) as Uint8Array<ArrayBuffer>,
      'model.safetensors': writeSafetensors(Object.fromEntries([...weights, ...beside])),
    },
    layers: inference.parts.map(({ module, lines }) => ({ layer: module, lines: lines.length })),
  };
}

/** The class of each module, or the type of its norm, by its path. */
const typesIn = (model: Module): ReadonlyMap<string, string> =>
  new Map(
    [...model.namedModules()].map(([path, module]) => [
      path,
      module instanceof NormalizationLayer ? module.definition.type : module.constructor.name,
    ]),
  );
