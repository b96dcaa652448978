import { expect } from 'chai';
import fc from 'fast-check';
import { type Dtype, copy, flat, fromSource, full, toNested } from '../../src/array/index.js';
import { Gradients } from '../../src/autograd/gradients.js';
import { Parameter } from '../../src/autograd/parameter.js';
import { tensor } from '../../src/autograd/create.js';
import { Tensor } from '../../src/autograd/tape.js';
import { valueAndGrad } from '../../src/autograd/vjp.js';
import { NormtapeError } from '../../src/error.js';
import { Dense } from '../../src/nn/dense.js';
import { crossEntropy } from '../../src/nn/losses/index.js';
import { randomNormal } from '../../src/ops/create.js';
import { mul, sum } from '../../src/ops/catalog.js';
import { Adagrad } from '../../src/optim/adagrad.js';
import { Adam, AdamW } from '../../src/optim/adam.js';
import type { Optimizer } from '../../src/optim/optimizer.js';
import { LAMB } from '../../src/optim/lamb.js';
import { Lion } from '../../src/optim/lion.js';
import { Muon } from '../../src/optim/muon.js';
import { NAdam } from '../../src/optim/nadam.js';
import { RAdam } from '../../src/optim/radam.js';
import { RMSprop } from '../../src/optim/rmsprop.js';
import { SGD } from '../../src/optim/sgd.js';
import { arrays } from '../support/arbitraries.js';

/** Every optimizer in all its forms, with a rate that may be a schedule. */
type Given = { readonly learningRate?: number | ((step: number) => number); readonly weightDecay?: number };
type Make = (given: Given) => Optimizer<never>;
const conventional: Record<string, Make> = Object.fromEntries(
  (['keras', 'pytorch'] as const).flatMap((convention) =>
    Object.entries({
      SGD: (given: Given) => new SGD({ ...given, convention }),
      'SGD with momentum': (given: Given) => new SGD({ ...given, convention, momentum: 0.9 }),
      'SGD with Nesterov': (given: Given) => new SGD({ ...given, convention, momentum: 0.9, nesterov: true }),
      Adam: (given: Given) => new Adam({ ...given, convention }),
      'Adam with amsgrad': (given: Given) => new Adam({ ...given, convention, amsgrad: true }),
      AdamW: (given: Given) => new AdamW({ ...given, convention }),
      RMSprop: (given: Given) => new RMSprop({ ...given, convention }),
      'RMSprop, centered with momentum': (given: Given) =>
        new RMSprop({ ...given, convention, momentum: 0.9, centered: true }),
      Adagrad: (given: Given) => new Adagrad({ ...given, convention }),
      NAdam: (given: Given) => new NAdam({ ...given, convention }),
      RAdam: (given: Given) => new RAdam({ ...given, convention, beta2: 0.8 }),
    }).map(([name, make]) => [`${name} (${convention})`, make as unknown as Make]),
  ),
);
const forms: Record<string, Make> = {
  ...conventional,
  Lion: (given) => new Lion(given) as never,
  LAMB: (given) => new LAMB(given) as never,
  'Muon, where it is Adam': (given) => new Muon({ ...given, adamRate: 1 }) as never,
};

const gradientsOf = (pairs: readonly (readonly [Parameter, readonly number[]])[]): Gradients =>
  new Gradients(new Map(pairs.map(([leaf, data]) => [leaf, tensor(Float64Array.from(data))])));

const parameter = (...data: number[]): Parameter => new Parameter(fromSource(Float64Array.from(data)));

describe('the optimizers', () => {
  const pair = (dtype: Dtype) =>
    fc.integer({ min: 1, max: 5 }).chain((n) =>
      fc.record({
        weight: arrays([n], -3, 3, dtype),
        gradients: fc.array(arrays([n], -3, 3, dtype), { minLength: 2, maxLength: 6 }),
      }),
    );

  for (const [name, make] of Object.entries(forms)) {
    it(`${name} replaces values, and writes into nothing that it was given or gave`, () => {
      fc.assert(
        fc.property(fc.constantFrom<Dtype>('float32', 'float64').chain(pair), ({ weight, gradients }) => {
          const optimizer = make({ learningRate: 0.1 });
          const leaf = new Parameter(weight);
          const held = [weight, ...gradients];
          const before = held.map((array) => toNested(array));
          for (const gradient of gradients) {
            const { value } = leaf;
            optimizer.step(new Gradients(new Map([[leaf, new Tensor(gradient)]])));
            expect(leaf.value).not.to.equal(value);
            expect([leaf.value.shape, leaf.value.dtype]).to.deep.equal([weight.shape, weight.dtype]);
            held.push(leaf.value);
            before.push(toNested(leaf.value));
          }
          expect(held.map((array) => toNested(array))).to.deep.equal(before);
        }),
      );
    });

    it(`${name} goes on from a saved state with the same bits`, () => {
      fc.assert(
        fc.property(
          fc.constantFrom<Dtype>('float32', 'float64').chain(pair),
          fc.nat(6),
          ({ weight, gradients }, cut) => {
            const learningRate = (step: number): number => 0.1 / (1 + step);
            const [one, other] = [make({ learningRate }), make({ learningRate })];
            const leaf = new Parameter(weight);
            let resumed = leaf;
            let running = one;
            gradients.forEach((gradient, i) => {
              if (i === cut % gradients.length) {
                // As a file would hold it: plain numbers.
                const saved = Object.fromEntries(
                  Object.entries(one.stateDict([leaf])).map(([key, array]) => [key, toNested(array)]),
                );
                resumed = new Parameter(copy(leaf.value));
                running = other;
                running.loadStateDict(JSON.parse(JSON.stringify(saved)) as typeof saved, [resumed]);
              }
              one.step(new Gradients(new Map([[leaf, new Tensor(gradient)]])));
              if (running === other) other.step(new Gradients(new Map([[resumed, new Tensor(gradient)]])));
            });
            expect([...resumed.value.data]).to.deep.equal([...leaf.value.data]);
            expect(other.steps).to.equal(one.steps);
          },
        ),
      );
    });

    it(`${name} reaches the bottom of a bowl`, () => {
      // The sum of squares of Adagrad only grows, so that its rate falls by itself.
      const high = name.startsWith('Adagrad') ? 2 : 0.2;
      const optimizer = make({ learningRate: (step) => high / (1 + step / 20), weightDecay: 0 });
      const leaf = parameter(1, -2, 0.5);
      for (let i = 0; i < 200; i++) {
        optimizer.step(
          valueAndGrad(() => sum(mul(mul(leaf, leaf), tensor(Float64Array.of(1, 2, 0.5))))).gradients,
        );
      }
      for (const w of leaf.value.data) expect(Math.abs(w)).to.be.below(0.1);
    });

    it(`${name} leaves a frozen parameter and a plain tensor alone`, () => {
      const optimizer = make({ learningRate: 1 });
      const [frozen, free] = [parameter(1), parameter(1)];
      frozen.trainable = false;
      const plain = tensor(Float64Array.of(1));
      const one = new Tensor(full([1], 1, 'float64'));
      optimizer.step(new Gradients(new Map([frozen, free, plain].map((leaf) => [leaf, one]))));
      expect([frozen.item(), plain.item()]).to.deep.equal([1, 1]);
      expect(free.item()).not.to.equal(1);
    });

    it(`${name} decays weights without a gradient too`, () => {
      const leaf = parameter(2);
      const optimizer = make({ learningRate: 0.1, weightDecay: 0.5 });
      optimizer.step(gradientsOf([[leaf, [0]]]));
      expect(leaf.item()).to.be.below(2);
      // Keras, and AdamW, take exactly rate · decay off; PyTorch's others go through the gradient, and LAMB's ratio
      // makes of any decay a share of the weight.
      if (name === 'LAMB') expect(leaf.item()).to.be.closeTo(2 * (1 - 0.1), 1e-15);
      else if (!name.includes('pytorch') || name.startsWith('AdamW') || name === 'SGD (pytorch)') {
        expect(leaf.item()).to.be.closeTo(2 * (1 - 0.1 * 0.5), 1e-15);
      }
    });
  }

  it('differ between the conventions in where ε stands', () => {
    const moved = (make: (convention: 'keras' | 'pytorch') => Optimizer<never>) =>
      (['keras', 'pytorch'] as const).map((convention) => {
        const leaf = parameter(0);
        make(convention).step(gradientsOf([[leaf, [2]]]));
        return leaf.item();
      });
    const [keras, pytorch] = moved(
      (convention) => new Adam({ convention, epsilon: 1, learningRate: 1 }) as never,
    );
    const correction = Math.sqrt(0.001);
    expect(keras).to.be.closeTo((-2 * correction) / (2 * correction + 1), 1e-15);
    expect(pytorch).to.be.closeTo(-2 / 3, 1e-15);
    const [inside, outside] = moved(
      (convention) => new RMSprop({ convention, epsilon: 1, rho: 0.75, learningRate: 1 }) as never,
    );
    expect(inside).to.be.closeTo(-2 / Math.sqrt(1 + 1), 1e-15);
    expect(outside).to.be.closeTo(-2 / (1 + 1), 1e-15);
  });

  it('have the defaults of their conventions', () => {
    expect(new Adam().options.epsilon).to.equal(1e-7);
    expect(new Adam({ convention: 'pytorch' }).options.epsilon).to.equal(1e-8);
    expect([
      new AdamW().options.weightDecay,
      new AdamW({ convention: 'pytorch' }).options.weightDecay,
    ]).to.deep.equal([0.004, 0.01]);
    expect([new RMSprop().rate, new RMSprop({ convention: 'pytorch' }).rate]).to.deep.equal([1e-3, 1e-2]);
    expect([new RMSprop().options.rho, new RMSprop({ convention: 'pytorch' }).options.rho]).to.deep.equal([
      0.9, 0.99,
    ]);
  });

  it('correct the bias of a parameter by its own steps', () => {
    const [early, late] = [parameter(0), parameter(0)];
    const optimizer = new Adam({ learningRate: 1 });
    for (let i = 0; i < 9; i++) optimizer.step(gradientsOf([[early, [1]]]));
    optimizer.step(gradientsOf([[late, [1]]]));
    expect(late.item()).to.be.closeTo(-1, 1e-5);
    expect(optimizer.steps).to.equal(10);
  });

  it('follow a schedule, which starts at 0', () => {
    const seen: number[] = [];
    const leaf = parameter(0);
    const optimizer = new SGD({ learningRate: (step) => (seen.push(step), 10 ** -step) });
    for (let i = 0; i < 3; i++) optimizer.step(gradientsOf([[leaf, [1]]]));
    expect(seen).to.deep.equal([0, 1, 2]);
    expect(leaf.item()).to.be.closeTo(-1.11, 1e-15);
    optimizer.learningRate = 0.5;
    expect(optimizer.rate).to.equal(0.5);
    expect(() => (optimizer.learningRate = -1)).to.throw('SGD.learningRate: expected a finite number from 0');
    expect(optimizer.rate).to.equal(0.5);
  });

  it('apply the constraint after the step, and only to what it moved', () => {
    const clip = (limit: number) => ({
      constraint: (w: Tensor['value']) =>
        fromSource(
          [...flat(w)].map((x) => Math.min(x, limit)),
          { dtype: w.dtype },
        ),
    });
    const moved = new Parameter(fromSource([1, 5]), clip(2));
    const still = new Parameter(fromSource([5]), clip(2));
    new SGD({ learningRate: 1 }).step(new Gradients(new Map([[moved, tensor([-3, 1])]])));
    expect(moved.toArray()).to.deep.equal([2, 2]);
    expect(still.toArray()).to.deep.equal([5]);
  });

  it('change nothing when one step fails', () => {
    const good = new Parameter(fromSource([1]));
    const bad = new Parameter(fromSource([1]), { constraint: () => fromSource([1, 2]) });
    const optimizer = new SGD({ learningRate: 1, momentum: 0.5 });
    const one = tensor([1]);
    expect(() => optimizer.step(new Gradients(new Map([good, bad].map((leaf) => [leaf, one]))))).to.throw(
      NormtapeError,
      'SGD.step: constraint: expected the shape and dtype of the parameter, [1] of float32, received "[2] of float32".',
    );
    expect([good.item(), bad.item(), optimizer.steps]).to.deep.equal([1, 1, 0]);
    expect(Object.keys(optimizer.stateDict([good, bad]))).to.deep.equal(['steps']);
    const wide = new Gradients(new Map([[good, tensor([1, 2])]]));
    expect(() => optimizer.step(wide)).to.throw('SGD.step: gradient: expected the shape');
    const diverged = new SGD({ learningRate: () => NaN });
    expect(() => diverged.step(new Gradients(new Map([[good, one]])))).to.throw(
      'SGD.learningRate: expected a finite number from 0, received NaN.',
    );
    expect(good.item()).to.equal(1);
  });

  it('refuse wrong settings', () => {
    expect(() => new SGD({ learningRate: -1 })).to.throw(
      NormtapeError,
      'SGD.learningRate: expected a finite number from 0, received -1.',
    );
    expect(() => new Adam({ beta1: 1 })).to.throw(
      'Adam.beta1: expected a finite number from 0 and below 1, received 1.',
    );
    expect(() => new AdamW({ learnigRate: 1 } as never)).to.throw('Did you mean learningRate?');
    expect(() => new RMSprop({ convention: 'torch' as 'keras' })).to.throw(
      'one of keras, pytorch, received "torch".',
    );
    expect(() => new Lion({ convention: 'pytorch' } as never)).to.throw('Lion: expected one of the options');
    expect(() => new Muon(0.1 as never)).to.throw('Muon: expected a plain object of options, received 0.1.');
    expect(() => new SGD(0.1 as never)).to.throw('SGD: expected a plain object of options, received 0.1.');
    const result = valueAndGrad(() => mul(parameter(1), 2));
    expect(() => new SGD().step(result as never)).to.throw('SGD.step: expected gradients');
  });
});

describe('the state of an optimizer', () => {
  const x = randomNormal([6, 4], { seed: 3 });
  const labels = [0, 1, 2, 0, 1, 2];
  const trained = () => {
    const model = new Dense(3, { seed: 1 });
    const optimizer = new Adam();
    const step = () =>
      optimizer.step(valueAndGrad(() => crossEntropy(model.forward(x), labels), model).gradients);
    step();
    return { model, optimizer, step };
  };

  it('goes by the names of a module', () => {
    const { model, optimizer } = trained();
    const state = optimizer.stateDict(model);
    expect(Object.keys(state)).to.deep.equal([
      'steps',
      'kernel.steps',
      'kernel.mean',
      'kernel.square',
      'bias.steps',
      'bias.mean',
      'bias.square',
    ]);
    expect(toNested(state['steps']!)).to.equal(1);
    state['bias.mean']!.data.fill(7);
    expect([...optimizer.stateDict(model)['bias.mean']!.data]).not.to.include(7);
  });

  it('lets a model go on as if it had not stopped', () => {
    const [first, second] = [trained(), trained()];
    first.step();
    second.model.loadStateDict(first.model.stateDict());
    second.optimizer.loadStateDict(first.optimizer.stateDict(first.model), second.model);
    first.step();
    second.step();
    expect(second.model.kernel!.toArray()).to.deep.equal(first.model.kernel!.toArray());
  });

  it('forgets what was remembered of parameters without a state', () => {
    const { model, optimizer } = trained();
    optimizer.loadStateDict({ steps: 5 }, model);
    expect(optimizer.steps).to.equal(5);
    expect(Object.keys(optimizer.stateDict(model))).to.deep.equal(['steps']);
  });

  it('is taken over as a whole or not at all', () => {
    const { model, optimizer } = trained();
    const state = optimizer.stateDict(model);
    const { 'kernel.mean': mean, ...without } = state;
    const loading = (given: object) => () => optimizer.loadStateDict(given as typeof state, model);
    expect(loading(without)).to.throw(
      NormtapeError,
      'Adam.loadStateDict: expected a value for kernel.mean, received',
    );
    expect(loading({ ...state, 'kernel.men': mean })).to.throw('Did you mean kernel.mean?');
    expect(loading({ ...state, steps: 9, 'bias.square': [1] })).to.throw(
      'Adam.loadStateDict: bias.square: expected the shape [3], received [1].',
    );
    expect(loading({ ...state, 'bias.steps': 0.5 })).to.throw(
      'Adam.loadStateDict: bias.steps: expected a whole number from 0, received 0.5.',
    );
    expect(loading({ ...state, steps: -1 })).to.throw('steps: expected a whole number from 0, received -1.');
    expect(loading([])).to.throw('Adam.loadStateDict: expected a plain object');
    expect(optimizer.stateDict(model)).to.deep.equal(state);
  });
});
