import type { NdArray } from '../../array/index.js';
import { NormtapeError } from '../../error.js';
import { makingWithin } from '../../nn/room.js';
import type { Sequential } from '../../nn/sequential.js';
import { entriesOf } from '../../option/index.js';
import { type Bytes, readBytes, readText } from '../bytes.js';
import { parseObject } from '../json-text.js';
import { type WeightSource, assembled, roomFor } from './assembled.js';
import { readSerialized } from './config.js';
import { stagesOf } from './stages.js';
import { readTopology } from './topology.js';
import { demandFile, readWeights } from './weights.js';

/** The files of a LayersModel of TensorFlow.js by name: `model.json`, and those with the weights that it names. */
export type LayersModelFiles = Readonly<Record<string, Bytes>>;

/** The file that states the layers, and names the files of weights. */
export const MODEL = 'model.json';

/**
 * Reads a model that TensorFlow.js saved, or its converter made: `model.json` and the files of weights. It must be a
 * Sequential, or a functional model whose layers follow one another, with residual connections.
 *
 * @throws {NormtapeError} If a file is missing or malformed, or a layer is not known; it says which, and there is no model.
 */
export function readLayersModel(files: LayersModelFiles): Sequential {
  const where = 'readLayersModel';
  const byName = readFiles(where, files);
  const text = readText(`${where}: ${MODEL}`, demandFile(where, byName, MODEL));
  const { modelTopology, weightsManifest } = parseObject(`${where}: ${MODEL}`, text);
  const weights = readWeights(where, weightsManifest, byName);
  const outer = entriesOf(modelTopology) && Object.fromEntries(entriesOf(modelTopology)!);
  const topology = outer && 'model_config' in outer ? outer['model_config'] : modelTopology;
  const { className, config } = readSerialized(`${where}: modelTopology`, topology);
  const stated = readTopology(where, className, config);
  return makingWithin(roomFor(stated, weights.values()), () =>
    assembled(where, 'TensorFlow.js', stagesOf(where, stated), sourceOf(weights)),
  );
}

export function readFiles(where: string, files: unknown): ReadonlyMap<string, Uint8Array> {
  const entries = entriesOf(files);
  if (!entries)
    throw new NormtapeError({ where, expected: 'a plain object of files by name', received: files });
  return new Map(entries.map(([name, bytes]) => [name, readBytes(`${where}: ${name}`, 'a file', bytes)]));
}

/** The weights by the name of their layer and their own, after any other names. */
function sourceOf(weights: ReadonlyMap<string, NdArray>): WeightSource {
  const left = new Set(weights.keys());
  const names = new Map(
    [...weights.keys()].flatMap((key) => {
      const segments = key.replace(/:0$/, '').split('/');
      return [2, 3].map((count) => [segments.slice(-count).join('/'), key] as const);
    }),
  );
  return {
    find({ name }, { there }) {
      const key = names.get(`${name}/${there}`);
      if (key === undefined) return undefined;
      left.delete(key);
      return weights.get(key);
    },
    left: () => left.values().next().value,
  };
}
