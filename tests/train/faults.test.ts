import { expect } from 'chai';
import { flat } from '../../src/array/index.js';
import { Parameter } from '../../src/autograd/parameter.js';
import { tensor } from '../../src/autograd/create.js';
import { noGrad, stopGradient } from '../../src/autograd/recording.js';
import type { Tensor } from '../../src/autograd/tape.js';
import {
  Dense,
  LanguageModel,
  Module,
  NormtapeError,
  SGD,
  checkpoint,
  crossEntropy,
  detectAnomaly,
  div,
  log,
  mean,
  mul,
  relu,
  softmax,
  sqrt,
  sum,
  valueAndGrad,
  where as select,
} from '../../src/index.js';
import {
  type Metrics,
  type TrainingData,
  type TrainingState,
  accuracy,
  auroc,
  checkpoints,
  evaluate,
  findLearningRate,
  fit,
  overall,
} from '../../src/train/index.js';
import { failure } from '../support/failure.js';
import { Classifier, bitsOf, some } from './support.js';

const options = () => ({
  loss: crossEntropy,
  optimizer: new SGD({ learningRate: 0.1 }),
  batchSize: 4,
  seed: 1,
});

interface Fault {
  readonly validation: TrainingData<Tensor, Int32Array>;
  readonly metrics: Metrics<string, Tensor, Int32Array>;
  readonly message: string;
}

describe('errors in the validation data', () => {
  const faulty: Readonly<Record<string, Fault>> = {
    'a label too large': {
      validation: { count: 2, pick: () => ({ features: some(2).features, labels: Int32Array.of(0, 10) }) },
      metrics: {},
      message: 'crossEntropy.labels: expected integers from 0 to 9, received 10.',
    },
    'a measure of two classes where there is one': {
      validation: some(2),
      metrics: { auroc: overall((scores: Tensor) => auroc(flat(scores.value).slice(0, 2), [1, 1])) },
      message: 'auroc: expected both positive and negative samples',
    },
    'features of another width': {
      validation: { count: 1, pick: () => ({ features: tensor([[1, 2]]), labels: Int32Array.of(0) }) },
      metrics: {},
      message: 'Dense',
    },
  };

  for (const [what, { validation, metrics, message }] of Object.entries(faulty)) {
    it(`come out before the first step: ${what}`, () => {
      const model = new Classifier();
      model.forward(some(1).features);
      const before = bitsOf(model);
      let steps = 0;
      const callbacks = [{ name: 'steps', start: () => void steps++, step: () => void steps++ }];
      expect(() => fit(model, some(8), { ...options(), validation, metrics, callbacks })).to.throw(
        NormtapeError,
        message,
      );
      expect(steps).to.equal(0);
      expect(bitsOf(model)).to.deep.equal(before);
    });
  }

  it('do not build an unbuilt model with their shape', () => {
    const model = new Dense(10, { seed: 1 });
    const { validation } = faulty['features of another width']!;
    expect(() => fit(model, some(8), { ...options(), validation })).to.throw('Dense');
    fit(model, some(8), options());
    expect(model.kernel!.shape[0]).to.equal(64);
  });

  it('that occur later reach checkpoints, from which training resumes with the same bits', () => {
    let [calls, isWell] = [0, false];
    // Once before the first step, and then after each epoch: the second fails.
    const metrics = {
      sick: () => {
        calls++;
        if (!isWell && calls === 3) throw new Error('late');
        return 1;
      },
    };
    const states: TrainingState[] = [];
    const run = (model: Classifier, resume?: TrainingState) =>
      fit(model, some(8), {
        ...options(),
        optimizer: new SGD({ learningRate: 0.1 }),
        epochs: 3,
        validation: some(4, 20),
        metrics,
        callbacks: [checkpoints((state) => states.push(state), { everyEpochs: 100 })],
        resume,
      });
    const broken = new Classifier();
    expect(() => run(broken)).to.throw('late');
    expect(states.map(({ place: { epoch, step } }) => [epoch, step])).to.deep.equal([[1, 2]]);
    isWell = true;
    const [resumed, whole] = [new Classifier(), new Classifier()];
    expect(run(resumed, states[0])).to.deep.equal(run(whole));
    expect(bitsOf(resumed)).to.deep.equal(bitsOf(whole));
  });
});

class Plain {
  readonly dense = new Dense(10, { seed: 1 });
}

class Private extends Module {
  readonly #dense = new Dense(10, { seed: 1 });

  override forward(x: Tensor): Tensor {
    return this.#dense.forward(x);
  }
}

class Held extends Module {
  readonly held = new Plain();
  readonly head = new Dense(10, { seed: 2 });

  constructor(readonly isUsed: boolean) {
    super();
  }

  override forward(x: Tensor): Tensor {
    const h = this.isUsed ? this.held.dense.forward(x) : noGrad(() => this.held.dense.forward(x));
    return this.head.forward(h);
  }
}

class InSet extends Module {
  readonly layers = new Set([new Dense(4, { seed: 1 }), new Dense(10, { seed: 2 })]);

  override forward(x: Tensor): Tensor {
    return [...this.layers].reduce((h, layer) => relu(layer.forward(h)), x);
  }
}

describe('a model with nothing to train', () => {
  it('is refused with an error that says where layers must be', () => {
    const places = 'Layers must be in fields, or in arrays, Maps, Sets and plain objects of these';
    expect(() => fit(new Private(), some(8), options())).to.throw(
      `fit: expected a model that finds every trainable parameter that its forward pass reads, received "2 that it does not find, with the shapes [[64,10],[10]]". ${places}`,
    );
    expect(() => fit(new Held(true), some(8), options())).to.throw('received "2 that it does not find');
    expect(() => fit(new Held(false), some(8), options())).not.to.throw();
    class Still extends Module {
      override forward(x: Tensor): Tensor {
        return x;
      }
    }
    const narrow = { count: 2, pick: () => ({ features: tensor([[1, 2]]), labels: Int32Array.of(0) }) };
    expect(() => fit(new Still(), narrow, options())).to.throw(
      `fit: expected a model with trainable parameters, received "0 parameters". ${places}`,
    );
    expect(() => findLearningRate(new Private(), some(8), options())).to.throw('that it does not find');
  });

  it('is refused if it is frozen, and unchanged', () => {
    const model = new Classifier().freeze();
    const { generators } = bitsOf(model);
    expect(() => fit(model, some(8), options())).to.throw(
      'fit: expected a model with trainable parameters, received "6 parameters, all frozen". unfreeze()',
    );
    expect(bitsOf(model).generators).to.deep.equal(generators);
  });

  it('finds layers in a Set, in their order', () => {
    const model = new InSet();
    fit(model, some(8), options());
    expect([...model.namedParameters().keys()]).to.deep.equal([
      'layers.0.kernel',
      'layers.0.bias',
      'layers.1.kernel',
      'layers.1.bias',
    ]);
  });
});

describe('a fit that would train nothing, or the wrong thing', () => {
  const data = {
    count: 2,
    pick: (rows: Int32Array) => ({ features: tensor(Array.from(rows, () => [1, 2])), labels: [...rows] }),
  };
  const tried = (given: object, model: unknown = new Dense(2, { seed: 1 })): string =>
    failure(() => fit(model as Dense, data, { ...options(), ...given } as never));

  it('rejects a loss that depends on no parameter, and keeps the weights', () => {
    const model = new Dense(2, { seed: 1 });
    model.build([1, 2]);
    const before = bitsOf(model);
    const cut: readonly ((x: Tensor, y: readonly number[]) => Tensor)[] = [
      () => tensor(1),
      (x, y) => crossEntropy(tensor(x.toArray() as number[][]), y),
      (x, y) => noGrad(() => crossEntropy(x, y)),
      (x, y) => crossEntropy(stopGradient(x), y),
    ];
    for (const loss of cut)
      expect(tried({ loss }, model)).to.match(
        /^fit\.loss: expected a loss that ops computed from the predictions, received "a loss that depends on no parameter/,
      );
    expect(bitsOf(model)).to.deep.equal(before);
    const through = (x: Tensor, y: readonly number[]) =>
      mul(
        checkpoint(() => crossEntropy(x, y)),
        2,
      );
    expect(fit(model, data, { ...options(), loss: through }).epochs).to.have.length(1);
  });

  it('refuses a loss that is no tensor of size 1', () => {
    expect(tried({ loss: (x: Tensor, y: number[]) => crossEntropy(x, y).item() })).to.match(
      /^loss: expected a tensor of size 1, received [\d.]+\. Return the tensor itself, without item\(\)/,
    );
    expect(tried({ loss: (x: Tensor, y: number[]) => crossEntropy(x, y, { reduction: 'none' }) })).to.match(
      /^loss: expected a tensor of size 1, received \[2\]\. Take the mean/,
    );
    expect(tried({ loss: async (x: Tensor, y: number[]) => Promise.resolve(crossEntropy(x, y)) })).to.match(
      /received a promise\. Await it first\.$/,
    );
  });

  it('refuses a model that is no module', () => {
    for (const model of [(x: Tensor) => x, { forward: (x: Tensor) => x }]) {
      expect(tried({}, model)).to.match(/^fit: model: expected a module, received .*A model extends Module/);
      expect(
        failure(() => evaluate(model as never, data as never, { loss: crossEntropy } as never)),
      ).to.match(/^evaluate: model: expected a module/);
      expect(failure(() => findLearningRate(model as never, data as never, options() as never))).to.match(
        /^findLearningRate: model: expected a module/,
      );
    }
  });

  it('rejects callbacks that would never be called, and a learning rate', () => {
    for (const callbacks of [[() => undefined], checkpoints(() => undefined), [{ epoch: () => undefined }]])
      expect(tried({ callbacks })).to.match(/^fit\.callbacks: expected a list of callbacks, such as \{ name/);
    for (const name of ['lr', 'learningRate', 'learning_rate'])
      expect(tried({ [name]: 0.1 })).to.equal(
        `fit: expected options without a learning rate, received "${name}". The optimizer has the learning rate, as in new Adam({ learningRate: 0.001 }).`,
      );
  });
});

describe('an infinity', () => {
  const x = tensor([
    [1, 2, 3],
    [4, 5, 6],
  ]);
  const mask = tensor([
    [1, 0, 1],
    [1, 1, 0],
  ]);

  it('in a mask is not blamed', () => {
    const kernel = new Parameter(x);
    const masked = () => mean(softmax(select(mask, kernel, -Infinity)));
    expect(detectAnomaly(() => valueAndGrad(masked).value.item())).to.be.closeTo(1 / 3, 1e-6);
  });

  it('is named if an op turns it into NaN', () => {
    const hidden = tensor([
      [0, 0, 0],
      [1, 1, 1],
    ]);
    expect(() => detectAnomaly(() => softmax(select(hidden, x, -Infinity)))).to.throw(
      'softmax: expected a value without NaN, received "3 of 6 NaN, in row 0 of the shape [2,3]". One input has an infinity that where computed.',
    );
    expect(() => detectAnomaly(() => mul(select(mask, x, -Infinity), 0))).to.throw(
      /^mul: expected a value without NaN/,
    );
    expect(() => detectAnomaly(() => log(div(mul(x, 0), 0)))).to.throw(/^div: expected a finite value/);
  });

  it('is blamed on the op that made it if the loss is infinite', () => {
    const w = new Parameter(tensor([0, 1]));
    const loss = () => mean(mul(log(w), 2));
    expect(() => detectAnomaly(() => valueAndGrad(loss))).to.throw(
      'log: expected a finite value, received "1 of 2 not finite, in row 0 of the shape [2]". Its inputs, of the shape [2], were finite.',
    );
    const root = () => sum(sqrt(w));
    expect(() => detectAnomaly(() => valueAndGrad(root))).to.throw('gradient of input 0 of sqrt');
  });

  it('in a mask does not keep fit from naming the op at fault', () => {
    class Masked extends Module {
      readonly dense = new Dense(10, { seed: 1 });

      override forward(features: Tensor): Tensor {
        const h = this.dense.forward(features);
        const attention = softmax(select(tensor([...Array(9).fill(1), 0]), h, -Infinity));
        return log(mul(attention, -1));
      }
    }
    expect(() => fit(new Masked(), some(4), options())).to.throw(
      /^fit: epoch 1, step 1: log in Masked: expected a finite value/,
    );
  });
});

describe('non-finite numbers', () => {
  class Sick extends Module {
    readonly dense = new Dense(10, { seed: 1 });

    override forward(features: Tensor): Tensor {
      return mul(this.dense.forward(features), NaN);
    }
  }

  it('leave findLearningRate no rate to suggest', () => {
    const optimizer = new SGD({ learningRate: 0.25 });
    const model = new Sick();
    expect(() => findLearningRate(model, some(8), { loss: crossEntropy, optimizer })).to.throw(
      NormtapeError,
      'findLearningRate: expected a finite loss at the first step, received "fit: epoch 1, step 1: mul',
    );
    expect([optimizer.learningRate, optimizer.steps]).to.deep.equal([0.25, 0]);
  });

  it('are not read from text', () => {
    const model = new LanguageModel({
      vocabularySize: 5,
      hiddenSize: 8,
      heads: 2,
      layers: 1,
      contextLength: 8,
      seed: 1,
    });
    model.eval();
    model.forward([[1, 2]]);
    const [weight] = model.parameters();
    weight!.value = tensor(new Float32Array(weight!.size).fill(NaN), { shape: weight!.shape }).value;
    for (const temperature of [0, 1]) {
      expect(() => model.generate([1, 2], { length: 3, temperature, seed: 1 } as never)).to.throw(
        NormtapeError,
        'generate: expected logits to choose from, received "5 of 5 that are NaN"',
      );
    }
  });

  it('are reported by evaluate as they are', () => {
    const { loss, metrics } = evaluate(new Sick(), some(8), { loss: crossEntropy, metrics: { accuracy } });
    expect([loss, metrics.accuracy]).to.deep.equal([NaN, 0]);
  });

  it('are named before clipping could hide them', () => {
    const run = (divergence: 'throw' | 'stop') =>
      fit(new Sick(), some(8), { ...options(), clip: 1, divergence });
    expect(() => run('throw')).to.throw('fit: epoch 1, step 1: mul in Sick');
    expect(run('stop').stopped).to.include('mul in Sick');
  });
});
