import fc from 'fast-check';
import { readLayersModel, writeLayersModel } from '../../../../src/io/index.js';
import { door } from '../../door.js';
import { layers, residual } from './built.js';
import { changed, jsonAfter, words, writable } from './changes.js';

/** The two files of a model that follows one another, and of one with residual connections. */
const models = [layers(), residual()].map((model) => {
  const { 'model.json': json, 'group1-shard1of1.bin': shard } = writeLayersModel(model, [3]);
  return { json: json!, shard: shard!, topology: JSON.parse(new TextDecoder().decode(json)) as unknown };
});

/** Models of TensorFlow.js whose JSON or bytes were changed, and of which files are missing. */
export const layersModels = door({
  name: 'LayersModels',
  share: 0.5,
  input: fc.oneof(
    fc.tuple(fc.constantFrom(...models), writable(0, 2)).map(([{ topology, shard }, all]) => ({
      words: words(all),
      files: () => ({ 'model.json': jsonAfter(topology, all), 'group1-shard1of1.bin': shard }),
    })),
    fc
      .constantFrom(...models)
      .chain(({ json, shard }) => fc.tuple(changed([json]), changed([shard]), fc.nat(9)))
      .map(([json, bytes, kept]) => ({
        words: `the bytes ${json.join()} and ${bytes.join()}`,
        files: () => ({ 'model.json': json, ...(kept ? { 'group1-shard1of1.bin': bytes } : {}) }),
      })),
  ),
  enter({ files: given }) {
    const model = readLayersModel(given() as Record<string, Uint8Array>);
    if (model.built) readLayersModel(writeLayersModel(model, [3]));
  },
});
