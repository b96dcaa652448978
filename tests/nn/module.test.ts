import { expect } from 'chai';
import ndarray from 'ndarray';
import { full } from '../../src/array/index.js';
import { Parameter } from '../../src/autograd/parameter.js';
import { tensor } from '../../src/autograd/create.js';
import type { Tensor } from '../../src/autograd/tape.js';
import { valueAndGrad } from '../../src/autograd/vjp.js';
import { NormtapeError } from '../../src/error.js';
import { Dense } from '../../src/nn/dense.js';
import { Dropout } from '../../src/nn/dropout.js';
import { crossEntropy } from '../../src/nn/losses/index.js';
import { Module } from '../../src/nn/module.js';
import { Statistic } from '../../src/nn/statistic.js';
import { regularizer } from '../../src/nn/regularizers.js';
import { Sequential } from '../../src/nn/sequential.js';
import { mul, relu, sum } from '../../src/ops/catalog.js';
import { randomNormal } from '../../src/ops/create.js';
import { Adam } from '../../src/optim/adam.js';
import { RMSprop } from '../../src/optim/rmsprop.js';
import { SGD } from '../../src/optim/sgd.js';

/** A layer with a gain and a running mean of its own. */
class Gain extends Module {
  readonly gainOfAll = new Parameter(full([1], 2, 'float32'));
  readonly runningMean = new Statistic(full([2], 0, 'float32'));

  override forward(x: Tensor): Tensor {
    return mul(x, this.gainOfAll);
  }
}

class Model extends Module {
  readonly hiddenLayer = new Dense(6, { seed: 1, kernelRegularizer: 'l2' });
  readonly blocks = [[new Gain()], new Dropout(0.5, { seed: 7 })] as const;
  readonly heads = new Map([['mainHead', new Dense(3, { seed: 2, biasRegularizer: 'l1' })]]);
  readonly tied = this.hiddenLayer;
  readonly settings = { width: 6, note: 'no module' };

  override forward(x: Tensor): Tensor {
    const hidden = this.blocks[0][0].forward(relu(this.hiddenLayer.forward(x)));
    return this.heads.get('mainHead')!.forward(this.blocks[1].forward(hidden));
  }
}

const x = randomNormal([9, 4], { seed: 3 });
const labels = [0, 1, 2, 0, 1, 2, 0, 1, 2];
const built = (): Model => {
  const model = new Model();
  model.forward(x);
  return model;
};

describe('a module', () => {
  it('names weights by its fields, also in arrays and maps, each once', () => {
    const names = [
      'hidden_layer.kernel',
      'hidden_layer.bias',
      'blocks.0.0.gain_of_all',
      'blocks.0.0.running_mean',
      'heads.main_head.kernel',
      'heads.main_head.bias',
    ];
    expect(Object.keys(built().stateDict())).to.deep.equal(names);
    const parameters = names.filter((name) => !name.endsWith('running_mean'));
    expect([...built().namedParameters().keys()]).to.deep.equal(parameters);
    expect(built().parameters()).to.have.length(5);
    expect([...built().generators().keys()]).to.deep.equal(['blocks.1.random']);
  });

  it('names its own weights without a prefix', () => {
    expect([...new Gain().namedParameters().keys()]).to.deep.equal(['gain_of_all']);
  });

  it('refuses two members of one name', () => {
    const confused = Object.assign(new Gain(), { gain_of_all: new Parameter(full([1], 2, 'float32')) });
    expect(() => confused.parameters()).to.throw(
      'Gain: expected members of different snake_case names, received "gain_of_all".',
    );
  });

  for (const optimizer of [
    () => new SGD({ learningRate: 0.1, momentum: 0.5 }),
    () => new Adam({ learningRate: 0.01 }),
    () => new RMSprop({ learningRate: 0.01 }),
  ]) {
    it(`learns by ${optimizer().constructor.name}`, () => {
      const [model, updates] = [new Model(), optimizer()];
      const losses = Array.from({ length: 40 }, () => {
        const { value, gradients } = valueAndGrad(() => crossEntropy(model.forward(x), labels), model);
        updates.step(gradients);
        return value.item();
      });
      expect(Math.min(...losses.slice(-5))).to.be.below(losses[0]!);
    });
  }

  it('loads weights, and then computes the same', () => {
    const [a, b] = [built(), built()];
    new SGD({ learningRate: 1 }).step(valueAndGrad(() => crossEntropy(a.forward(x), labels)).gradients);
    b.loadStateDict(a.stateDict());
    expect(b.eval().forward(x).toArray()).to.deep.equal(a.eval().forward(x).toArray());
  });

  it('returns copies, and copies what it loads', () => {
    const model = built();
    const given = model.stateDict();
    given['hidden_layer.bias']!.data.fill(5);
    expect(model.hiddenLayer.bias!.toArray()).to.deep.equal([0, 0, 0, 0, 0, 0]);
    model.loadStateDict(given);
    given['hidden_layer.bias']!.data.fill(6);
    expect(model.hiddenLayer.bias!.toArray()).to.deep.equal([5, 5, 5, 5, 5, 5]);
  });

  it('reads weights from views, tensors and lists, in its own dtype', () => {
    const gain = new Gain();
    const backwards = ndarray(Float64Array.of(1, 9, 2), [2]).step(1);
    gain.loadStateDict({
      gain_of_all: tensor(Float64Array.of(3)),
      running_mean: ndarray(backwards.data, [2], [-2], 2),
    });
    expect(gain.gainOfAll.dtype).to.equal('float32');
    expect(gain.gainOfAll.toArray()).to.deep.equal([3]);
    expect([...gain.runningMean.value.data]).to.deep.equal([2, 1]);
    gain.loadStateDict({ gain_of_all: [4], running_mean: [7, 8] });
    expect([...gain.runningMean.value.data]).to.deep.equal([7, 8]);
  });

  it('changes nothing when one weight is wrong', () => {
    const model = built();
    const before = model.stateDict();
    const ones = { ...before, 'hidden_layer.bias': [1, 1, 1, 1, 1, 1] };
    const loading =
      (dict: object, strict = true) =>
      () =>
        model.loadStateDict(dict as typeof ones, { strict });
    expect(loading({ ...ones, 'heads.main_head.bias': [1] })).to.throw(
      NormtapeError,
      'loadStateDict: heads.main_head.bias: expected the shape [3], received [1].',
    );
    expect(loading({ ...ones, 'heads.main_head.bias': [1] }, false)).to.throw('expected the shape [3]');
    expect(loading({ ...ones, 'heads.main_head.bias': [1, [2]] })).to.throw(
      'loadStateDict: heads.main_head.bias: expected a number at depth 1, received [2].',
    );
    expect(loading({ ...ones, 'heads.main_head.biass': [1] })).to.throw('Did you mean heads.main_head.bias?');
    expect(loading({})).to.throw('loadStateDict: expected a value for hidden_layer.kernel, received [].');
    expect(loading([1])).to.throw('loadStateDict: expected a plain object of arrays by name, received [1].');
    expect(() => new Model().loadStateDict(before, { strict: false })).to.throw(
      'loadStateDict: expected a module that is built, received "Model". Build it first: give it an input.',
    );
    expect(model.stateDict()).to.deep.equal(before);
    loading({ 'heads.main_head.bias': [1, 2, 3], more: 1 }, false)();
    expect(model.heads.get('mainHead')!.bias!.toArray()).to.deep.equal([1, 2, 3]);
  });

  it('passes its mode on to every submodule', () => {
    const model = built();
    const states = (): boolean[] =>
      [model, model.blocks[1], model.heads.get('mainHead')!].map((m) => m.training);
    expect(states()).to.deep.equal([true, true, true]);
    expect(model.eval()).to.equal(model);
    expect(states()).to.deep.equal([false, false, false]);
    model.train();
    expect(states()).to.deep.equal([true, true, true]);
  });

  it('can be frozen before it is built, and then no step changes it', () => {
    const model = new Model().freeze();
    const { gradients } = valueAndGrad(() => crossEntropy(model.forward(x), labels), model);
    const before = model.stateDict();
    expect(model.parameters().some(({ trainable }) => trainable)).to.equal(false);
    new SGD({ learningRate: 1 }).step(gradients);
    expect(model.stateDict()).to.deep.equal(before);
    model.unfreeze();
    expect(model.parameters().every(({ trainable }) => trainable)).to.equal(true);
  });

  it('sums the penalties of its trainable weights, on the tape', () => {
    const model = built();
    const { kernel } = model.hiddenLayer;
    const { bias } = model.heads.get('mainHead')!;
    model.loadStateDict({ 'heads.main_head.bias': [1, -2, 3] }, { strict: false });
    const squares = sum(mul(kernel!, kernel!)).item();
    const { value, gradients } = valueAndGrad(() => model.penalty(), model);
    expect(value.shape).to.deep.equal([]);
    expect(value.item()).to.be.closeTo(0.01 * squares + 0.06, 1e-6);
    expect(gradients.of(bias!)!.toArray()).to.deep.equal([0.01, -0.01, 0.01].map(Math.fround));
    expect([...gradients.of(kernel!)!.value.data]).to.deep.equal(
      [...kernel!.value.data].map((w) => Math.fround(0.02 * w)),
    );
    model.hiddenLayer.freeze();
    expect(model.penalty().item()).to.be.closeTo(0.06, 1e-7);
    expect(new Gain().penalty().item()).to.equal(0);
  });

  it('refuses a regularizer that does not return one number', () => {
    const gain = new Gain();
    const wrong = new Parameter(full([2], 1, 'float32'), { regularizer: (w) => w });
    expect(() => Object.assign(gain, { wrong }).penalty()).to.throw(
      'wrong: regularizer: expected a tensor of rank 0, received [2].',
    );
  });

  it('has a summary', () => {
    const model = new Model();
    expect(
      model
        .summary()
        .split('\n')
        .map((line) => line.trimEnd()),
    ).to.deep.equal([
      'name             module   weights                            parameters',
      '(this)           Model                                          unbuilt',
      'hidden_layer     Dense                                          unbuilt',
      'blocks.0.0       Gain     gain_of_all [1], running_mean [2]           1',
      'blocks.1         Dropout                                              0',
      'heads.main_head  Dense                                          unbuilt',
      'parameters: 1, trainable: 1, statistics: 2, without what is unbuilt',
    ]);
    model.forward(x);
    model.hiddenLayer.freeze();
    expect(model.summary()).to.include('kernel [4, 6], bias [6]');
    expect(model.summary()).to.match(/\nparameters: 52, trainable: 22, statistics: 2$/);
  });

  it('answers quickly whether a deep model is built', () => {
    let model = new Sequential([new Dense(2)]);
    for (let i = 0; i < 40; i++) model = new Sequential([model]);
    expect(model.built).to.equal(false);
    model.forward(tensor([[1]]));
    expect(model.built).to.equal(true);
  });
});

describe('a parameter', () => {
  it('rejects regularizers and constraints that are no functions, and says how to make them', () => {
    const value = full([2], 1, 'float32');
    expect(() => new Parameter(value, { regularizer: 'l2' as unknown as undefined })).to.throw(
      'Parameter.regularizer: expected a function, received "l2". ' +
        "Make one of a name with the function of that name, as in regularizer('l2').",
    );
    expect(() => new Parameter(value, { constraint: { type: 'non_neg' } as unknown as undefined })).to.throw(
      NormtapeError,
      "constraint('max_norm')",
    );
    expect(new Parameter(value, { regularizer: regularizer('none') }).regularizer).to.equal(undefined);
  });
});
