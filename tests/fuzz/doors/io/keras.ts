import fc from 'fast-check';
import { readFileSync } from 'node:fs';
import { MultiHeadAttention, Residual, Sequential, randomNormal } from '../../../../src/index.js';
import { type KerasFiles, readKeras, writeKeras, writeKerasFiles } from '../../../../src/io/index.js';
import { unzip } from '../../../../src/io/zip.js';
import { door } from '../../door.js';
import { demand } from './arrays.js';
import { built, layers, residual } from './built.js';
import { changed, jsonAfter, words, writable } from './changes.js';

const attention = built(
  new Sequential([
    new Residual(new MultiHeadAttention({ heads: 1, headSize: 2, seed: 1 }), { before: 'rms_norm' }),
  ]),
  randomNormal([1, 2, 2], { seed: 1 }),
);

/** Files that are written here, and one of h5py, which writes HDF5 in an older form. */
const models = [
  await writeKerasFiles(layers(), [3]),
  await writeKerasFiles(residual(), [3]),
  await writeKerasFiles(attention, [2, 2]),
  Object.fromEntries(
    unzip('', readFileSync(new URL('../../../io/fixtures/keras/average.keras', import.meta.url)), 1e6),
  ),
].map(({ 'config.json': config, 'model.weights.h5': weights }) => ({
  config: config!,
  weights: weights!,
  topology: JSON.parse(new TextDecoder().decode(config)) as unknown,
}));
const archive = await writeKeras(layers(), [3]);

interface Input {
  readonly words: string;
  readonly files: () => Uint8Array | KerasFiles;
}

const model = fc.constantFrom(...models);

const input: fc.Arbitrary<Input> = fc.oneof(
  // The configuration, with changes anywhere.
  fc.tuple(model, writable(0, 2)).map(([{ topology, weights }, all]) => ({
    words: words(all),
    files: () => ({ 'config.json': jsonAfter(topology, all), 'model.weights.h5': weights }),
  })),
  // The weights, with bytes changed, or of another model.
  fc
    .tuple(model, model)
    .chain(([{ config }, { weights }]) => fc.tuple(fc.constant(config), changed([weights])))
    .map(([config, weights]) => ({
      words: `the weights ${weights.join()}`,
      files: () => ({ 'config.json': config, 'model.weights.h5': weights }),
    })),
  // The archive of both.
  changed([archive]).map((bytes) => ({ words: `the archive ${bytes.join()}`, files: () => bytes })),
);

/** Models of Keras 3 of which the configuration, the weights or the archive was changed. */
export const keras = door({
  name: 'models of Keras 3',
  share: 0.5,
  input,
  async enter({ files }) {
    try {
      const read = await readKeras(files(), { largest: 100_000 });
      if (read.built) await readKeras(await writeKeras(read, [3]));
    } catch (error) {
      const intact = readKeras(archive).then(
        () => '',
        (reason: unknown) => String(reason),
      );
      demand((await intact) === '', `a file that is refused leaves h5wasm as it was: ${await intact}`);
      throw error;
    }
  },
});
