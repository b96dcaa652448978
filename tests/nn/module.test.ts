import { expect } from 'chai';
import {
  Adam,
  Dense,
  Module,
  SGD,
  type Tensor,
  createNormalizationLayer,
  crossEntropy,
  randomNormal,
  relu,
  valueAndGrad,
} from '../../src/index.js';

class Model extends Module {
  readonly hiddenLayer = new Dense(6, { seed: 1 });
  readonly norms = [createNormalizationLayer('batch_norm')];
  readonly output = new Dense(3, { seed: 2 });

  override forward(x: Tensor): Tensor {
    return this.output.forward(relu(this.norms[0]!.forward(this.hiddenLayer.forward(x))));
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
  it('names weights by its fields', () => {
    expect(Object.keys(built().stateDict())).to.deep.equal([
      'hidden_layer.kernel',
      'hidden_layer.bias',
      'norms.0.gamma',
      'norms.0.beta',
      'norms.0.moving_mean',
      'norms.0.moving_variance',
      'output.kernel',
      'output.bias',
    ]);
    expect([...built().namedParameters().keys()]).not.to.include('norms.0.moving_mean');
  });

  for (const optimizer of [() => new SGD({ learningRate: 0.1 }), () => new Adam({ learningRate: 0.01 })]) {
    it(`learns by ${optimizer().constructor.name}`, () => {
      const [model, updates] = [new Model(), optimizer()];
      const losses = Array.from({ length: 20 }, () => {
        const { value, gradients } = valueAndGrad(() => crossEntropy(model.forward(x), labels), model);
        updates.step(gradients);
        return value.item();
      });
      expect(losses.at(-1)).to.be.below(losses[0]!);
    });
  }

  it('takes weights over, and then computes the same', () => {
    const [a, b] = [built(), built()];
    new SGD({ learningRate: 1 }).step(valueAndGrad(() => crossEntropy(a.forward(x), labels)).gradients);
    b.loadStateDict(a.stateDict());
    expect(b.eval().forward(x).toArray()).to.deep.equal(a.eval().forward(x).toArray());
  });

  it('changes nothing when one weight is wrong', () => {
    const model = built();
    const before = model.stateDict();
    const ones = { ...before, 'hidden_layer.bias': [1, 1, 1, 1, 1, 1] };
    expect(() => model.loadStateDict({ ...ones, 'output.bias': [1] })).to.throw(
      'loadStateDict: output.bias: expected the shape [3], received [1].',
    );
    expect(() => model.loadStateDict({ ...ones, 'output.biass': [1] })).to.throw('Did you mean output.bias?');
    expect(() => model.loadStateDict({})).to.throw('expected a value for hidden_layer.kernel');
    expect(() => new Model().loadStateDict(before)).to.throw('Build it first');
    expect(model.stateDict()).to.deep.equal(before);
    model.loadStateDict({ 'output.bias': [1, 2, 3], more: 1 }, { strict: false });
    expect(model.output.bias!.toArray()).to.deep.equal([1, 2, 3]);
  });

  it('is frozen before it is built, and then no step moves it', () => {
    const model = new Model().freeze();
    const { gradients } = valueAndGrad(() => crossEntropy(model.forward(x), labels), model);
    const before = model.stateDict();
    new SGD({ learningRate: 1 }).step(gradients);
    expect(model.stateDict()).to.deep.equal(before);
    expect(
      model
        .unfreeze()
        .parameters()
        .every(({ trainable }) => trainable),
    ).to.equal(true);
  });
});
