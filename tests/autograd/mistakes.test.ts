import { expect } from 'chai';
import { inspect } from 'node:util';
import * as normtape from '../../src/index.js';
import {
  Adam,
  AdamW,
  Dense,
  Embedding,
  GRU,
  LSTM,
  LanguageModel,
  Module,
  SGD,
  Sequential,
  TransformerBlock,
  add,
  binaryCrossEntropyWithLogits,
  checkpoint,
  cosineSchedule,
  createNormalizationLayer,
  crossEntropy,
  detectAnomaly,
  meanSquaredError,
  mul,
  noGrad,
  randomNormal,
  scope,
  sum,
  tensor,
  topK,
  valueAndGrad,
} from '../../src/index.js';
import { GRADIENTS, type Lessons, MODULE, OPTIMIZER, TENSOR } from '../../src/autograd/lessons.js';
import { earlyStopping, evaluating, fit } from '../../src/train/index.js';
import { failure } from '../support/failure.js';

const untyped = (
  f: (any: Record<string, (...given: unknown[]) => unknown>) => unknown,
  value: object,
): string => failure(() => f(value as never));

describe('what one writes by habit from another library', () => {
  const x = tensor([[1, 2]]);
  const model = new Sequential([new Dense(2, { seed: 1 })]);
  const { gradients } = valueAndGrad(() => sum(model.forward(x)));

  const taught: readonly (readonly [string, object, Lessons])[] = [
    ['Tensor', x, TENSOR],
    ['Tensor', model.parameters()[0]!, TENSOR],
    ['Gradients', gradients, GRADIENTS],
    ['Module', model, MODULE],
    ['Optimizer', new Adam(), OPTIMIZER],
  ];

  for (const [where, value, lessons] of taught) {
    it(`is an error that says what to write: a ${value.constructor.name}`, () => {
      for (const [name, hint] of Object.entries(lessons)) {
        const expected = `${where}: expected one of its methods, received "${name}()". ${hint}`;
        expect(untyped((any) => any[name]!(), value)).to.equal(expected);
      }
    });
  }

  it('names ops that there are', () => {
    const named = Object.values(TENSOR).flatMap(
      (hint) => /^Ops are functions: (\w+)\(/.exec(hint)?.[1] ?? [],
    );
    expect(named).to.have.length.above(30);
    for (const name of named) expect(normtape, name).to.have.property(name);
  });

  it('changes nothing that looks at the objects, and nothing of subclasses', async () => {
    for (const [, value] of taught) {
      expect(Object.keys(value)).to.not.include.members(['add', 'backward']);
      for (const key in value) expect(['add', 'backward', 'zero_grad']).to.not.include(key);
      expect(inspect(value, { showHidden: true })).to.be.a('string');
      expect(await Promise.resolve(value)).to.equal(value);
      expect(Reflect.get(value, 'then')).to.equal(undefined);
    }
    class Own extends Module {
      override forward(input: normtape.Tensor): normtape.Tensor {
        return input;
      }
      predict(): string {
        return 'own';
      }
    }
    expect(new Own().predict()).to.equal('own');
    const given = Object.assign(new Own(), { fit: () => 'assigned' });
    expect(given.fit()).to.equal('assigned');
  });

  it('operators on tensors say which op to use', () => {
    for (const use of [
      () => (x as unknown as number) + 1,
      () => -(x as unknown as number),
      () => (x as unknown as number) < 1,
      () => Math.max(x as unknown as number),
    ])
      expect(failure(use)).to.match(
        /^Tensor: expected an op, such as add\(x, y\), received "a JavaScript operator/,
      );
    expect(failure(() => (x.item as unknown as number) + 1)).to.equal(
      'item: expected a call, item(), received "the method itself".',
    );
  });

  it('options under the names that others have for them', () => {
    const cases: readonly (readonly [string, () => unknown])[] = [
      ['learningRate', () => new Adam({ lr: 0.1 } as never)],
      ['learningRate', () => new SGD({ lr: 0.1 } as never)],
      ['beta1 and beta2', () => new Adam({ betas: [0.9, 0.99] } as never)],
      ['weightDecay', () => new AdamW({ wd: 0.1 } as never)],
      ['epsilon', () => new Adam({ eps: 0.1 } as never)],
      ['momentum', () => new SGD({ mu: 0.1 } as never)],
      ['axis', () => createNormalizationLayer('layer_norm', { normalized_shape: [3] } as never)],
      ['axis', () => createNormalizationLayer('rms_norm', { dim: -1 } as never)],
      [
        'center and scale',
        () => createNormalizationLayer('layer_norm', { elementwise_affine: true } as never),
      ],
      ['useScale', () => createNormalizationLayer('rms_norm', { elementwise_affine: true } as never)],
      ['heads', () => new TransformerBlock({ num_heads: 2 } as never)],
      ['hiddenSize', () => new TransformerBlock({ d_model: 2 } as never)],
      ['vocabularySize', () => new LanguageModel({ vocab_size: 2 } as never)],
      ['contextLength', () => new LanguageModel({ block_size: 2 } as never)],
      ['useBias', () => new Dense(2, { bias: false } as never)],
      ['kernelInitializer', () => new Dense(2, { init: 'ones' } as never)],
      ['seed', () => new Dense(2, { random_state: 1 } as never)],
      ['labelSmoothing', () => crossEntropy(x, [0], { smoothing: 0.1 } as never)],
      ['classWeights', () => crossEntropy(x, [0], { weight: [1] } as never)],
      ['sampleWeight', () => meanSquaredError(x, [0], { weight: [1] } as never)],
      ['positiveWeight', () => binaryCrossEntropyWithLogits(x, [0], { pos_weight: 1 } as never)],
      ['standardDeviation', () => randomNormal([1], { seed: 1, std: 2 } as never)],
      ['warmupSteps', () => cosineSchedule(0.1, 10, { num_warmup_steps: 1 } as never)],
      ['epochs', () => fit(model, {} as never, { max_epochs: 1 } as never)],
      ['batchSize', () => fit(model, {} as never, { bs: 1 } as never)],
      ['validation', () => fit(model, {} as never, { validation_data: 1 } as never)],
      ['loss', () => fit(model, {} as never, { criterion: 1 } as never)],
      ['clip', () => fit(model, {} as never, { max_grad_norm: 1 } as never)],
      ['minDelta', () => earlyStopping({ threshold: 1 } as never)],
    ];
    for (const [name, make] of cases)
      expect(failure(make), name).to.match(new RegExp(`Did you mean ${name}\\?$`));
    expect(failure(() => new Embedding(2, 2, { nonsense: 1 } as never))).to.not.include('Did you mean');
  });

  it('options in snake case, and with them among those that there are, also where a layer reads them by itself', () => {
    const target = [[0, 1]];
    expect(binaryCrossEntropyWithLogits(x, target, { positive_weight: 3 } as never).item()).to.equal(
      binaryCrossEntropyWithLogits(x, target, { positiveWeight: 3 }).item(),
    );
    const sequence = tensor([[[1], [2]]]);
    const named = (given: object): number[] => [
      ...new LSTM(2, { seed: 1, ...given }).forward(sequence).value.data,
    ];
    const snake = { recurrent_activation: 'tanh', unit_forget_bias: false };
    expect(named(snake)).to.deep.equal(named({ recurrentActivation: 'tanh', unitForgetBias: false }));
    expect(named(snake)).to.not.deep.equal(named({}));
    expect(failure(() => new GRU(2, { recurrent_activation: 'nonsense' } as never))).to.match(
      /^GRU\.recurrentActivation: expected/,
    );
    expect(failure(() => new LSTM(2, { nonsense: 1 } as never))).to.match(
      /recurrentActivation, unitForgetBias, received "nonsense"/,
    );
  });

  it('a promise, as what an op takes and as what a function returns', async () => {
    const promise = Promise.resolve(x);
    for (const use of [
      () => new Dense(2).forward(promise as never),
      () => add(promise as never, 1),
      () => crossEntropy(promise as never, [0]),
      () => checkpoint((() => promise) as never),
    ])
      expect(failure(use)).to.match(/, received a promise\. Await it first\.$/);
    const dense = new Dense(1);
    for (const [where, use] of Object.entries({
      noGrad: () => noGrad(() => promise),
      evaluating: () => evaluating(dense, () => promise),
      detectAnomaly: () => detectAnomaly(() => promise),
      scope: () => scope(() => promise),
    }))
      expect(failure(use)).to.match(new RegExp(`^${where}: expected a function, received "a promise"\\. `));
    expect(dense.training).to.equal(true);
    await promise;
  });

  it('topK without its k', () => {
    expect(failure(() => topK(x, undefined as never))).to.equal(
      'topK.k: expected a whole number from 0 to 2, received undefined.',
    );
  });

  it('an optimizer of parameters, of a model, or of a bare rate', () => {
    for (const given of [model.parameters(), model, model.namedParameters()])
      expect(failure(() => new AdamW(given as never))).to.equal(
        'AdamW: expected a plain object of options, received "parameters". ' +
          'AdamW is not given parameters: step(gradients) updates the parameters that the gradients belong to.',
      );
    expect(failure(() => new SGD(0.1 as never))).to.match(
      /The learning rate is an option: new SGD\(\{ learningRate: 0\.1 \}\)\.$/,
    );
  });

  it('fit with features and labels alone, with names for functions, and with a class', () => {
    const options = { loss: crossEntropy, optimizer: new SGD() };
    expect(failure(() => fit(model, { features: x, labels: [0] } as never, options as never))).to.match(
      /To be a data set it lacks name, labels in an Int32Array and classes: dataset\(/,
    );
    expect(failure(() => fit(model, undefined as never, options as never))).to.match(
      /^fit: data: expected a data set/,
    );
    const data = { name: 'd', features: x, labels: Int32Array.of(0), classes: ['a', 'b'] };
    expect(failure(() => fit(model, data, { ...options, loss: 'mse' as never }))).to.match(
      /Losses are functions/,
    );
    expect(failure(() => fit(model, data, { ...options, optimizer: Adam as never }))).to.equal(
      'fit.optimizer: expected an optimizer, such as new Adam(), received the class Adam.',
    );
  });

  it('a tensor of a tensor, and layers without their list', () => {
    expect(failure(() => tensor(mul(x, 1) as never))).to.match(
      /^tensor: expected numbers, received \[Tensor \[1, 2\] float32\]\. It is a tensor already/,
    );
    expect(failure(() => new Sequential(new Dense(2) as never))).to.equal(
      'Sequential: expected a list of layers, received [Dense]. As in new Sequential([first, second]).',
    );
  });
});
