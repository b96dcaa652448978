import { expect } from 'chai';
import fc from 'fast-check';
import { flat, sizeOf } from '../../src/array/index.js';
import { assertGradients } from '../../src/autograd/gradcheck/gradcheck.js';
import { tensor } from '../../src/autograd/create.js';
import { Tensor } from '../../src/autograd/tape.js';
import { valueAndGrad } from '../../src/autograd/vjp.js';
import { NormtapeError } from '../../src/error.js';
import { activationNames, activations } from '../../src/nn/activations.js';
import { Dense } from '../../src/nn/dense.js';
import { sum, tanh } from '../../src/ops/catalog.js';
import { zeros } from '../../src/ops/create.js';
import { SGD } from '../../src/optim/sgd.js';
import { arrays } from '../support/arbitraries.js';

const shapes = fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 1, maxLength: 4 });

describe('a dense layer', () => {
  it('multiplies the last axis by its kernel and adds its bias, at any rank', () => {
    fc.assert(
      fc.property(
        shapes.chain((shape) => arrays(shape)),
        fc.integer({ min: 1, max: 4 }),
        fc.boolean(),
        (x, units, useBias) => {
          const layer = new Dense(units, { useBias, seed: 5, biasInitializer: 'random_normal' });
          const y = layer.forward(new Tensor(x));
          const inputs = x.shape.at(-1)!;
          expect(y.shape).to.deep.equal([...x.shape.slice(0, -1), units]);
          expect(layer.kernel!.shape).to.deep.equal([inputs, units]);
          expect([...layer.namedParameters().keys()]).to.deep.equal(
            useBias ? ['kernel', 'bias'] : ['kernel'],
          );
          const [data, kernel] = [flat(x), flat(layer.kernel!.value)];
          const out = flat(y.value);
          for (let row = 0; row < sizeOf(x.shape) / inputs; row++) {
            for (let unit = 0; unit < units; unit++) {
              let expected = layer.bias?.value.data[unit] ?? 0;
              for (let i = 0; i < inputs; i++)
                expected += data[row * inputs + i]! * kernel[i * units + unit]!;
              expect(out[row * units + unit]).to.be.closeTo(expected, 1e-13);
            }
          }
        },
      ),
    );
  });

  it('gives the gradients of input, kernel and bias', () => {
    fc.assert(
      fc.property(
        shapes.chain((shape) => arrays(shape)),
        fc.nat(),
        (x, seed) => {
          const layer = new Dense(3, { seed, activation: 'tanh' });
          layer.build(x.shape, { dtype: 'float64' });
          assertGradients(
            (input, kernel, bias) => {
              // The weights checked stand in for the layer's own.
              Object.assign(layer, { kernel, bias });
              return layer.forward(input!);
            },
            [new Tensor(x), new Tensor(layer.kernel!.value), new Tensor(layer.bias!.value)],
            { seed },
          );
        },
      ),
    );
  });

  it('starts from the same bits for the same seed, and shows the seed that it drew', () => {
    const weights = (seed: number) => {
      const layer = new Dense(4, { seed, biasInitializer: 'random_uniform' });
      layer.forward(zeros([2, 4]));
      return [layer.kernel!.toArray(), layer.bias!.toArray()];
    };
    const first = new Dense(4, { biasInitializer: 'random_uniform' });
    first.forward(zeros([2, 4]));
    expect(weights(first.seed)).to.deep.equal([first.kernel!.toArray(), first.bias!.toArray()]);
    expect(weights(1)).not.to.deep.equal(weights(2));
    const own = (seed: number) => {
      const layer = new Dense(2, { seed, kernelInitializer: { type: 'he_normal', seed: 3 } });
      layer.forward(zeros([2, 4]));
      return layer.kernel!.toArray();
    };
    expect(own(1)).to.deep.equal(own(2));
  });

  it('draws kernel and bias from different seeds', () => {
    const uniform = { type: 'random_uniform', minval: 0, maxval: 1 } as const;
    const layer = new Dense(8, { seed: 9, kernelInitializer: uniform, biasInitializer: uniform });
    layer.forward(zeros([1, 1]));
    expect((layer.kernel!.toArray() as number[][])[0]).not.to.deep.equal(layer.bias!.toArray());
  });

  it('multiplies the initial kernel, and not the bias, by its gain', () => {
    const weights = (options: object) => {
      const layer = new Dense(3, { seed: 4, biasInitializer: 'ones', ...options });
      layer.build([2], { dtype: 'float64' });
      return { kernel: [...layer.kernel!.value.data], bias: [...layer.bias!.value.data] };
    };
    const plain = weights({});
    for (const kernelGain of [0.3, -2, 0]) {
      const { kernel, bias } = weights({ kernelGain });
      expect(kernel).to.deep.equal(plain.kernel.map((number) => number * kernelGain));
      expect(bias).to.deep.equal(plain.bias);
    }
    expect(weights({ kernelGain: 1 })).to.deep.equal(plain);
  });

  it('gives its weights their regularizers and constraints', () => {
    const layer = new Dense(2, {
      kernelInitializer: { type: 'constant', value: 2 },
      kernelRegularizer: { type: 'l1', l1: 0.5 },
      biasRegularizer: 'l2',
      kernelConstraint: { type: 'min_value', minValue: 1.5 },
      biasConstraint: 'non_neg',
    });
    const x = tensor([[1, 1]]);
    const { gradients } = valueAndGrad(() => sum(layer.forward(x)), layer);
    expect(layer.penalty().item()).to.equal(4);
    new SGD({ learningRate: 1 }).step(gradients);
    expect(layer.kernel!.toArray()).to.deep.equal([
      [1.5, 1.5],
      [1.5, 1.5],
    ]);
    expect(layer.bias!.toArray()).to.deep.equal([0, 0]);
  });

  it('can be frozen before it is built', () => {
    const layer = new Dense(2).freeze();
    layer.forward(zeros([1, 2]));
    expect(layer.parameters().map(({ trainable }) => trainable)).to.deep.equal([false, false]);
  });

  it('takes an empty batch', () => {
    expect(new Dense(2).forward(zeros([0, 3])).shape).to.deep.equal([0, 2]);
  });

  it('rejects inputs and options that do not fit', () => {
    const layer = new Dense(2);
    expect(() => layer.forward(tensor(1))).to.throw(
      'an input of rank 1 or more whose last axis is not empty',
    );
    expect(() => layer.forward(zeros([2, 0]))).to.throw('whose last axis is not empty, received [2,0].');
    expect(layer.built).to.equal(false);
    layer.forward(zeros([5, 3]));
    expect(() => layer.forward(zeros([5, 4]))).to.throw(
      NormtapeError,
      'Dense: expected an input whose last axis has the size 3, as before, received [5,4].',
    );
    expect(() => layer.forward(zeros([5, 3], { dtype: 'float64' }))).to.throw(
      `Dense: expected an input of float32, as before, received "float64". Convert the input with cast('float32').`,
    );
    expect(() => layer.forward([[1, 2, 3]] as never)).to.throw(
      'Dense: expected a tensor, received [[1,2,3]].',
    );
    expect(() => new Dense(0)).to.throw('Dense.units: expected a whole number from 1, received 0.');
    expect(() => new Dense(2, { useBais: true } as never)).to.throw('Did you mean useBias?');
    expect(() => new Dense(2, { kernelInitializer: 'he' as 'zeros' })).to.throw(
      'Dense.kernelInitializer: expected',
    );
    expect(() => new Dense(2, { kernelRegularizer: { type: 'l2', l2: -1 } })).to.throw(
      'Dense.kernelRegularizer.l2: expected a finite number from 0, received -1.',
    );
    expect(() => new Dense(2, { activation: 'rellu' as 'relu' })).to.throw(
      `Dense.activation: expected one of ${activationNames.join(', ')}, or an op of one tensor, received "rellu". Did you mean relu?`,
    );
  });

  it('applies an activation by name or as an op', () => {
    const x = tensor([[1, -2, 3]]);
    for (const name of activationNames) {
      const layer = new Dense(3, { seed: 1, activation: name });
      const plain = new Dense(3, { seed: 1 });
      expect(layer.forward(x).toArray()).to.deep.equal(activations[name](plain.forward(x)).toArray());
    }
    const op = new Dense(3, { seed: 1, activation: tanh }).forward(x);
    expect(op.toArray()).to.deep.equal(new Dense(3, { seed: 1, activation: 'tanh' }).forward(x).toArray());
  });
});
