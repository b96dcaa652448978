import { expect } from 'chai';
import fc from 'fast-check';
import { type NdArray, Random, distance, draw, flat, full } from '../../src/array/index.js';
import {
  Activation,
  Conv1D,
  Conv2D,
  Conv2DTranspose,
  ConvNeXtBlock,
  Dense,
  DepthwiseConv2D,
  Flatten,
  Module,
  ResidualBlock,
  Sequential,
  type Tensor,
  createNormalizationLayer,
  foldNormalization,
  fuseWeights,
  normDenseBlock,
  normalizeWeights,
  norms,
  randomNormal,
  relu,
  shapePreservingTypes,
  tensor,
} from '../../src/index.js';
import { loadModel, readLayersModel, saveModel, writeLayersModel } from '../../src/io/index.js';
import type { Layer } from '../../src/nn/sequential.js';
import type { Norm } from '../../src/norms/norm.js';

/** The weights and statistics of a model, drawn as training may leave them: variances above 0. */
function stir(model: Module, random: Random): void {
  for (const parameter of model.parameters())
    parameter.value = draw(parameter.shape, () => random.normal(), parameter.dtype);
  for (const statistic of model.statistics().values())
    statistic.value = draw(statistic.shape, () => 0.1 + 3 * random.uniform(), statistic.dtype);
}

const most = (a: NdArray): number => distance(a, full([], 0, a.dtype));

/** A model of a shape of inputs, by the name of the case; every norm in it can be folded. */
const MODELS: Readonly<Record<string, readonly [readonly number[], (seed: number) => Layer]>> = {
  'a Dense before': [[5, 4], () => chain(new Dense(3), bn(), relu)],
  'a Dense without a bias before': [[5, 4], () => chain(new Dense(3, { useBias: false }), bn())],
  'a Dense after': [[5, 4], () => chain(bn(), new Dense(3, { activation: 'tanh' }))],
  'a Dense between two': [[5, 4], () => chain(bn(), new Dense(3), bn(), relu, bn(), new Dense(2))],
  'a Dense in another list': [[5, 4], () => chain(chain(new Dense(3)), chain(bn(), relu))],
  'two for one Dense': [[5, 4], () => chain(new Dense(3), chain(bn(), scale()))],
  'one Dense for two': [[5, 4], () => chain(scale(), chain(bn(), new Dense(3)))],
  'a convolution before': [[2, 5, 6, 3], () => chain(new Conv2D(4, 3, { padding: 'same' }), bn(), relu)],
  'a convolution with groups before': [[2, 5, 6, 4], () => chain(new Conv2D(6, 2, { groups: 2 }), bn())],
  'a convolution with groups after': [[2, 5, 6, 4], () => chain(bn(), new Conv2D(6, 2, { groups: 2 }))],
  'a convolution of one pixel after': [
    [2, 4, 4, 3],
    () => chain(bn(), new Conv2D(2, 1, { padding: 'same' })),
  ],
  'a depthwise convolution before': [
    [2, 5, 6, 3],
    () => chain(new DepthwiseConv2D(3, { depthMultiplier: 2 }), bn()),
  ],
  'a depthwise convolution after': [
    [2, 5, 6, 3],
    () => chain(bn(), new DepthwiseConv2D(3, { depthMultiplier: 2 })),
  ],
  'a convolution of steps': [
    [2, 7, 4],
    () => chain(new Conv1D(6, 3, { groups: 2, padding: 'causal' }), bn()),
  ],
  'a transposed convolution before': [
    [2, 3, 4, 3],
    () => chain(new Conv2DTranspose(4, 3, { stride: 2 }), bn()),
  ],
  'a residual block': [[2, 6, 6, 3], () => new ResidualBlock({ filters: 4, stride: 2 })],
  'a block of a dense layer': [[5, 4], () => normDenseBlock({ units: 3, normalization: 'batch_norm' })],
  'a block of ConvNeXt': [
    [2, 5, 5, 3],
    () =>
      new ConvNeXtBlock({ channels: 3, normalization: 'batch_norm', responseNormalization: 'batch_norm' }),
  ],
};

const chain = (...layers: readonly Layer[]): Sequential => new Sequential(layers);
const bn = () => createNormalizationLayer('batch_norm', { epsilon: 1e-3 });
const scale = () => createNormalizationLayer('layer_scale', { initial: 0.5 });

/** A model that was built and stirred, in eval mode, and an input. */
function ready(name: string, seed: number, dtype: 'float32' | 'float64') {
  const [shape, make] = MODELS[name]!;
  const random = new Random(seed);
  const model = make(seed) as Module & { forward(x: Tensor): Tensor };
  const x = tensor(draw(shape, () => random.normal(), dtype));
  model.forward(x);
  stir(model, random);
  model.eval();
  return { model, x };
}

describe('folding norms', () => {
  for (const name of Object.keys(MODELS)) {
    for (const dtype of ['float64', 'float32'] as const) {
      it(`changes no output beyond rounding: ${name}, in ${dtype}`, () => {
        fc.assert(
          fc.property(fc.nat(), (seed) => {
            const { model, x } = ready(name, seed, dtype);
            const before = model.forward(x).value;
            const folded = foldNormalization(model);
            expect(folded).not.to.deep.equal([]);
            expect([...model.statistics().keys()], 'what remains of the norms').to.deep.equal([]);
            const after = model.forward(x).value;
            // Each norm rounds its output once, and folded weights once more; what cancels was of the size of the stirred weights.
            const roundoff = dtype === 'float32' ? 2 ** -24 : 2 ** -53;
            expect(distance(before, after)).to.be.at.most(2 ** 12 * roundoff * Math.max(1, most(before)));
          }),
          { numRuns: 20 },
        );
      });
    }
  }

  for (const name of Object.keys(MODELS)) {
    it(`leaves a model that can be saved: ${name}`, () => {
      const { model, x } = ready(name, 1, 'float32');
      foldNormalization(model);
      const loaded = loadModel(saveModel(model)).model as typeof model;
      expect(flat(loaded.forward(x).value)).to.deep.equal(flat(model.forward(x).value));
      expect(loaded.summary()).to.equal(model.summary());
      expect(saveModel(loaded)).to.deep.equal(saveModel(model));
    });
  }

  it('leaves a bias without the rules of the options, in the model and in its file', () => {
    const dense = new Dense(3, { useBias: false, biasRegularizer: { type: 'l2', l2: 0.1 }, seed: 1 });
    const model = chain(dense, bn());
    model.forward(tensor([[1, 2, 3]]));
    stir(model, new Random(1));
    foldNormalization(model.eval());
    expect(dense.bias!.value.data.some((value) => value !== 0)).to.equal(true);
    expect(model.penalty().item()).to.equal(0);
    expect(loadModel(saveModel(model)).model.penalty().item()).to.equal(0);
  });

  it('writes the bias that a layer took in to other formats', () => {
    const model = chain(
      new Conv2D(3, 2, { useBias: false, seed: 1 }),
      bn(),
      new Flatten(),
      new Dense(2, { useBias: false }),
    );
    const x = randomNormal([2, 3, 3, 2], { seed: 1 });
    model.forward(x);
    stir(model, new Random(1));
    foldNormalization(model.eval());
    const layers = chain(...model.layers.filter((_, i) => i !== 1)).eval();
    const again = readLayersModel(writeLayersModel(layers, [3, 3, 2])).eval();
    expect(flat(again.forward(x).value)).to.deep.equal(flat(model.forward(x).value));
  });

  it('says which norm became part of which layer, and leaves an identity in its place', () => {
    const { model } = ready('a residual block', 1, 'float64');
    const names = [...model.namedModules().keys()];
    expect(foldNormalization(model)).to.deep.equal([
      { norm: 'first.norm', into: 'first.conv' },
      { norm: 'second.norm', into: 'second.conv' },
      { norm: 'shortcut.norm', into: 'shortcut.conv' },
    ]);
    expect([...model.namedModules().keys()]).to.deep.equal(names);
    expect(foldNormalization(model), 'once more').to.deep.equal([]);
  });

  it('leaves a model that is built', () => {
    const model = chain(new Dense(3), bn());
    model.forward(tensor([[1, 2]]));
    foldNormalization(model);
    expect(model.built).to.equal(true);
  });

  it('folds every norm that states what it is at inference', () => {
    const types = shapePreservingTypes.filter((type) => (norms[type] as Norm).atInference);
    expect(types).to.include.members([
      'act_norm',
      'batch_norm',
      'batch_renorm',
      'bias_free_batch_norm',
      'frozen_batch_norm',
      'ghost_batch_norm',
      'layer_scale',
      'power_norm',
    ]);
    for (const type of types) {
      const model = chain(new Dense(3, { seed: 1 }), createNormalizationLayer(type)).eval();
      const x = tensor(draw([5, 4], () => 1, 'float64'));
      model.forward(x);
      stir(model, new Random(2));
      const before = model.forward(x).value;
      expect(foldNormalization(model), type).to.have.lengthOf(1);
      expect(distance(model.forward(x).value, before), type).to.be.at.most(1e-12);
    }
  });

  it('gives a layer without a bias one, which is frozen if its kernel is', () => {
    const dense = new Dense(2, { useBias: false });
    const model = chain(dense, bn()).freeze().eval();
    model.forward(tensor([[1, 2, 3]], { dtype: 'float64' }));
    foldNormalization(model);
    expect(dense.bias!.shape).to.deep.equal([2]);
    expect(dense.bias!.trainable).to.equal(false);
  });

  it('leaves norms alone that compute their statistics from x', () => {
    const model = chain(new Dense(3), createNormalizationLayer('layer_norm'));
    model.forward(tensor([[1, 2]]));
    const before = model.stateDict();
    expect(foldNormalization(model)).to.deep.equal([]);
    expect(model.stateDict()).to.deep.equal(before);
  });

  const x = tensor([
    [
      [
        [1, 2],
        [3, 4],
      ],
    ],
  ]);
  const shared = bn();
  for (const [why, model, received] of [
    ['no layer stands beside it', () => chain(relu, bn(), relu), 'no layer with a kernel stands beside it'],
    [
      'an activation comes first, and padding after',
      () => chain(new Conv2D(2, 1, { activation: 'relu' }), bn(), new Conv2D(2, 3, { padding: 'same' })),
      'layers.0: its activation comes first; layers.2: it meets zeros around its input, which a norm would shift',
    ],
    [
      'it lies in two places',
      () => chain(new Dense(2), shared, new Dense(2), shared),
      'the norm lies in several places of the model',
    ],
    [
      'it is along another axis',
      () => chain(new Dense(2), createNormalizationLayer('batch_norm', { axis: 1 })),
      'a norm along the axes 1, and not the last one',
    ],
  ] as const) {
    it(`is refused before anything has changed if ${why}`, () => {
      // The first pair could be folded.
      const whole = chain(new Dense(2), bn(), relu, model()).eval();
      whole.forward(x);
      const before = whole.stateDict();
      expect(() => foldNormalization(whole)).to.throw(
        `: expected a layer with a kernel directly before or after the norm, as \`chains\` of its module states it, received "${received.replaceAll('layers.', 'layers.3.layers.')}".`,
      );
      expect(whole.stateDict()).to.deep.equal(before);
    });
  }

  it('is refused before anything has changed if the layer shares a weight with another one', () => {
    for (const name of ['kernel', 'bias'] as const) {
      const [first, second] = [new Dense(3, { seed: 1 }), new Dense(3, { seed: 2 })];
      const model = chain(first, bn(), relu, second);
      const row = tensor([[1, 2, 3]]);
      model.forward(row);
      second[name] = first[name];
      stir(model, new Random(1));
      const before = flat(model.eval().forward(row).value);
      expect(() => foldNormalization(model)).to.throw('layers.0: its weights are those of another layer too');
      expect(flat(model.forward(row).value)).to.deep.equal(before);
    }
  });

  it('is refused if the kernel beside a norm has a norm itself, until that is baked in', () => {
    for (const layer of [new Dense(3, { seed: 1 }), new Conv2D(3, 1, { seed: 1 })]) {
      const model = chain(layer, bn());
      model.forward(x);
      normalizeWeights(model, 'weight_norm');
      stir(model, new Random(2));
      const before = model.eval().forward(x).value;
      const state = model.stateDict();
      expect(() => foldNormalization(model)).to.throw(
        'received "layers.0: its kernel has a norm, which fuseWeights bakes in".',
      );
      expect(model.stateDict()).to.deep.equal(state);
      expect(foldNormalization(fuseWeights(model))).to.have.lengthOf(1);
      expect(distance(model.forward(x).value, before)).to.be.below(1e-5 * most(before));
    }
  });

  it('is refused for a model that is not built, and for what is no module', () => {
    expect(() => foldNormalization(chain(new Dense(2), bn()))).to.throw(
      'received "a norm that is not built"',
    );
    expect(() => foldNormalization(relu as never)).to.throw('foldNormalization: expected a module');
  });

  it('reads the chains that a module of one’s own states', () => {
    class Own extends Module {
      readonly norm = bn();
      readonly dense = new Dense(2);
      readonly after = new Activation('relu');
      override chains() {
        return [[this.norm, this.dense, this.after]];
      }
      override forward(input: Tensor): Tensor {
        return this.after.forward(this.dense.forward(this.norm.forward(input)));
      }
    }
    const model = new Own().eval();
    model.forward(tensor([[1, 2]]));
    expect(foldNormalization(model)).to.deep.equal([{ norm: 'norm', into: 'dense' }]);
  });
});
