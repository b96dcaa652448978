import { expect } from 'chai';
import ndarray from 'ndarray';
import {
  Adam,
  Dense,
  Dropout,
  Module,
  Parameter,
  SGD,
  Sequential,
  type Tensor,
  add,
  constraint,
  createNormalizationLayer,
  mean,
  mul,
  ones,
  randomNormal,
  regularizer,
  relu,
  square,
  sum,
  tensor,
  valueAndGrad,
  vjp,
} from 'normtape';
import { expectNear, float64, numbers, refusal } from './support.js';

/** Layers in every kind of field: directly, in lists, Maps and plain objects, and weights of its own. */
class Network extends Module {
  readonly first = new Dense(4, { seed: 1 });
  readonly attentionNorm = createNormalizationLayer('layer_norm');
  readonly blocks = [new Sequential([new Dense(4, { seed: 2 }), relu]), new Dense(4, { seed: 3 })];
  readonly heads = new Map([['outHead', new Dense(2, { seed: 4, useBias: false })]]);
  readonly byName = { gate: new Dense(4, { seed: 5 }) };
  readonly bandParam = new Parameter(tensor(1));
  readonly notALayer = { size: 3, list: [1, 2], none: null };

  override forward(x: Tensor): Tensor {
    const start = mul(this.attentionNorm.forward(this.first.forward(x)), this.bandParam);
    const inner = this.blocks.reduce((y, block) => block.forward(y), start);
    return this.heads.get('outHead')!.forward(mul(inner, this.byName.gate.forward(x)));
  }
}

const names = [
  'first.kernel',
  'first.bias',
  'attention_norm.gamma',
  'attention_norm.beta',
  'blocks.0.layers.0.kernel',
  'blocks.0.layers.0.bias',
  'blocks.1.kernel',
  'blocks.1.bias',
  'heads.out_head.kernel',
  'by_name.gate.kernel',
  'by_name.gate.bias',
  'band_param',
];

const x = randomNormal([5, 3], { seed: 1 });

const built = (): Network => {
  const network = new Network();
  network.forward(x);
  return network;
};

describe('contract: modules', () => {
  it('finds weights in fields, arrays, Maps and plain objects, by dotted snake_case names', () => {
    const network = built();
    expect([...network.namedParameters().keys()]).to.have.members(names);
    const pairs: (readonly [string, Parameter])[] = [];
    for (const [name, parameter] of network.namedParameters()) pairs.push([name, parameter]);
    expect(pairs.map(([, parameter]) => parameter)).to.deep.equal(network.parameters());
    for (const [, parameter] of pairs) expect(parameter).to.be.instanceOf(Parameter);
    expect([...createNormalizationLayer('rms_norm').namedParameters()]).to.deep.equal([]);
  });

  it('counts a layer in two fields once', () => {
    class Tied extends Module {
      readonly one = new Dense(3, { seed: 1 });
      readonly same = this.one;
      override forward(input: Tensor): Tensor {
        return this.same.forward(this.one.forward(input));
      }
    }
    const tied = new Tied();
    tied.forward(x);
    expect([...tied.namedParameters().keys()]).to.deep.equal(['one.kernel', 'one.bias']);
  });

  it('starts in training mode, and train and eval apply to all submodules', () => {
    const network = new Network();
    expect([network.training, network.attentionNorm.training]).to.deep.equal([true, true]);
    network.eval();
    expect([
      network.training,
      network.blocks[0]!.training,
      network.heads.get('outHead')!.training,
    ]).to.deep.equal([false, false, false]);
    network.train();
    expect(network.attentionNorm.training).to.equal(true);
  });

  it('freezes and unfreezes weights, before and after it is built', () => {
    const network = new Network();
    network.freeze();
    network.forward(x);
    const trainable = () => network.parameters().filter((parameter) => parameter.trainable).length;
    expect(trainable()).to.equal(0);
    const before = network.parameters().map(numbers);
    new SGD({ learningRate: 1 }).step(valueAndGrad(() => mean(network.forward(x)), network).gradients);
    expect(network.parameters().map(numbers)).to.deep.equal(before);
    network.unfreeze();
    expect(trainable()).to.equal(names.length);
    network.attentionNorm.freeze();
    expect(trainable()).to.equal(names.length - 2);

    const thawed = new Network();
    thawed.freeze();
    thawed.unfreeze();
    thawed.forward(x);
    expect(thawed.parameters().every((parameter) => parameter.trainable)).to.equal(true);
  });

  it('stateDict returns copies, including running statistics', () => {
    const layer = createNormalizationLayer('batch_norm', { momentum: 0 });
    layer.forward(
      tensor([
        [1, 2],
        [3, 6],
      ]),
    );
    const state = layer.stateDict();
    expect(Object.keys(state)).to.deep.equal(['gamma', 'beta', 'moving_mean', 'moving_variance']);
    expect(numbers(state['moving_mean']!)).to.deep.equal([2, 4]);
    expect(numbers(state['moving_variance']!)).to.deep.equal([1, 4]);
    state['gamma']!.data[0] = 99;
    expect(numbers(layer.stateDict()['gamma']!)).to.deep.equal([1, 1]);
  });

  it('loadStateDict accepts NdArrays, tensors and nested arrays, casts them, and copies them', () => {
    const [from, to] = [built(), built()];
    for (const parameter of from.parameters())
      parameter.value = randomNormal(parameter.shape, { seed: 9 }).value;
    to.loadStateDict(from.stateDict());
    expect(to.forward(x).toArray()).to.deep.equal(from.forward(x).toArray());

    const layer = createNormalizationLayer('band_rms');
    layer.build([2, 3]);
    for (const value of [0.5, tensor(0.5), float64(0.5), ndarray(Float64Array.of(0.5), [])]) {
      layer.loadStateDict({ band_param: value });
      const [loaded] = layer.parameters();
      expect([loaded!.dtype, loaded!.toArray()]).to.deep.equal(['float32', 0.5]);
    }
    const norm = createNormalizationLayer('layer_norm');
    norm.build([1, 2], { dtype: 'float64' });
    const mine = Float64Array.of(3, 4);
    norm.loadStateDict({ gamma: mine, beta: [0.1, 0.2] });
    mine[0] = 7;
    expect(Object.values(norm.stateDict()).map(numbers)).to.deep.equal([
      [3, 4],
      [0.1, 0.2],
    ]);
    // In a form that JSON can hold.
    const json = JSON.stringify(
      Object.fromEntries(Object.entries(from.stateDict()).map(([name, a]) => [name, tensor(a).toArray()])),
    );
    const again = built();
    again.loadStateDict(JSON.parse(json));
    expect(again.forward(x).toArray()).to.deep.equal(from.forward(x).toArray());
  });

  it('loadStateDict checks all values before it changes any, and strict: false ignores only names', () => {
    const layer = createNormalizationLayer('layer_norm');
    layer.build([1, 2]);
    const ok = { gamma: [5, 5], beta: [5, 5] };
    for (const dict of [
      { gamma: [5, 5] },
      { ...ok, delta: [1] },
      { ...ok, beta: [5] },
      { ...ok, beta: [[5, 5]] },
      { ...ok, beta: ['5', '5'] },
      { ...ok, beta: null },
      null,
      [],
      new Map(Object.entries(ok)),
    ])
      refusal(() => layer.loadStateDict(dict as never));
    for (const dict of [
      { gamma: [5, 5], beta: [1] },
      { ...ok, gamma: 'a' },
    ])
      refusal(() => layer.loadStateDict(dict as never, { strict: false }));
    refusal(() => layer.loadStateDict(ok, { strickt: false } as never));
    expect(Object.values(layer.stateDict()).map(numbers)).to.deep.equal([
      [1, 1],
      [0, 0],
    ]);
    layer.loadStateDict({ gamma: [5, 6], delta: 1 } as never, { strict: false });
    expect(Object.values(layer.stateDict()).map(numbers)).to.deep.equal([
      [5, 6],
      [0, 0],
    ]);
    expect(refusal(() => layer.loadStateDict({ ...ok, gama: [1, 1] } as never))).to.include(
      'Did you mean gamma?',
    );
    for (const options of [undefined, { strict: false }])
      for (const unbuilt of [createNormalizationLayer('layer_norm'), new Network()])
        expect(refusal(() => unbuilt.loadStateDict({}, options))).to.include('Build it first');
  });

  it('keeps the gradients of a pass before new weights were loaded', () => {
    const layer = new Dense(1, { kernelInitializer: 'ones' });
    const input = float64([[2]]);
    const { pullback } = vjp(() => layer.forward(input));
    layer.loadStateDict({ kernel: [[50]], bias: [0] });
    expectNear(pullback().of(input), [1]);
  });

  it('sums the penalties of children, on the tape, as a tensor of rank 0', () => {
    const model = new Sequential([
      new Dense(1, { kernelInitializer: 'ones', kernelRegularizer: { type: 'l2', l2: 0.5 } }),
      createNormalizationLayer('band_rms', { bandInitializer: 'ones' }),
      new Dense(1, { kernelInitializer: 'ones', kernelRegularizer: { type: 'l1', l1: 2 } }),
    ]);
    expect(model.penalty().toArray()).to.equal(0);
    model.forward(float64([[1, 2]]));
    const { value, gradients } = valueAndGrad(() => model.penalty());
    expectNear(value, [1 + 1e-5 + 2]);
    const found = model.parameters().flatMap((parameter) => {
      const gradient = gradients.of(parameter);
      return gradient ? numbers(gradient) : [];
    });
    expect(found).to.deep.equal([1, 1, 2e-5, 2]);
    expect(new Network().penalty().shape).to.deep.equal([]);
  });

  it('lists unbuilt layers in its summary', () => {
    const network = new Network();
    expect(network.summary()).to.include('unbuilt');
    network.forward(x);
    expect(network.summary()).not.to.include('unbuilt');
    expect(network.summary()).to.include('attention_norm').and.to.include('layer_norm');
  });

  it('Parameter accepts an NdArray or a tensor, and options', () => {
    expect(new Parameter(ndarray(Float64Array.of(1, 2))).dtype).to.equal('float64');
    expect(new Parameter(ones([2])).toArray()).to.deep.equal([1, 1]);
    expect(new Parameter(ones([1])).trainable).to.equal(true);
    expect(new Parameter(ones([1]), { trainable: false }).trainable).to.equal(false);
    expect(new Parameter([1, 2] as never).toArray()).to.deep.equal([1, 2]);
    for (const value of [undefined, 'a', [[1], [2, 3]], {}]) refusal(() => new Parameter(value as never));
    refusal(() => new Parameter(ones([1]), { regularizer: 'l2' as never }));
  });

  it('an optimizer replaces values, then applies constraints, and skips frozen parameters', () => {
    const weight = new Parameter(float64([1, -1]), { constraint: constraint('non_neg') });
    const frozen = new Parameter(float64([1]), { trainable: false });
    const before = weight.value;
    const sgd = new SGD({ learningRate: 1 });
    const { gradients } = valueAndGrad(
      () => add(sum(mul(weight, float64([2, 1]))), sum(frozen)),
      [weight, frozen],
    );
    sgd.step(gradients);
    expect(weight.toArray()).to.deep.equal([0, 0]);
    expect(numbers(before)).to.deep.equal([1, -1]);
    expect(weight.value).not.to.equal(before);
    expect(frozen.toArray()).to.deep.equal([1]);
    // The gradients of a pullback are accepted too; tensors among them are ignored.
    sgd.step(vjp(() => sum(weight)).pullback());
    const costly = new Parameter(float64([3]), { regularizer: regularizer({ type: 'l2', l2: 1 }) });
    expect(costly.regularizer!(costly).item()).to.equal(9);
  });

  it('optimizers reject unknown options, and steps without gradients', () => {
    for (const options of [
      { lr: 1 },
      { learningRate: -1 },
      { learningRate: '1' },
      { learningRate: NaN },
      0.1,
      null,
    ])
      for (const Optimizer of [SGD, Adam]) refusal(() => new Optimizer(options as never));
    for (const gradients of [undefined, [], new Map(), valueAndGrad(() => sum(ones([1])))])
      refusal(() => new SGD().step(gradients as never));
  });

  describe('Dense', () => {
    it('is built by its first input, with kernel [inputs, units] and bias', () => {
      const layer = new Dense(2);
      expect(layer.built).to.equal(false);
      expect(layer.forward(float64([[1, 2, 3]])).shape).to.deep.equal([1, 2]);
      expect(
        [...layer.namedParameters()].map(([name, { shape, dtype }]) => [name, shape, dtype]),
      ).to.deep.equal([
        ['kernel', [3, 2], 'float64'],
        ['bias', [2], 'float64'],
      ]);
      expect(layer.forward(float64([[[1, 2, 3]]])).shape).to.deep.equal([1, 1, 2]);
      expect(refusal(() => layer.forward(ones([1, 3])))).to.include('cast');
      refusal(() => layer.forward(float64([[1, 2]])));
      refusal(() => layer.forward([[1, 2, 3]] as never));
    });

    it('accepts its options in either spelling', () => {
      const input = float64([[1, -3]]);
      const layer = new Dense(1, { useBias: false, kernelInitializer: 'ones', activation: 'relu' });
      expect([layer.forward(input).toArray(), layer.parameters().length]).to.deep.equal([[[0]], 1]);
      const own = new Dense(1, { kernelInitializer: { type: 'constant', value: 2 }, activation: square });
      expect(own.forward(input).toArray()).to.deep.equal([[16]]);
      const snake = new Dense(1, { use_bias: false, kernel_initializer: 'zeros' } as never);
      expect([snake.forward(input).item(), snake.parameters().length]).to.deep.equal([0, 1]);
      const biased = new Dense(1, { kernelInitializer: 'zeros', biasInitializer: 'ones' });
      expect(biased.forward(input).item()).to.equal(1);
    });

    it('draws a seed if none is given, and shows it', () => {
      const drawn = new Dense(3);
      expect(drawn.seed).to.satisfy(Number.isInteger);
      const kernel = (seed: number) => {
        const layer = new Dense(3, { seed });
        layer.forward(x);
        return layer.kernel!.toArray();
      };
      drawn.forward(x);
      expect(kernel(drawn.seed)).to.deep.equal(drawn.kernel!.toArray());
      expect(kernel(1)).not.to.deep.equal(kernel(2));
    });

    it('rejects unknown options, and suggests the right name', () => {
      for (const units of [undefined, null, 0, 1.5, '2', { units: 2 }, NaN])
        expect(refusal(() => new Dense(units as never))).to.include('Dense.units');
      for (const options of [null, 'relu', [], { activation: 'reluu' }, { activation: 3 }, { useBias: 1 }])
        refusal(() => new Dense(1, options as never));
      expect(refusal(() => new Dense(1, { activaton: 'relu' } as never))).to.include(
        'Did you mean activation?',
      );
      expect(refusal(() => new Dense(1, { usebias: false } as never))).to.include('Did you mean useBias?');
    });
  });

  it('Sequential runs modules and ops in order, and rejects anything else', () => {
    const model = new Sequential([new Dense(2, { kernelInitializer: 'ones' }), (y) => mul(y, -1), relu]);
    expect(model.forward(ones([1, 3])).toArray()).to.deep.equal([[0, 0]]);
    for (const layers of [undefined, new Dense(1), ['relu'], [undefined], [{}]])
      refusal(() => new Sequential(layers as never));
    refusal(() =>
      new Sequential([createNormalizationLayer('dml_plus_center') as never]).forward(ones([1, 2])),
    );
  });

  it('Dropout drops only in training mode, keeps the mean, and repeats with the same seed', () => {
    const input = ones([2000]);
    const dropped = new Dropout(0.25, { seed: 1 }).forward(input);
    expect(mean(dropped).item()).to.be.closeTo(1, 0.05);
    expect(new Set(numbers(dropped))).to.deep.equal(new Set([0, Math.fround(1 / 0.75)]));
    expect(new Dropout(0.25, { seed: 1 }).forward(input).toArray()).to.deep.equal(dropped.toArray());
    const layer = new Dropout(0.25);
    expect(layer.seed).to.satisfy(Number.isInteger);
    expect(layer.forward(input).toArray()).not.to.deep.equal(layer.forward(input).toArray());
    layer.eval();
    expect(layer.forward(input).toArray()).to.deep.equal(input.toArray());
    for (const rate of [undefined, -0.1, 1.1, '0.5', { rate: 0.5 }])
      refusal(() => new Dropout(rate as never));
    for (const options of [{ sed: 1 }, { seed: 0.5 }, null, 1])
      refusal(() => new Dropout(0.5, options as never));
  });

  it("saves a generator's state, so that a run can be resumed", () => {
    const model = new Sequential([new Dropout(0.5, { seed: 1 })]);
    model.forward(ones([10]));
    const states = [...model.generators()].map(([name, { state }]) => [name, JSON.stringify(state)] as const);
    const next = model.forward(ones([50])).toArray();
    for (const [name, state] of states) model.generators().get(name)!.state = JSON.parse(state);
    expect(model.forward(ones([50])).toArray()).to.deep.equal(next);
  });
});
