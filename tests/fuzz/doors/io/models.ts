import fc from 'fast-check';
import {
  ConfigurableModel,
  Dense,
  LanguageModel,
  type NdArray,
  Residual,
  ResidualBlock,
  randomNormal,
  tensor,
} from '../../../../src/index.js';
import {
  type LoadFromOptions,
  loadFrom,
  loadModel,
  readSafetensors,
  saveModel,
  tensorsFor,
  writeSafetensors,
} from '../../../../src/io/index.js';
import { mutated, mutations } from '../../../support/mutations.js';
import { type Door, door } from '../../door.js';
import { rows } from '../../exports/values.js';
import { demand, text } from './arrays.js';
import { built, layers } from './built.js';
import { changed, jsonAfter, steps, walkable, words, writable } from './changes.js';

const files = [
  layers(),
  built(new ConfigurableModel({ classes: 2, hidden: [2], seed: 1 }), rows()),
  built(
    new LanguageModel({ vocabularySize: 3, contextLength: 4, layers: 1, hiddenSize: 2, heads: 1, seed: 1 }),
    [[0, 1]],
  ),
  built(new ResidualBlock({ filters: 3, kernelSize: 1, seed: 1 }), randomNormal([1, 2, 2, 2], { seed: 1 })),
  new Residual(new Dense(2, { seed: 1 }), { before: 'rms_norm', dropout: 0.1, seed: 1 }),
].map((model) => saveModel(model, { list: [1, { array: tensor([1, 2]) }] }));

const statements = files.map((file) => {
  const { tensors, metadata } = readSafetensors(file);
  return { tensors, metadata, statement: JSON.parse(metadata['normtape.model']!) as unknown };
});

/** Models in which what is said of their modules was changed, or bytes were. */
const models = door({
  name: 'models',
  share: 0.5,
  input: fc.oneof(
    {
      weight: 3,
      arbitrary: fc
        .tuple(fc.constantFrom(...statements), writable(0, 2))
        .map(([{ tensors, metadata, statement }, all]) => ({
          words: words(all),
          bytes: (): Uint8Array => {
            const stated = new TextDecoder().decode(jsonAfter(statement, all));
            return writeSafetensors(tensors, { ...metadata, 'normtape.model': stated });
          },
        })),
    },
    {
      weight: 1,
      arbitrary: changed(files).map((bytes) => ({ words: `the bytes ${bytes.join()}`, bytes: () => bytes })),
    },
  ),
  enter({ bytes }) {
    const { model, extras } = loadModel(bytes());
    const saved = saveModel(model, extras);
    const again = loadModel(saved);
    demand(
      String(saveModel(again.model, again.extras)) === String(saved),
      'what was read can be written and read',
    );
  },
});

const peers = [
  ['pytorch', files[0]!],
  ['pytorch', files[3]!],
  [
    'gpt2',
    saveModel(
      built(
        new LanguageModel({
          vocabularySize: 3,
          contextLength: 4,
          layers: 1,
          hiddenSize: 2,
          heads: 1,
          normalization: 'layer_norm',
        }),
        [[0, 1]],
      ),
    ),
  ],
] as const;

/** Tensors of another framework, of which some were renamed, left out, reshaped, or are none; and other options. */
const named = door({
  name: 'tensors by names',
  share: 0.5,
  input: fc
    .tuple(fc.constantFrom(...peers), walkable(2), fc.array(mutations, { maxLength: 1 }), fc.boolean())
    .map(([[naming, file], ofTensors, ofOptions, strict]) => ({
      words: `${naming}: ${words(ofTensors)}; ${words(ofOptions)}`,
      enter() {
        const { model } = loadModel(file);
        const tensors = steps(
          Object.fromEntries(
            Object.entries(tensorsFor(model, { naming })).map(([name, { shape, dtype, data }]) => [
              name,
              { shape, dtype, data: [...data] },
            ]),
          ),
          ofTensors,
        ).state;
        const options = mutated({ naming, strict, paths: {}, channels: 2 }, ofOptions).state;
        const before = text(model.stateDict());
        try {
          loadFrom(model, tensors as Record<string, NdArray>, options as LoadFromOptions);
        } catch (error) {
          demand(text(model.stateDict()) === before, 'a refusal changes nothing');
          throw error;
        }
      },
    })),
  enter: (one) => one.enter(),
});

/** The doors of whole models and of weights by their names elsewhere. */
export const ofModels: readonly Door[] = [models, named];
