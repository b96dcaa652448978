import { expect } from 'chai';
import fc from 'fast-check';
import * as library from '../../src/index.js';
import {
  Adam,
  Dense,
  Dropout,
  Module,
  NormtapeError,
  Parameter,
  Residual,
  Sequential,
  type Tensor,
  convertNormalization,
  createNormalizationLayer,
  foldNormalization,
  mean,
  norm,
  normDenseBlock,
  normalization,
  normalizationTypes,
  norms,
  relu,
  shapePreservingTypes,
  square,
  tensor,
  valueAndGrad,
} from '../../src/index.js';
import {
  loadModel,
  readSafetensors,
  registerModule,
  registerNorm,
  saveModel,
  writeSafetensors,
} from '../../src/io/index.js';
import { activationNames } from '../../src/nn/activations.js';
import { ARGUMENTS } from '../../src/nn/construction.js';
import { models as samples } from '../fuzz/exports/models.js';
import { rows } from '../fuzz/exports/values.js';
import { runs } from '../support/runs.js';
import { bitsOf } from './arrays.js';

type Applied = Module & { forward(...given: readonly unknown[]): unknown };

/** The model of a file. */
const again = (model: Module): Applied => loadModel(saveModel(model)).model as Applied;

/** All that a model is: its structure, its bits, its modes and its generators. */
const everything = (model: Module) => ({
  summary: model.summary(),
  weights: Object.entries(model.stateDict()).map(([name, array]) => [
    name,
    array.dtype,
    array.shape,
    bitsOf(array),
  ]),
  modules: [...model.namedModules()].map(([name, { constructor, training, trainable }]) => [
    name,
    constructor,
    training,
    trainable,
  ]),
  generators: [...model.generators()].map(([name, { state }]) => [name, state]),
  trainable: model.parameters().map(({ trainable }) => trainable),
});

const outputs = (model: Module, given: readonly unknown[]): string => {
  const { training } = model;
  const y = (model.eval() as Applied).forward(...given);
  if (training) model.train();
  return JSON.stringify([y].flat());
};

/** The model of its file is the same in everything, and its own file has the same bytes. */
function expectRoundTrip(model: Module, given?: readonly unknown[]): Applied {
  const bytes = saveModel(model);
  const read = loadModel(bytes).model as Applied;
  expect(everything(read)).to.deep.equal(everything(model));
  expect([...saveModel(read)]).to.deep.equal([...bytes]);
  const options = (one: Module) => (one as { options?: unknown }).options;
  const seedless = (one: unknown) =>
    JSON.stringify(one, (key, value: unknown) => (key === 'seed' ? undefined : value));
  expect(seedless(options(read))).to.equal(seedless(options(model)));
  if (given) expect(outputs(read, given)).to.equal(outputs(model, given));
  return read;
}

type Class = new (...given: readonly unknown[]) => Applied;
const classes = Object.entries(library as Readonly<Record<string, unknown>>).filter(
  (entry): entry is [string, Class] => typeof entry[1] === 'function' && entry[1].prototype instanceof Module,
);

describe('saveModel and loadModel', () => {
  for (const [name, Layer] of classes) {
    it(`keep every module that is exported, built or not: ${name}`, () => {
      const layer = new Layer(...samples[name]!());
      expectRoundTrip(layer);
      const unbuilt = again(layer);
      const given = samples[`${name}.forward`]!();
      layer.train().forward(...given);
      expectRoundTrip(layer, given);
      // Without weights in the file, the same ones are drawn.
      unbuilt.train().forward(...given);
      expect(everything(unbuilt)).to.deep.equal(everything(layer.train()));
    });
  }

  for (const type of normalizationTypes) {
    it(`keep every norm of the catalog: ${type}`, () => {
      const { x, options } = norms[type].example as unknown as { x: never; options?: object };
      const layer = createNormalizationLayer(type, { ...options, name: 'mine' });
      expectRoundTrip(layer);
      expectRoundTrip(createNormalizationLayer(type));
      layer.build(tensor(x).shape, { dtype: 'float64' });
      const read = expectRoundTrip(layer) as unknown as typeof layer;
      expect(read.getConfig()).to.deep.equal(layer.getConfig());
      expect(read.builtFor).to.deep.equal(layer.builtFor);
    });
  }

  it('keep random models, after training, bit for bit', () => {
    const seed = fc.integer({ min: 0, max: 1000 });
    const leaf: fc.Arbitrary<() => unknown> = fc.oneof(
      seed.map((own) => () => new Dense(3, { seed: own, kernelRegularizer: 'l2' })),
      fc.constantFrom(...activationNames).map((name) => () => new library.Activation(name)),
      fc.constantFrom(relu, library.tanh, library.sigmoid).map((op) => () => op),
      fc
        .constantFrom(...shapePreservingTypes.filter((type) => worksOnRows(type)))
        .map((type) => () => createNormalizationLayer(type)),
      seed.map((own) => () => new Dropout(0.25, { seed: own })),
      seed.map(
        (own) => () =>
          normDenseBlock({
            units: 3,
            seed: own,
            normalization: 'batch_norm',
            dropout: 0.1,
            activation: 'tanh',
          }),
      ),
      fc.constant(() => new library.PReLU()),
      seed.map((own) => () => new Residual(new Dense(3, { seed: own }), { after: 'rms_norm' })),
    );
    const layers = fc.array(leaf, { minLength: 1, maxLength: 4 });
    const special = fc.constantFrom(NaN, Infinity, -Infinity, -0, 1e-40, 0.1);
    fc.assert(
      fc.property(
        layers,
        layers,
        fc.boolean(),
        fc.boolean(),
        special,
        (made, inner, isShared, isFrozen, value) => {
          const first = made.map((one) => one() as never);
          const nested = new Sequential(inner.map((one) => one() as never));
          const model = new Sequential([...first, nested, ...(isShared ? [nested, first[0]!] : [])]);
          model.forward(rows());
          if (isFrozen) nested.freeze().eval();
          const [weight] = model.parameters();
          if (weight) weight.value = library.full(weight.shape, value, { dtype: weight.dtype }).value;
          const read = expectRoundTrip(model, [rows()]);
          if (isShared)
            expect((read as unknown as Sequential).layers.at(-2)).to.equal(
              (read as unknown as Sequential).layers.at(first.length),
            );
        },
      ),
      { numRuns: runs(0.4) },
    );
  });

  it('go on in training as if nothing had happened', () => {
    const make = () =>
      new Sequential([
        new Dense(4, { seed: 1 }),
        createNormalizationLayer('batch_norm'),
        new Dropout(0.5, { seed: 2 }),
      ]);
    const step = (model: Sequential, optimizer: Adam): void => {
      optimizer.step(valueAndGrad(() => mean(square(model.forward(rows())))).gradients);
    };
    const [model, optimizer] = [make(), new Adam({ learningRate: 0.1 })];
    step(model, optimizer);
    const bytes = saveModel(model, { optimizer: optimizer.stateDict(model), epoch: 3 });
    step(model, optimizer);
    const { model: read, extras } = loadModel(bytes);
    const resumed = new Adam({ learningRate: 0.1 });
    resumed.loadStateDict(extras['optimizer'] as never, read);
    step(read as Sequential, resumed);
    expect(everything(read)).to.deep.equal(everything(model));
    expect(extras['epoch']).to.equal(3);
  });

  it('keep extras: any data, with arrays anywhere in them', () => {
    const extras = {
      numbers: [NaN, Infinity, -Infinity, -0, 0.1],
      text: 'µ\ud83d\ude00',
      nothing: null,
      inner: { list: [true, { $number: 'NaN', ['__proto__']: 1 }], array: tensor([1, -0]) },
    };
    const read = loadModel(saveModel(new Dense(2), extras)).extras as typeof extras;
    expect(read.numbers.every((x, i) => Object.is(x, extras.numbers[i]))).to.equal(true);
    expect({ ...read, numbers: 0, inner: { list: read.inner.list } }).to.deep.equal({
      ...extras,
      numbers: 0,
      inner: { list: extras.inner.list },
    });
    expect(bitsOf(read.inner.array as never)).to.deep.equal(bitsOf(extras.inner.array.value));
    expect(() => saveModel(new Dense(2), { now: new Date() })).to.throw(
      'saveModel: extras.now: expected plain data',
    );
    expect(() => saveModel(new Dense(2), { f: () => 1 })).to.throw('saveModel: extras.f: expected an op');
  });

  it('keep data as deep as can be read, and refuse deeper ones', () => {
    const deep = (levels: number) => {
      let value: object = {};
      for (let i = 0; i < levels; i++) value = { $: value };
      return { value };
    };
    const read = loadModel(saveModel(new Dense(2), deep(29))).extras;
    expect(read).to.deep.equal(deep(29));
    expect(() => saveModel(new Dense(2), deep(30))).to.throw('at most 30 levels of nested values');
  });

  it('keep modules as deep as can be read, and refuse deeper ones', () => {
    const nested = (levels: number) => {
      let model: Module = new Sequential([relu]);
      for (let i = 1; i < levels; i++) model = new Sequential([model as never]);
      return model;
    };
    expect(again(nested(100)).namedModules().size).to.equal(100);
    expect(() => saveModel(nested(101))).to.throw('at most 100 deep');
  });

  it('keep norms that were converted or folded, and fields that were emptied', () => {
    const converted = new library.TransformerBlock({ hiddenSize: 4, heads: 2, seed: 1 });
    converted.forward(library.randomNormal([1, 3, 4], { seed: 1 }));
    convertNormalization(converted, 'layer_norm', 'rms_norm');
    expectRoundTrip(converted, [library.randomNormal([1, 3, 4], { seed: 1 })]);
    const folded = new Sequential([new Dense(3, { seed: 1 }), createNormalizationLayer('batch_norm')]);
    folded.forward(rows());
    foldNormalization(folded.eval());
    expectRoundTrip(folded, [rows()]);
    const emptied = normDenseBlock({ units: 3, seed: 1 });
    emptied.forward(rows());
    Object.assign(emptied, { norm: undefined });
    expectRoundTrip(emptied, [rows()]);
    const filled = normDenseBlock({ units: 3, seed: 1, normalization: 'none' });
    Object.assign(filled, { norm: createNormalizationLayer('rms_norm') });
    filled.forward(rows());
    expectRoundTrip(filled, [rows()]);
  });

  it('keep lists of modules that grew or shrank', () => {
    const make = () => new library.ConfigurableModel({ classes: 2, hidden: [3, 3, 3], seed: 1 });
    const [grown, shrunk] = [make(), make()];
    const block = normDenseBlock({ units: 3, seed: 5 });
    (grown.hidden as library.NormDenseBlock[]).push(block);
    (shrunk.hidden as library.NormDenseBlock[]).length = 1;
    for (const model of [grown, shrunk]) {
      model.forward(rows());
      expectRoundTrip(model, [rows()]);
    }
  });

  for (const type of library.weightNormalizationTypes) {
    it(`keep norms of weights: ${type}`, () => {
      const layers = [
        [new Dense(3, { seed: 1 }), rows()],
        [new library.Conv2D(3, 2, { seed: 1 }), library.randomNormal([1, 4, 4, 2], { seed: 1 })],
        [new library.LSTM(2, { seed: 1 }), library.randomNormal([1, 2, 3], { seed: 1 })],
      ] as const;
      for (const [layer, x] of layers) {
        const model = new Sequential([layer]);
        model.forward(x);
        library.normalizeWeights(model, type);
        expectRoundTrip(model, [x]);
        model.train().forward(x);
        expectRoundTrip(model, [x]);
      }
    });
  }

  it('keep norms that have not started from data yet', () => {
    const started = library.createWeightNormalization('weight_norm');
    started.build([3, 4]);
    const read = again(started);
    const x = library.randomNormal([3, 4], { seed: 1 });
    read.forward(x);
    started.forward(x);
    expect(everything(read)).to.deep.equal(everything(started));
    expectRoundTrip(started);
  });

  it('keep weights that two layers share', () => {
    const [a, b] = [new Dense(3, { seed: 1 }), new Dense(3, { seed: 2 })];
    const model = new Sequential([a, relu, b]);
    model.forward(rows());
    b.kernel = a.kernel;
    const [first, , second] = (expectRoundTrip(model, [rows()]) as unknown as Sequential)
      .layers as unknown as Dense[];
    expect(second!.kernel).to.equal(first!.kernel);
  });

  it('keep the shortcut of a residual block, and of none', () => {
    for (const filters of [2, 3]) {
      const block = new library.ResidualBlock({ filters, seed: 1 });
      const image = library.randomNormal([1, 4, 4, 2], { seed: 1 });
      block.forward(image);
      expect((expectRoundTrip(block, [image]) as unknown as typeof block).shortcut === undefined).to.equal(
        filters === 2,
      );
    }
  });

  it('draw no weights of their own, which are replaced anyhow', () => {
    const model = new Dense(3, { kernelInitializer: 'orthogonal', seed: 1 });
    model.forward(rows());
    expect(bitsOf(again(model).stateDict()['kernel']!)).to.deep.equal(bitsOf(model.stateDict()['kernel']!));
    expect(new Dense(3, { seed: 1 }).build([3])).to.equal(undefined);
  });
});

/** Whether a norm takes rows of three. */
function worksOnRows(type: (typeof shapePreservingTypes)[number]): boolean {
  try {
    (createNormalizationLayer(type) as Applied).forward(rows());
    return true;
  } catch {
    return false;
  }
}

class Scale extends Module {
  readonly factor: Parameter;
  readonly inner = new Dense(3);

  constructor(readonly width: number) {
    super();
    this.factor = new Parameter(library.ones([width]));
  }

  override forward(x: Tensor): Tensor {
    return library.mul(this.inner.forward(x), this.factor);
  }
}

class Stranger extends Scale {}

const own = norm({
  ...norms.rms_norm,
  type: 'own_norm',
} as never) as unknown as typeof norms.rms_norm;

describe('registerModule', () => {
  it('lets modules of one’s own be saved, in models and alone', () => {
    registerModule('scale of a test', {
      module: Scale,
      save: ({ width }) => ({ width }),
      load: ({ width }) => new Scale(width),
    });
    const model = new Sequential([new Scale(3), new Residual(new Scale(3))]);
    model.forward(rows());
    expectRoundTrip(model, [rows()]);
    expectRoundTrip(new Scale(2));
  });

  it('says what to register', () => {
    expect(() => saveModel(new Sequential([relu, new Stranger(3)]))).to.throw(
      'saveModel: layers.1: expected a module of the package, or of a class that is registered, received "Stranger". ' +
        "Register it: registerModule('Stranger', { module: Stranger, save, load }).",
    );
    expect(() => saveModel(new Sequential([relu, (x: Tensor) => x]))).to.throw(
      'saveModel: layers.1: expected an op or an activation of normtape',
    );
    const bytes = saveModel(new Scale(3));
    const { tensors, metadata } = readSafetensors(bytes);
    const renamed = metadata['normtape.model']!.replace('"scale of a test"', '"scales"');
    expect(() => loadModel(writeSafetensors(tensors, { ...metadata, 'normtape.model': renamed }))).to.throw(
      'If it is a module of yours: registerModule("scales", { module, save, load }).',
    );
  });

  it('refuses names and classes that are taken', () => {
    const functions = { save: () => 1, load: () => new Stranger(1) };
    expect(() => registerModule('Dense', { module: Stranger, ...functions })).to.throw('no other class has');
    expect(() => registerModule('scale of a test', { module: Stranger, ...functions })).to.throw(
      'no other class has',
    );
    expect(() =>
      registerModule('dense', { module: Dense, save: () => 1, load: () => new Dense(1) }),
    ).to.throw('registered as Dense');
    expect(() => registerModule('x', { module: Map as never, ...functions })).to.throw('extends Module');
  });

  it('reports what a function of the caller throws, or returns', () => {
    class Odd extends Module {
      override forward(x: Tensor): Tensor {
        return x;
      }
    }
    registerModule('odd', {
      module: Odd,
      save: () => null,
      load: () => {
        throw new TypeError('mine');
      },
    });
    const bytes = saveModel(new Odd());
    expect(() => loadModel(bytes)).to.throw(NormtapeError, 'TypeError: mine');
    registerModule('odd', { module: Odd, save: () => null, load: () => ({}) as never });
    expect(() => loadModel(bytes)).to.throw(NormtapeError, 'a module of odd');
  });
});

describe('registerNorm', () => {
  it('lets norms of one’s own be saved, alone and in models', () => {
    const model = new Sequential([
      normalization(own),
      normDenseBlock({ units: 3, normalization: own as never }),
    ]);
    model.forward(rows());
    expect(() => saveModel(model)).to.throw('registerNorm(own_norm)');
    registerNorm(own as never);
    expectRoundTrip(model, [rows()]);
    expect(() => registerNorm(norms.rms_norm as never)).to.throw('a type that the catalog does not have');
  });
});

describe('the file of a model', () => {
  const model = new Sequential([
    new Dense(2, { seed: 1 }),
    createNormalizationLayer('batch_norm'),
    new Dropout(0.5, { seed: 1 }),
  ]);
  model.forward(rows());
  const { tensors, metadata } = readSafetensors(saveModel(model));
  const changed = (change: (statement: Record<string, never>) => unknown) => () => {
    const statement = JSON.parse(metadata['normtape.model']!) as Record<string, never>;
    const text = JSON.stringify(change(statement) ?? statement);
    return loadModel(writeSafetensors(tensors, { ...metadata, 'normtape.model': text }));
  };

  it('is a safetensors file of the state', () => {
    expect(Object.keys(tensors)).to.have.members(Object.keys(model.stateDict()));
  });

  it('of a newer version, or of another program, is refused', () => {
    const newer = writeSafetensors(tensors, { ...metadata, 'normtape.version': '2' });
    expect(() => loadModel(newer)).to.throw(
      'expected version 1, received "2". A newer normtape wrote it: update.',
    );
    expect(() => loadModel(writeSafetensors(tensors))).to.throw('a file of saveModel');
  });

  it('is refused if weights are missing, unknown or of another shape', () => {
    const { 'layers.0.bias': bias, ...rest } = tensors;
    expect(() => loadModel(writeSafetensors(rest, metadata))).to.throw('a value for layers.0.bias');
    expect(() => loadModel(writeSafetensors({ ...tensors, more: bias! }, metadata))).to.throw(
      'received "more"',
    );
    expect(() => loadModel(writeSafetensors({ ...rest, 'layers.0.bias': [1] }, metadata))).to.throw(
      'the shape [2]',
    );
  });

  it('is refused if it claims more than it has', () => {
    type Made = { type: string; arguments: unknown[]; builtFor: { shape: number[] } };
    const first = (statement: Record<string, never>, change: (made: Made) => void) =>
      change((statement['modules'] as unknown as Made[])[1]!);
    expect(
      changed((statement) => first(statement, (dense) => void (dense.builtFor.shape = [2 ** 40]))),
    ).to.throw('no more numbers in weights');
    expect(changed((statement) => first(statement, (dense) => void (dense.arguments[0] = 1e9)))).to.throw(
      NormtapeError,
    );
    const huge = { vocabularySize: 5, contextLength: 4, layers: 1e9, hiddenSize: 2, heads: 1 };
    expect(
      changed((statement) =>
        first(statement, (dense) => void Object.assign(dense, { type: 'LanguageModel', arguments: [huge] })),
      ),
    ).to.throw('no more modules');
    expect(
      changed((statement) =>
        first(statement, (dense) => void Object.assign(dense, { type: 'setKernels', arguments: ['js'] })),
      ),
    ).to.throw('a module that the package');
    expect(
      changed((statement) =>
        first(
          statement,
          (dense) => void Object.assign(dense, { type: 'Sequential', arguments: [[{ $module: 1 }]] }),
        ),
      ),
    ).to.throw('without a circle');
  });
});

describe('stateDict', () => {
  it('keeps its numbers in structuredClone', () => {
    const layer = new Dense(2, { seed: 1 });
    layer.forward(rows());
    const clone = structuredClone(layer.stateDict());
    const other = new Dense(2, { seed: 2 });
    other.forward(rows());
    other.loadStateDict(clone);
    expect(everything(other).weights).to.deep.equal(everything(layer).weights);
  });
});

describe('ARGUMENTS', () => {
  it('are stated by every class that is exported', () => {
    const silent = classes.filter(
      ([name, Layer]) => new Layer(...samples[name]!())[ARGUMENTS]() === undefined,
    );
    expect(silent.map(([name]) => name)).to.deep.equal([]);
  });
});
