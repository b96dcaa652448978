import type { NdArray } from '../../array/index.js';
import { NormtapeError } from '../../error.js';
import { makingWithin } from '../../nn/room.js';
import type { Sequential } from '../../nn/sequential.js';
import { type Given, number, resolve } from '../../option/index.js';
import { type Bytes, isFile, readBytes, readText } from '../bytes.js';
import { parseObject } from '../json-text.js';
import { unzip } from '../zip.js';
import { assembled, demandClasses, roomFor } from './assembled.js';
import { readSerialized } from './config.js';
import { containedIn, readContained } from './keras-weights.js';
import { readFiles } from './read-layers-model.js';
import { stagesOf } from './stages.js';
import { readTopology } from './topology.js';
import { demandFile } from './weights.js';

/** The files of a Keras 3 model by name: `config.json`, and one that ends in `.weights.h5`. */
export type KerasFiles = Readonly<Record<string, Bytes>>;

const OPTIONS = {
  largest: number(2 ** 30, 'How many bytes the files in a .keras file may have together.', {
    min: 0,
    whole: true,
    explore: [0, 2 ** 30],
  }),
};

/** The options of `readKeras`; each has a default. */
export type ReadKerasOptions = Given<typeof OPTIONS>;

/** The files of a model in the archive of Keras 3. */
export const CONFIG = 'config.json';
export const METADATA = 'metadata.json';
export const WEIGHTS = 'model.weights.h5';

/**
 * Reads a model that Keras 3 saved: the bytes of a `.keras` file, or an object of its files by name, `config.json` and one
 * that ends in `.weights.h5`. It must be a Sequential, or a functional model whose layers follow one another, with
 * residual connections. It needs the package h5wasm.
 *
 * @throws {NormtapeError} If h5wasm or a file is missing, a file is malformed or larger than `largest` once it is unpacked,
 * or a layer is not known; it says which, and there is no model.
 */
export async function readKeras(given: Bytes | KerasFiles, options?: ReadKerasOptions): Promise<Sequential> {
  const where = 'readKeras';
  const { largest } = resolve(where, OPTIONS, options);
  const files = isFile(given)
    ? unzip(where, readBytes(where, 'a .keras file', given), largest)
    : readFiles(where, given);
  const text = readText(`${where}: ${CONFIG}`, demandFile(where, files, CONFIG));
  const { className, config } = readSerialized(
    `${where}: ${CONFIG}`,
    parseObject(`${where}: ${CONFIG}`, text),
  );
  const stated = readTopology(where, className, config);
  const stages = stagesOf(where, stated);
  demandClasses(stated.layers);
  const [name, bytes] = weightsFile(where, files);
  const weights = await readContained(`${where}: ${name}`, bytes, stated.layers);
  const arrays = [...weights.values()].flatMap((own): NdArray[] => [...own.values()]);
  return makingWithin(roomFor(stated, arrays), () =>
    assembled(where, 'Keras 3', stages, containedIn(stated.layers, weights)),
  );
}

/** The only file of weights. */
function weightsFile(where: string, files: ReadonlyMap<string, Uint8Array>): readonly [string, Uint8Array] {
  const [file, ...more] = [...files].filter(([name]) => name.endsWith('.weights.h5'));
  if (file && more.length === 0) return file;
  throw new NormtapeError({
    where,
    expected: 'one file that ends in .weights.h5',
    received: [...files.keys()],
  });
}
