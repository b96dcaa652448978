import { expect } from 'chai';
import fc from 'fast-check';
import { tensor } from '../../src/autograd/create.js';
import { vjp } from '../../src/autograd/vjp.js';
import { NormtapeError } from '../../src/error.js';
import { Activation, activationNames, activations } from '../../src/nn/activations.js';
import { Dense } from '../../src/nn/dense.js';
import { Dropout } from '../../src/nn/dropout.js';
import { Module } from '../../src/nn/module.js';
import { Sequential } from '../../src/nn/sequential.js';
import { relu, tanh } from '../../src/ops/catalog.js';
import { full, randomNormal, zeros } from '../../src/ops/create.js';

describe('dropout', () => {
  const rates = fc.double({ min: 0.05, max: 0.95, noNaN: true });

  it('makes 0 of a share, and keeps the mean by scaling the rest', () => {
    fc.assert(
      fc.property(rates, fc.nat(), (rate, seed) => {
        const y = new Dropout(rate, { seed }).forward(full([2000], 3, { dtype: 'float64' }));
        const kept = [...y.value.data].filter((value) => value !== 0);
        expect(new Set(kept)).to.deep.equal(new Set([3 * (1 / (1 - rate))]));
        // Six standard deviations of a share of 2000.
        const spread = 6 * Math.sqrt((rate * (1 - rate)) / 2000);
        expect(kept.length / 2000).to.be.closeTo(1 - rate, spread);
      }),
    );
  });

  it('sends gradients where it let values through, and nowhere else', () => {
    fc.assert(
      fc.property(rates, fc.nat(), (rate, seed) => {
        const x = full([50], 2, { dtype: 'float64' });
        const { value, pullback } = vjp(() => new Dropout(rate, { seed }).forward(x));
        const g = randomNormal([50], { seed, dtype: 'float64' });
        const expected = [...g.value.data].map((incoming, i) => incoming * (value.value.data[i]! / 2));
        const pulled = [...pullback(g).of(x)!.value.data];
        pulled.forEach((gradient, i) =>
          expect(gradient).to.be.closeTo(expected[i]!, 1e-14 * (1 + Math.abs(expected[i]!))),
        );
      }),
    );
  });

  it('is the identity in evaluation and at rate 0, and draws nothing then', () => {
    const x = randomNormal([5], { seed: 1 });
    const layer = new Dropout(0.5, { seed: 2 });
    const before = layer.random.state;
    expect(layer.eval().forward(x)).to.equal(x);
    expect(layer.random.state).to.deep.equal(before);
    expect(new Dropout(0).forward(x)).to.equal(x);
    expect(new Dropout(1).forward(tensor([1, Infinity])).toArray()).to.deep.equal([0, 0]);
  });

  it('draws anew each time, and goes on from a state that was kept', () => {
    const x = full([64], 1);
    const [a, b] = [new Dropout(0.5, { seed: 2 }), new Dropout(0.5)];
    expect(a.seed).to.equal(2);
    const first = a.forward(x).toArray();
    const { state } = a.random;
    const second = a.forward(x).toArray();
    expect(second).not.to.deep.equal(first);
    b.random.state = JSON.parse(JSON.stringify(state)) as number[];
    expect(b.forward(x).toArray()).to.deep.equal(second);
    expect(new Dropout(0.5, { seed: 2 }).forward(x).toArray()).to.deep.equal(first);
    expect(new Dropout(0.5, { seed: b.seed }).forward(x).shape).to.deep.equal([64]);
  });

  it('refuses a rate beyond 1', () => {
    expect(() => new Dropout(1.5)).to.throw(
      NormtapeError,
      'Dropout.rate: expected a finite number from 0 to 1, received 1.5.',
    );
    expect(() => new Dropout(0.5, { sede: 1 } as never)).to.throw('Did you mean seed?');
    expect(() => new Dropout(0.5).forward([1] as never)).to.throw(
      'Dropout: expected a tensor, received [1].',
    );
  });
});

describe('a sequence', () => {
  it('applies modules and ops one after the other', () => {
    const [first, second] = [new Dense(4, { seed: 1 }), new Dense(2, { seed: 2 })];
    const model = new Sequential([first, relu, second, new Activation('tanh')]);
    const x = randomNormal([3, 5], { seed: 3 });
    const y = model.forward(x);
    expect(y.toArray()).to.deep.equal(tanh(second.forward(relu(first.forward(x)))).toArray());
    expect([...model.namedParameters().keys()]).to.deep.equal([
      'layers.0.kernel',
      'layers.0.bias',
      'layers.2.kernel',
      'layers.2.bias',
    ]);
    expect(new Sequential([]).forward(x)).to.equal(x);
  });

  it('refuses what is no layer', () => {
    expect(() => new Sequential([relu, 'relu' as never])).to.throw(
      NormtapeError,
      'Sequential.layers.1: expected a module or an op, received "relu".',
    );
    expect(() => new Sequential(relu as never)).to.throw('Sequential: expected a list of layers');
    class Two extends Module {
      override forward = (): number[] => [1, 2];
    }
    expect(() => new Sequential([new Two() as never]).forward(zeros([1]))).to.throw(
      'Sequential.layers.0: output: expected a tensor, received [1,2].',
    );
  });
});

describe('the activations', () => {
  it('are what their names say', () => {
    const x = tensor(Float64Array.of(-1, 0.5, 2));
    const at: Record<string, (v: number) => number> = {
      linear: (v) => v,
      relu: (v) => Math.max(v, 0),
      tanh: Math.tanh,
      sigmoid: (v) => 1 / (1 + Math.exp(-v)),
      softplus: (v) => Math.log1p(Math.exp(v)),
      silu: (v) => v / (1 + Math.exp(-v)),
      gelu_tanh: (v) => 0.5 * v * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (v + 0.044715 * v ** 3))),
      leaky_relu: (v) => (v > 0 ? v : 0.01 * v),
      elu: (v) => (v > 0 ? v : Math.exp(v) - 1),
      selu: (v) => 1.0507009873554805 * (v > 0 ? v : 1.6732632423543772 * (Math.exp(v) - 1)),
      mish: (v) => v * Math.tanh(Math.log(1 + Math.exp(v))),
      hard_sigmoid: (v) => (v + 3) / 6,
      hard_swish: (v) => (v * (v + 3)) / 6,
    };
    for (const [name, f] of Object.entries(at)) {
      const y = new Activation(name as 'relu').forward(x).toArray() as number[];
      [-1, 0.5, 2].forEach((v, i) => expect(y[i], name).to.be.closeTo(f(v), 1e-14));
    }
    const gelu = activations.gelu(x).toArray() as number[];
    // x Φ(x), from tables of the normal distribution.
    [-0.15865525393145707, 0.34573123063700656, 1.9544997361036416].forEach((v, i) =>
      expect(gelu[i]).to.be.closeTo(v, 1e-14),
    );
    const [soft, log] = [
      activations.softmax(x).toArray(),
      activations.log_softmax(x).toArray(),
    ] as number[][];
    expect(soft!.reduce((sum, p) => sum + p, 0)).to.be.closeTo(1, 1e-15);
    log!.forEach((l, i) => expect(Math.exp(l)).to.be.closeTo(soft![i]!, 1e-15));
    expect(activationNames).to.have.length(Object.keys(at).length + 3);
  });

  it('refuse what they do not know', () => {
    expect(() => new Activation('Relu' as 'relu')).to.throw(NormtapeError, 'Did you mean relu?');
    expect(() => new Activation(undefined as never)).to.throw('Activation: expected one of linear');
  });
});
