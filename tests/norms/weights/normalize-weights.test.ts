import { expect } from 'chai';
import { type NdArray, flat, full, square as squared, sum as sumOver } from '../../../src/array/index.js';
import {
  Conv1D,
  Conv2D,
  Conv2DTranspose,
  Dense,
  DepthwiseConv2D,
  Embedding,
  Flatten,
  GRU,
  LSTM,
  Module,
  MultiHeadAttention,
  type Parameter,
  SGD,
  Sequential,
  SimpleRNN,
  Tensor,
  assertGradients,
  checkpoint,
  createNormalizationLayer,
  createWeightNormalization,
  fuseWeights,
  mean,
  normalizeWeights,
  tensor,
  norms,
  randomNormal,
  square,
  sub,
  valueAndGrad,
  vjp,
  weightNormalizationTypes,
  weightNorms,
} from '../../../src/index.js';
import { KERNELS } from '../../../src/nn/kernel-layer.js';
import { verifyModule } from '../../../src/verify/index.js';
import { failure } from '../../support/failure.js';

const normal = (shape: readonly number[], seed = 1): Tensor =>
  randomNormal(shape, { seed, dtype: 'float64' });

const bits = (a: Tensor | NdArray): readonly number[] => [...flat(a instanceof Tensor ? a.value : a)];

/** Every layer with kernels, built, with an input of it. */
const LAYERS: Readonly<Record<string, () => { layer: Module & { forward(x: Tensor): Tensor }; x: Tensor }>> =
  {
    Dense: () => ({ layer: new Dense(3, { seed: 1 }), x: normal([4, 5]) }),
    Conv1D: () => ({ layer: new Conv1D(3, 2, { seed: 1 }), x: normal([2, 4, 3]) }),
    Conv2D: () => ({ layer: new Conv2D(4, [3, 2], { seed: 1, groups: 2 }), x: normal([2, 4, 3, 2]) }),
    DepthwiseConv2D: () => ({
      layer: new DepthwiseConv2D([2, 3], { seed: 1, depthMultiplier: 2 }),
      x: normal([2, 4, 3, 3]),
    }),
    Conv2DTranspose: () => ({ layer: new Conv2DTranspose(3, [2, 3], { seed: 1 }), x: normal([2, 2, 3, 2]) }),
    SimpleRNN: () => ({ layer: new SimpleRNN(3, { seed: 1 }), x: normal([2, 4, 3]) }),
    LSTM: () => ({ layer: new LSTM(3, { seed: 1 }), x: normal([2, 4, 3]) }),
    GRU: () => ({ layer: new GRU(3, { seed: 1 }), x: normal([2, 4, 3]) }),
    MultiHeadAttention: () => ({
      layer: new MultiHeadAttention({ heads: 2, headSize: 2, seed: 1 }),
      x: normal([2, 3, 4]),
    }),
    Sequential: () => ({
      layer: new Sequential([new Conv2D(3, 2, { seed: 1 }), new Flatten(), new Dense(2, { seed: 2 })]),
      x: normal([2, 3, 3, 2]),
    }),
  };

const made = (name: keyof typeof LAYERS) => {
  const { layer, x } = LAYERS[name]!();
  layer.forward(x);
  return { layer, x };
};

const kernelNames = (module: Module): string[] =>
  [...module.namedParameters().keys()].filter((name) => /(^|\.|_)kernel$/.test(name));

describe('normalizeWeights', () => {
  for (const name of Object.keys(LAYERS)) {
    for (const type of weightNormalizationTypes) {
      it(`gives every kernel of ${name} ${type}, and fuseWeights bakes it in to the bit`, () => {
        const { layer, x } = made(name);
        const plain = Object.keys(layer.stateDict());
        const [shapes, before] = [layer.stateDict(), bits(layer.forward(x))];
        const kernels = kernelNames(layer);
        expect(normalizeWeights(layer, type)).to.equal(layer);
        const normed = [...layer.namedModules().keys()].filter((module) => module.endsWith('kernel_norm'));
        expect(normed).to.deep.equal(kernels.map((kernel) => `${kernel}_norm`));
        layer.eval();
        const after = layer.forward(x);
        // A norm that starts from data starts as the weight itself.
        if (type === 'weight_norm' || type === 'polar_weight_norm')
          bits(after).forEach((value, i) => expect(value).to.be.closeTo(before[i]!, 1e-11));
        else expect(bits(after)).not.to.deep.equal(before);
        expect(fuseWeights(layer)).to.equal(layer);
        expect(bits(layer.forward(x))).to.deep.equal(bits(after));
        expect(Object.keys(layer.stateDict())).to.deep.equal(plain);
        for (const [weight, { shape }] of Object.entries(layer.stateDict()))
          expect(shape).to.deep.equal(shapes[weight]!.shape);
      });
    }

    it(`passes the gradients of ${name} to the stored weights`, () => {
      for (const type of ['weight_norm', 'weight_standardization', 'polar_weight_norm'] as const) {
        const { layer, x } = made(name);
        normalizeWeights(layer, type, type === 'weight_standardization' ? { useGain: true } : {});
        const weights = layer.parameters();
        const f = (input: Tensor, ...values: Tensor[]) => {
          weights.forEach((weight, i) => (weight.value = values[i]!.value));
          return layer.forward(input);
        };
        assertGradients(f, [x, ...weights]);
      }
    });
  }

  it('treats the weights of one output as one vector, along the axes on which its outputs lie', () => {
    for (const [name, outputs] of [
      ['Dense', [1]],
      ['Conv1D', [2]],
      ['Conv2D', [3]],
      ['DepthwiseConv2D', [2, 3]],
      ['Conv2DTranspose', [2]],
      ['LSTM', [1]],
    ] as const) {
      for (const type of ['weight_norm', 'polar_weight_norm'] as const) {
        const { layer } = made(name);
        normalizeWeights(layer, type);
        const lengths = [...layer.namedParameters()].filter(([weight]) => /gain|radius/.test(weight));
        for (const [, length] of lengths) length.value = full(length.shape, 2, 'float64');
        fuseWeights(layer);
        const kernel = layer.parameters()[0]!.value;
        const within = kernel.shape
          .map((_, axis) => axis)
          .filter((axis) => !(outputs as readonly number[]).includes(axis));
        for (const squares of flat(sumOver(squared(kernel), within)))
          expect(squares, `${type} of ${name}`).to.be.closeTo(4, 1e-10);
      }
    }
  });

  it('keeps kernel, gain and norm where parameters, state, summary and modules list them', () => {
    const layer = new Dense(2, { seed: 1 });
    layer.build([1, 3]);
    const [kernel] = layer.parameters();
    normalizeWeights(layer, 'weight_norm');
    expect([...layer.namedParameters().keys()]).to.deep.equal(['kernel', 'bias', 'kernel_norm.gain']);
    expect(layer.parameters()[0]).to.equal(kernel);
    expect(layer.summary()).to.equal(
      [
        'name         module       weights                  parameters',
        '(this)       Dense        kernel [3, 2], bias [2]           8',
        'kernel_norm  weight_norm  gain [2]                          2',
        'parameters: 10, trainable: 10, statistics: 0',
      ].join('\n'),
    );
    const spectral = new Dense(2, { seed: 1 });
    spectral.build([1, 3]);
    normalizeWeights(spectral, 'spectral_norm');
    expect(Object.keys(spectral.stateDict())).to.deep.equal([
      'kernel',
      'bias',
      'kernel_norm.u',
      'kernel_norm.v',
    ]);
    expect([...spectral.statistics().keys()]).to.deep.equal(['kernel_norm.u', 'kernel_norm.v']);
  });

  it('takes state, snapshots, freezing and modes of the layer along', () => {
    const layer = new Dense(2, { seed: 1 });
    layer.freeze().eval();
    layer.build([1, 3]);
    normalizeWeights(layer, 'weight_norm');
    expect(layer.parameters().map(({ trainable }) => trainable)).to.deep.equal([false, false, false]);
    expect([...layer.namedModules().values()].map(({ training }) => training)).to.deep.equal([false, false]);
    layer.unfreeze().train();
    expect(layer.parameters().map(({ trainable }) => trainable)).to.deep.equal([true, true, true]);

    const [x, snapshot, state] = [randomNormal([2, 3], { seed: 2 }), layer.snapshot(), layer.stateDict()];
    const before = bits(layer.forward(x));
    for (const weight of layer.parameters()) weight.value = randomNormal(weight.shape, { seed: 5 }).value;
    expect(bits(layer.forward(x))).not.to.deep.equal(before);
    snapshot.restore();
    expect(bits(layer.forward(x))).to.deep.equal(before);
    const other = new Dense(2, { seed: 7 });
    other.build([1, 3]);
    normalizeWeights(other, 'weight_norm').loadStateDict(state);
    expect(bits(other.forward(x))).to.deep.equal(before);
  });

  it('leaves regularizer and constraint with the stored kernel, and gives the norm its own', () => {
    const layer = new Dense(2, {
      seed: 1,
      kernelRegularizer: { type: 'l2', l2: 0.5 },
      kernelConstraint: { type: 'max_norm', maxValue: 0.25, axis: 0 },
    });
    layer.build([1, 3], { dtype: 'float64' });
    const own = layer.penalty().item();
    normalizeWeights(layer, 'weight_norm', { gainRegularizer: { type: 'l1', l1: 2 } });
    const gains = bits(layer.stateDict()['kernel_norm.gain']!).reduce((total, g) => total + Math.abs(g), 0);
    expect(layer.penalty().item()).to.be.closeTo(own + 2 * gains, 1e-12);
    new SGD({ learningRate: 0 }).step(
      valueAndGrad(() => mean(layer.forward(normal([2, 3]))), layer).gradients,
    );
    const kernel = bits(layer.stateDict()['kernel']!);
    expect(Math.hypot(kernel[0]!, kernel[2]!, kernel[4]!)).to.be.at.most(0.25 + 1e-12);
    // The norm makes the effective kernel as long as before.
    const effective = bits(fuseWeights(layer).stateDict()['kernel']!);
    expect(Math.hypot(effective[0]!, effective[2]!, effective[4]!)).to.be.above(0.3);
  });

  it('trains: a step moves the stored weights, and the loss falls', () => {
    for (const type of weightNormalizationTypes) {
      const model = new Sequential([
        new Dense(8, { seed: 1, activation: 'tanh' }),
        new Dense(1, { seed: 2 }),
      ]);
      const [x, target] = [normal([16, 4], 3), normal([16, 1], 4)];
      model.forward(x);
      normalizeWeights(model, type);
      const optimizer = new SGD({ learningRate: 0.05 });
      const loss = () => mean(square(sub(model.forward(x), target)));
      const first = loss().item();
      const before = model.stateDict();
      for (let i = 0; i < 60; i++) {
        optimizer.step(valueAndGrad(loss, model).gradients);
      }
      expect(loss().item(), type).to.be.below(0.9 * first);
      for (const [name, weight] of model.namedParameters())
        expect(bits(weight), `${type}: ${name}`).not.to.deep.equal(bits(before[name]!));
    }
  });

  it('selects kernels as an optimizer selects parameters', () => {
    const model = () => {
      const { layer } = made('Sequential');
      return layer as Sequential;
    };
    const normed = (where: unknown) => {
      const module = normalizeWeights(model(), 'weight_norm', { where: where as never });
      return [...module.namedParameters().keys()].filter((name) => name.endsWith('gain'));
    };
    expect(normed(undefined)).to.have.lengthOf(2);
    expect(normed('layers.0.*')).to.deep.equal(['layers.0.kernel_norm.gain']);
    expect(normed(/2\.kernel/)).to.deep.equal(['layers.2.kernel_norm.gain']);
    expect(normed((weight: Parameter) => weight.shape.length === 4)).to.deep.equal([
      'layers.0.kernel_norm.gain',
    ]);
    const one = model();
    normalizeWeights(one, 'weight_norm', { where: one.layers[2] as Dense });
    normalizeWeights(one, 'spectral_norm', { where: 'layers.0.*' });
    expect(one.summary()).to.match(/spectral_norm[^]*weight_norm/);
  });

  it('takes a norm of your own, and options of the norm', () => {
    const half = { ...weightNorms.weight_norm, type: 'half' as const };
    const { layer } = made('Dense');
    normalizeWeights(layer, half, { epsilon: 0.5, gainConstraint: 'non_neg' });
    expect(layer.summary()).to.include('half');
    const transposed = made('Dense').layer;
    normalizeWeights(transposed, 'weight_norm', { axis: 0 });
    expect(transposed.stateDict()['kernel_norm.gain']!.shape).to.deep.equal([5]);
  });

  it('is computed once for all steps of a recurrent layer, and again by a checkpoint', () => {
    const { layer, x } = made('LSTM');
    normalizeWeights(layer, 'spectral_norm', { iterations: 2 });
    for (const weight of layer.parameters()) weight.value = normal(weight.shape, 9).value;
    const run = (through: (f: () => Tensor) => Tensor) => {
      const before = layer.snapshot();
      const { value, pullback } = vjp(() => through(() => layer.forward(x)));
      const gradients = pullback(normal(value.shape, 6));
      const all = [value, ...layer.parameters().map((weight) => gradients.of(weight)!)].map(bits);
      const state = [...layer.statistics().values()].map(({ value: own }) => bits(own));
      before.restore();
      return [...all, ...state];
    };
    expect(run(checkpoint)).to.deep.equal(run((f) => f()));
  });

  it('keeps the state of a model to the bit, through JSON and into another model', () => {
    for (const type of weightNormalizationTypes) {
      const model = (seed: number) => {
        const layers = new Sequential([new Dense(4, { seed }), new Dense(2, { seed: seed + 1 })]);
        layers.forward(normal([1, 3]));
        return normalizeWeights(layers, type);
      };
      const [trained, other, x] = [model(1), model(5), normal([6, 3], 8)];
      const optimizer = new SGD({ learningRate: 0.1 });
      const step = (layers: Sequential) =>
        optimizer.step(valueAndGrad(() => mean(square(layers.forward(x) as Tensor)), layers).gradients);
      for (let i = 0; i < 3; i++) step(trained);
      other.loadStateDict(JSON.parse(JSON.stringify(trained.stateDict())));
      const [mine, theirs] = [trained, other].map((layers) => bits(layers.eval().forward(x) as Tensor));
      expect(theirs, type).to.deep.equal(mine);
      for (const layers of [trained, other]) step(layers.train());
      expect(JSON.stringify(other.stateDict()), type).to.equal(JSON.stringify(trained.stateDict()));
    }
  });

  it('moves u and v of spectral_norm by one iteration in a training step', () => {
    const layer = new Dense(3, { seed: 1 });
    const x = normal([5, 4], 2);
    layer.forward(x);
    normalizeWeights(layer, 'spectral_norm');
    const kernel = layer.kernel!;
    kernel.value = normal([4, 3], 9).value;
    const [w, { 'kernel_norm.u': u }] = [bits(kernel), layer.stateDict()];
    const unit = (v: readonly number[]) => v.map((value) => value / Math.hypot(...v));
    const v = unit([0, 1, 2, 3].map((i) => [0, 1, 2].reduce((t, j) => t + w[3 * i + j]! * bits(u!)[j]!, 0)));
    const next = unit([0, 1, 2].map((j) => [0, 1, 2, 3].reduce((t, i) => t + w[3 * i + j]! * v[i]!, 0)));
    const { gradients } = valueAndGrad(() => mean(square(layer.forward(x))), layer);
    new SGD({ learningRate: 0.1 }).step(gradients);
    const after = layer.stateDict();
    for (const [name, wanted] of [
      ['kernel_norm.u', next],
      ['kernel_norm.v', v],
    ] as const)
      bits(after[name]!).forEach((value, i) => expect(value, name).to.be.closeTo(wanted[i]!, 1e-14));
  });

  it('makes modules that keep the claims of every module', () => {
    for (const type of ['weight_norm', 'weight_standardization', 'polar_weight_norm'] as const) {
      const layer = new Dense(3, { seed: 1 });
      layer.build([1, 4], { dtype: 'float64' });
      const report = verifyModule(normalizeWeights(layer, type), {
        input: [2, 4],
        dtype: 'float64',
        runs: 5,
      });
      expect(
        report.claims.filter(({ held }) => !held),
        type,
      ).to.deep.equal([]);
    }
  });
});

describe('a norm of a weight where one of inputs is expected', () => {
  it('is said to be one, and the reverse', () => {
    for (const given of ['spectral_norm', 'SpectralNorm'])
      expect(failure(() => createNormalizationLayer(given as never))).to.match(
        / spectral_norm is a norm of a weight: normalizeWeights puts it on the kernels of a model\.$/,
      );
    expect(failure(() => createWeightNormalization('LayerNorm' as never))).to.match(
      / layer_norm is a norm of inputs: createNormalizationLayer makes it\.$/,
    );
  });
});

describe('weights that are loaded without those of their norm', () => {
  const inputs = normal([3, 4], 2);
  const dense = (seed: number) => {
    const layer = new Dense(3, { seed });
    layer.build([1, 4], { dtype: 'float64' });
    return layer;
  };

  it('start the norm anew, so that a plain checkpoint keeps what it computes', () => {
    const [plain, layer] = [dense(1), normalizeWeights(new Sequential([dense(2)]), 'weight_norm')];
    const wanted = bits(plain.forward(inputs));
    const state = Object.fromEntries(
      Object.entries(plain.stateDict()).map(([name, value]) => [`layers.0.${name}`, value]),
    );
    expect(failure(() => layer.loadStateDict(state))).to.match(
      /expected a value for layers.0.kernel_norm.gain/,
    );
    layer.loadStateDict(state, { strict: false });
    bits(layer.forward(inputs)).forEach((value, i) => expect(value).to.be.closeTo(wanted[i]!, 1e-12));
  });

  it('bring u and v of spectral_norm to the singular vectors of the new kernel', () => {
    const [plain, layer] = [dense(1), normalizeWeights(dense(2), 'spectral_norm')];
    layer.loadStateDict(plain.stateDict(), { strict: false });
    const fresh = normalizeWeights(dense(1), 'spectral_norm');
    expect(bits(layer.eval().forward(inputs))).to.deep.equal(bits(fresh.eval().forward(inputs)));
  });

  it('leave the norm alone if some of its weights come along, or the kernel does not', () => {
    const layer = normalizeWeights(dense(2), 'weight_norm');
    layer.loadStateDict(
      { kernel: dense(1).stateDict()['kernel']!, 'kernel_norm.gain': [7, 8, 9] },
      { strict: false },
    );
    expect(bits(layer.stateDict()['kernel_norm.gain']!)).to.deep.equal([7, 8, 9]);
    layer.loadStateDict({ bias: [1, 2, 3] }, { strict: false });
    expect(bits(layer.stateDict()['kernel_norm.gain']!)).to.deep.equal([7, 8, 9]);
  });
});

/** A layer of one's own that shares the kernel of another. */
class Tied extends Module {
  readonly first = new Dense(3, { seed: 1 });
  readonly second = new Dense(3, { seed: 2 });

  constructor() {
    super();
    for (const layer of [this.first, this.second]) layer.build([1, 3]);
    this.second.kernel = this.first.kernel;
  }

  override forward(x: Tensor): Tensor {
    return this.second.forward(this.first.forward(x));
  }
}

describe('what normalizeWeights refuses', () => {
  const state = (module: Module) =>
    JSON.stringify([module.stateDict(), [...module.namedModules().keys()], module.summary()]);

  /** The message of the error, after which nothing is changed. */
  const refusal = (module: Module, ...rest: readonly unknown[]): string => {
    const before = state(module);
    const message = failure(() => (normalizeWeights as (...args: unknown[]) => unknown)(module, ...rest));
    expect(state(module)).to.equal(before);
    return message;
  };

  it('is a kernel that has a norm already', () => {
    const { layer } = made('Sequential');
    normalizeWeights(layer, 'spectral_norm', { where: 'layers.2.*' });
    expect(refusal(layer, 'weight_norm')).to.match(
      /^normalizeWeights: layers\.2\.kernel: expected a kernel without a norm, received .*spectral_norm.*fuseWeights bakes a norm in/s,
    );
  });

  it('is a layer that is not built', () => {
    const model = new Sequential([made('Dense').layer, new Dense(2)]);
    expect(refusal(model, 'weight_norm')).to.equal(
      'normalizeWeights: expected a module that is built, received "one that is not". Build it first: give it an input.',
    );
  });

  it('is a layer or a kernel in two places', () => {
    const shared = new Dense(3, { seed: 1 });
    const model = new Sequential([shared, new Dense(3, { seed: 2 }), shared]);
    model.forward(normal([2, 3]));
    expect(refusal(model, 'weight_norm')).to.equal(
      'normalizeWeights: layers.0.kernel: expected a kernel in one place, received ["layers.0.kernel","layers.2.kernel"]. ' +
        'Normalize a shared layer by itself, as in normalizeWeights(layer, type).',
    );
    const tied = new Tied();
    expect(refusal(tied, 'weight_norm')).to.match(/received \["first.kernel","second.kernel"\]/);
    // By itself, or with others alone, it may.
    const x = normal([2, 3]);
    normalizeWeights(model, 'weight_norm', { where: 'layers.1.*' });
    normalizeWeights(shared, 'weight_norm');
    const before = bits(model.forward(x));
    fuseWeights(model);
    expect(bits(model.forward(x))).to.deep.equal(before);
  });

  it('is a module without kernels, and a selection without any', () => {
    const model = new Sequential([new Flatten()]);
    expect(refusal(model, 'weight_norm')).to.equal(
      'normalizeWeights: expected a module with layers that have a kernel, such as Dense and Conv2D, received [].',
    );
    expect(refusal(new Embedding(3, 2), 'weight_norm')).to.match(/received \["embeddings"\]/);
    const { layer } = made('Dense');
    expect(refusal(layer, 'weight_norm', { where: () => false })).to.match(
      /^normalizeWeights\.where: expected a selection of some kernels among kernel/,
    );
    expect(refusal(layer, 'weight_norm', { where: 'bias' })).to.match(
      /^normalizeWeights\.where: expected a pattern that fits a name among kernel/,
    );
    expect(refusal(layer, 'weight_norm', { where: 3 })).to.match(/^normalizeWeights\.where: /);
  });

  it('is a type, an option or a module that does not exist', () => {
    const { layer } = made('Dense');
    expect(refusal(layer, 'weigth_norm')).to.match(/^normalizeWeights: type: .* Did you mean weight_norm\?$/);
    expect(refusal(layer, 'layer_norm')).to.match(
      /^normalizeWeights: type: expected one of centered_weight_norm.* layer_norm is a norm of inputs: createNormalizationLayer makes it\.$/,
    );
    for (const [name, type] of [
      ['torch.nn.utils.parametrizations.weight_norm', 'weight_norm'],
      ['tfa.layers.WeightNormalization', 'weight_norm'],
      ['WeightNorm', 'weight_norm'],
      ['torch.nn.utils.spectral_norm', 'spectral_norm'],
      ['keras.layers.SpectralNormalization', 'spectral_norm'],
      ['SpectralNorm', 'spectral_norm'],
      ['SN-GAN', 'spectral_norm'],
      ['WSConv2D', 'weight_standardization'],
      ['StdConv2d', 'weight_standardization'],
      ['CenteredWN', 'centered_weight_norm'],
    ])
      expect(refusal(layer, name)).to.match(new RegExp(` Did you mean ${type}\\?$`));
    expect(refusal(layer, 3)).to.match(/^normalization: expected a definition/);
    expect(refusal(layer, 'weight_norm', { epsilon: 0 })).to.match(/^weight_norm\.epsilon: /);
    expect(refusal(layer, 'weight_norm', { gamma: 1 })).to.match(/^weight_norm: expected one of the options/);
    expect(refusal(layer, 'weight_norm', { axis: 2 })).to.match(/^weight_norm\.axis: /);
    expect(failure(() => normalizeWeights(3 as never, 'weight_norm'))).to.match(
      /^normalizeWeights: expected a module/,
    );
    expect(failure(() => fuseWeights(3 as never))).to.match(/^fuseWeights: expected a module/);
  });

  it('is spectral_norm of a vector, and others where no axis is left within an output', () => {
    const layer = made('Dense').layer as Dense;
    layer[KERNELS] = () => ({ kernel: { stored: layer.bias, outputs: [-1] } });
    for (const type of [
      'spectral_norm',
      'weight_norm',
      'weight_standardization',
      'centered_weight_norm',
    ] as const)
      expect(refusal(layer, type)).to.equal(
        `${type}: expected a weight with at least one axis besides those of its outputs, such as [inputs, outputs], received [3].`,
      );
  });

  it('is polar_weight_norm of a kernel with a regularizer or a constraint', () => {
    const layer = new Dense(3, { seed: 1, kernelRegularizer: 'l2' });
    layer.build([1, 4]);
    expect(refusal(layer, 'polar_weight_norm')).to.match(
      /^normalizeWeights: kernel: expected a kernel without a regularizer or a constraint/,
    );
  });

  it('is a norm whose output has another shape than the kernel', () => {
    const { layer } = made('Dense');
    expect(refusal(layer, norms.dml_plus_focal)).to.match(
      /^normalizeWeights: kernel: expected an effective weight in the shape of the kernel, \[5,3\], received \[5(,1)?\]/,
    );
  });

  it('is, of fuseWeights, a kernel that another layer computes with too', () => {
    const [first, second] = [new Dense(3, { seed: 1 }), new Dense(3, { seed: 2 })];
    const model = new Sequential([first, second]);
    const x = tensor([[1, 2, 3]]);
    model.forward(x);
    normalizeWeights(first, 'spectral_norm');
    second.kernel = first.kernel;
    const before = model.eval().forward(x).toArray();
    expect(failure(() => fuseWeights(model))).to.equal(
      'fuseWeights: layers.0.kernel: expected a kernel that no other layer shares, received ["layers.0.kernel","layers.1.kernel"].',
    );
    expect(model.forward(x).toArray()).to.deep.equal(before);
    class Listing extends Module {
      readonly layers = [first];
      readonly weights = [{ own: first.kernel }];
      forward = (input: Tensor): Tensor => first.forward(input);
    }
    expect(failure(() => fuseWeights(new Listing()))).to.equal(
      'fuseWeights: layers.0.kernel: expected a kernel that no other layer shares, received ["layers.0.kernel","weights.0.own"].',
    );
    // A layer in two places has its kernel once.
    const twice = new Sequential([first, first]);
    const outputs = twice.eval().forward(x).toArray();
    expect(fuseWeights(twice).forward(x).toArray()).to.deep.equal(outputs);
  });

  it('is, of fuseWeights, a module without norms', () => {
    const { layer } = made('Dense');
    expect(failure(() => fuseWeights(layer))).to.equal(
      'fuseWeights: expected a module with a kernel that has a norm, received ["kernel","bias"]. normalizeWeights puts norms on kernels.',
    );
  });
});
