import fc from 'fast-check';
import {
  ConfigurableModel,
  Dense,
  Dropout,
  LanguageModel,
  type Module,
  type NdArray,
  Residual,
  ResidualBlock,
  Sequential,
  createNormalizationFromConfig,
  createNormalizationLayer,
  norms,
  randomNormal,
  relu,
  tensor,
} from '../../../src/index.js';
import {
  type LoadFromOptions,
  configFromKeras,
  loadFrom,
  loadModel,
  readLayersModel,
  readNpy,
  readNpz,
  readSafetensors,
  saveModel,
  tensorsFor,
  writeLayersModel,
  writeNpy,
  writeNpz,
  writeSafetensors,
} from '../../../src/io/index.js';
import { KERAS_DICTIONARIES } from '../../support/keras-dictionaries.js';
import { type Mutation, mutated, mutations } from '../../support/mutations.js';
import { type Door, door } from '../door.js';
import { rows } from '../exports/values.js';

/** A change of bytes: some are cut out at a place, and others put there. */
const edit = fc.record({
  at: fc.double({ min: 0, max: 1, noNaN: true }),
  cut: fc.constantFrom(0, 1, 1, 1, 2, 8, 1000),
  put: fc.oneof(
    fc.uint8Array({ maxLength: 4 }),
    fc.constantFrom(Uint8Array.of(255), Uint8Array.of(0), Uint8Array.of(0x7f, 0xff, 0xff, 0xff)),
    fc
      .constantFrom('"', '{', '}', '[', ']', ',', '__proto__', '9', '-', '1e9', 'NaN', '(', "'", '\\u0000')
      .map((text) => new TextEncoder().encode(text)),
  ),
});

/** Files with up to three changes, and bytes of any kind. */
const changed = (files: readonly Uint8Array[]): fc.Arbitrary<Uint8Array> =>
  fc.oneof(
    {
      weight: 12,
      arbitrary: fc.tuple(fc.constantFrom(...files), fc.array(edit, { maxLength: 3 })).map(([file, edits]) =>
        edits.reduce((bytes, { at, cut, put }) => {
          const place = Math.floor(at * bytes.length);
          return Uint8Array.of(...bytes.subarray(0, place), ...put, ...bytes.subarray(place + cut));
        }, file),
      ),
    },
    { weight: 1, arbitrary: fc.uint8Array({ maxLength: 60 }) },
  );

const text = (arrays: Readonly<Record<string, NdArray>>): string =>
  JSON.stringify(
    Object.entries(arrays).map(([name, { shape, dtype, data }]) => [
      name,
      shape,
      dtype,
      [...data].map(String),
    ]),
  );

function demand(holds: boolean, law: string): void {
  if (!holds) throw new Error(law);
}

const arrays = {
  a: tensor([1, NaN, -0]),
  b: tensor([[1e300, -Infinity]], { dtype: 'float64' }),
  none: tensor([], { shape: [0, 2] }),
};

/** The header of a safetensors file, from parts that mostly fit. */
const header = fc
  .array(
    fc.record({
      name: fc.constantFrom('a', 'b', 'c', '__proto__', '__metadata__', 'constructor', ''),
      dtype: fc.constantFrom('F32', 'F32', 'F64', 'F16', 'BF16', 'I64', 'U8', 'BOOL', 'F8_E5M2', 'toString'),
      shape: fc.constantFrom<unknown>(
        [2],
        [2],
        [1, 2],
        [],
        [0],
        [-1],
        [1e300, 1e300],
        [2 ** 31, 2 ** 31],
        [0.5],
        '2',
        null,
      ),
      gap: fc.constantFrom(0, 0, 0, 0, 1, -4, 2 ** 53),
    }),
    { maxLength: 4 },
  )
  .chain((entries) =>
    fc.record({ entries: fc.constant(entries), stray: fc.constantFrom(0, 0, 0, 1, -1), fill: fc.nat(255) }),
  )
  .map(({ entries, stray, fill }) => {
    const sizes: Readonly<Record<string, number>> = { F32: 4, F64: 8, F16: 2, BF16: 2, I64: 8 };
    let at = 0;
    const stated = entries.map(({ name, dtype, shape, gap }) => {
      const size = Array.isArray(shape) ? (shape as number[]).reduce((product, n) => product * n, 1) : 1;
      const begin = at + gap;
      at = begin + size * (sizes[dtype] ?? 1);
      return `${JSON.stringify(name)}:${JSON.stringify({ dtype, shape, data_offsets: [begin, at] })}`;
    });
    const json = new TextEncoder().encode(`{${stated.join()}}`);
    const length = Number.isFinite(at) && at > 0 && at < 1000 ? at + stray : 0;
    const bytes = new Uint8Array(8 + json.length + Math.max(0, length)).fill(fill);
    new DataView(bytes.buffer).setBigUint64(0, BigInt(json.length), true);
    bytes.set(json, 8);
    return bytes;
  });

const safetensors = door({
  name: 'safetensors',
  input: fc.oneof(
    { weight: 2, arbitrary: changed([writeSafetensors(arrays, { made: 'here' })]) },
    { weight: 1, arbitrary: header },
  ),
  enter(bytes) {
    const { tensors, metadata } = readSafetensors(bytes);
    const again = readSafetensors(writeSafetensors(tensors, metadata));
    const byName = (one: Readonly<Record<string, NdArray>>) =>
      text(Object.fromEntries(Object.entries(one).sort()));
    demand(byName(again.tensors) === byName(tensors), 'what was read can be written and read');
  },
});

const npy = door({
  name: 'npy',
  input: changed(Object.values(arrays).map(writeNpy)),
  enter(bytes) {
    const array = readNpy(bytes);
    demand(
      text({ array: readNpy(writeNpy(array)) }) === text({ array }),
      'what was read can be written and read',
    );
  },
});

const npz = door({
  name: 'npz',
  input: changed([writeNpz(arrays), writeNpz(arrays, { compressed: true })]),
  enter(bytes) {
    const read = readNpz(bytes, { largest: 10_000 });
    demand(text(readNpz(writeNpz(read))) === text(read), 'what was read can be written and read');
  },
});

const built = <M extends Module>(model: M, ...given: readonly unknown[]): M => {
  (model as unknown as { forward(...given: readonly unknown[]): unknown }).forward(...given);
  return model;
};
const files = [
  built(
    new Sequential([
      new Dense(2, { seed: 1 }),
      relu,
      createNormalizationLayer('batch_norm'),
      new Dropout(0.5, { seed: 1 }),
    ]),
    rows(),
  ),
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
        .tuple(fc.constantFrom(...statements), fc.array(mutations, { minLength: 0, maxLength: 2 }))
        .filter(([, all]) => all.every(({ words }) => !/hole|billion|itself|deep/.test(words)))
        .map(([{ tensors, metadata, statement }, all]) => {
          const { state, words } = steps(statement, all);
          return {
            words,
            bytes: (): Uint8Array => {
              const json = JSON.stringify(state, (_, value: unknown) =>
                typeof value === 'bigint' ? 1 : value,
              ) as string | undefined;
              return writeSafetensors(tensors, { ...metadata, 'normtape.model': json ?? '' });
            },
          };
        }),
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

/** Several changes, of which none leaves a value that the next cannot walk through. */
const walkable = (maxLength: number) =>
  fc
    .array(mutations, { maxLength })
    .filter((all) => all.length < 2 || !all.some((one) => /hole|billion|itself|deep/.test(one.words)));

const words = (all: readonly { readonly words: string }[]): string =>
  all.map((one) => one.words).join(', then ');

/** A state after changes, each at any place of what the one before left. */
const steps = (given: unknown, all: readonly Mutation[]) =>
  all.reduce(
    ({ state, words: before }, one) => {
      const { state: next, words: last } = mutated(state, [one]);
      return { state: next, words: before ? `${before}; ${last}` : last };
    },
    { state: given, words: '' },
  );

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

/** Layers as Keras serializes them, with changes. */
const dictionaries = door({
  name: 'dictionaries of Keras',
  input: fc
    .tuple(
      fc.constantFrom(
        ...KERAS_DICTIONARIES,
        ...['__proto__', 'constructor'].map((name) => ({ class_name: name, config: {} })),
      ),
      walkable(3),
    )
    .map(([dictionary, all]) => ({
      words: `${dictionary.class_name}: ${steps(dictionary, all).words}`,
      make: () => steps(dictionary, all).state,
    })),
  enter({ make }) {
    const { type, options } = configFromKeras(make() as object);
    if (type in norms) createNormalizationFromConfig({ type, ...options } as never);
  },
});

const layersModel = writeLayersModel(
  built(
    new Sequential([
      new Dense(2, { seed: 1 }),
      relu,
      createNormalizationLayer('batch_norm'),
      new Dropout(0.5, { seed: 1 }),
    ]),
    rows(),
  ),
  [3],
);
const topology = JSON.parse(new TextDecoder().decode(layersModel['model.json'])) as unknown;
const shard = layersModel['group1-shard1of1.bin']!;

/** Models of TensorFlow.js whose JSON or bytes were changed, and of which files are missing. */
const layersModels = door({
  name: 'LayersModels',
  share: 0.5,
  input: fc.oneof(
    fc
      .array(mutations, { maxLength: 2 })
      .filter((all) => !/hole|billion|itself|deep/.test(words(all)))
      .map((all) => ({
        words: words(all),
        files: () => {
          const json = JSON.stringify(steps(topology, all).state, (_, value: unknown) =>
            typeof value === 'bigint' ? 1 : value,
          ) as string | undefined;
          return { 'model.json': new TextEncoder().encode(json ?? ''), 'group1-shard1of1.bin': shard };
        },
      })),
    fc
      .tuple(changed([layersModel['model.json']!]), changed([shard]), fc.nat(9))
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

/** The doors of all readers of files of arrays and models. */
export const io: readonly Door[] = [safetensors, npy, npz, models, named, dictionaries, layersModels];
