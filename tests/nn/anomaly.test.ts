import { expect } from 'chai';
import {
  Dense,
  Module,
  Parameter,
  SGD,
  type Tensor,
  createNormalizationLayer,
  detectAnomaly,
  log,
  mean,
  randomNormal,
  relu,
  sqrt,
  square,
  tensor,
  valueAndGrad,
} from '../../src/index.js';

class Sick extends Module {
  readonly gain = new Parameter(tensor([0]));

  override forward(x: Tensor): Tensor {
    return sqrt(square(this.gain)).size ? log(x) : x;
  }
}

class Model extends Module {
  readonly first = new Dense(4, { seed: 1 });
  readonly blocks = [createNormalizationLayer('layer_norm'), new Sick()] as const;

  override forward(x: Tensor): Tensor {
    return this.blocks[1].forward(this.blocks[0].forward(this.first.forward(x)));
  }
}

const x = randomNormal([3, 5], { seed: 2 });

describe('detectAnomaly', () => {
  it('names the op and the module that made a non-finite number', () => {
    const model = new Model();
    expect(() => detectAnomaly(() => model.forward(x), model)).to.throw(
      /^log in blocks\.1: expected a finite value, received "\d+ of 12 not finite, in rows? [\d, ]+ of the shape \[3,4\]"\. Its inputs, of the shape \[3,4\], were finite\.$/,
    );
  });

  it('watches whole steps, and returns their results', () => {
    const model = new Dense(2, { seed: 1 });
    const optimizer = new SGD();
    const loss = detectAnomaly(() => {
      const { value, gradients } = valueAndGrad(() => mean(square(relu(model.forward(x)))), model);
      optimizer.step(gradients);
      return value.item();
    }, model);
    expect(loss).to.be.above(0);
  });

  it('leaves the model unchanged, even after an error', () => {
    const model = new Model();
    const fields = Object.keys(model.blocks[1]);
    expect(() => detectAnomaly(() => model.forward(x), model)).to.throw('blocks.1');
    expect(Object.keys(model.blocks[1])).to.deep.equal(fields);
    expect(Object.hasOwn(model.blocks[1], 'forward')).to.equal(false);
    expect(() => model.forward(x)).not.to.throw();
  });

  it('works without a model, and then names only the op', () => {
    expect(() => detectAnomaly(() => log(tensor([-1])))).to.throw(/^log: expected a finite value/);
  });
});
