import { expect } from 'chai';
import { digits, pick } from '../../src/data/index.js';
import {
  Adam,
  type ShapePreservingType,
  crossEntropy,
  norms,
  randomNormal,
  shapePreservingTypes,
  valueAndGrad,
} from '../../src/index.js';
import { ConfigurableModel } from '../../src/models/configurable-model.js';
import { normDenseBlock } from '../../src/models/norm-dense-block.js';
import { threeIfNeeded } from '../support/fitting.js';

const x = randomNormal([6, 5], { seed: 1 });
const small = { classes: 3, hidden: [4, 2], seed: 7 };

/** A model whose weights are there. */
function built(options: ConstructorParameters<typeof ConfigurableModel>[0]): ConfigurableModel {
  const model = new ConfigurableModel(options);
  model.forward(x);
  return model;
}

describe('a configurable model', () => {
  it('has two hidden layers of 512 and 256, normalized by layer_norm, unless told otherwise', () => {
    const model = built({ classes: 10, seed: 1 });
    const shapes = Object.entries(model.stateDict()).map(([name, { shape }]) => [name, ...shape]);
    expect(shapes).to.deep.equal([
      ['hidden.0.dense.kernel', 5, 512],
      ['hidden.0.dense.bias', 512],
      ['hidden.0.norm.gamma', 512],
      ['hidden.0.norm.beta', 512],
      ['hidden.1.dense.kernel', 512, 256],
      ['hidden.1.dense.bias', 256],
      ['hidden.1.norm.gamma', 256],
      ['hidden.1.norm.beta', 256],
      ['output.kernel', 256, 10],
      ['output.bias', 10],
    ]);
  });

  const ofRows = shapePreservingTypes.filter((type) => threeIfNeeded(norms[type], [6, 5]).length === 2);
  for (const normalization of [...ofRows, 'none'] as const) {
    it(`takes ${normalization} by its name, by a configuration, and by one in snake_case`, () => {
      const models = [normalization, { type: normalization, name: 'own' }].map((stated) =>
        built({ ...small, normalization: stated as ShapePreservingType }),
      ) as [ConfigurableModel, ConfigurableModel];
      const [logits, same] = models.map((model) => model.eval().forward(x));
      expect(logits!.shape).to.deep.equal([6, 3]);
      expect(logits!.toArray()).to.deep.equal(same!.toArray());
      expect(models[0].hidden.map(({ norm }) => norm?.type ?? 'none')).to.deep.equal([
        normalization,
        normalization,
      ]);
      expect(models[1].hidden[0]!.norm?.name ?? 'own').to.equal('own');
    });
  }

  it('passes its configuration to each norm, in either spelling', () => {
    for (const normalization of [
      { type: 'rms_norm', use_scale: false, epsilon: 0.5 },
      { type: 'rms_norm', useScale: false, eps: 0.5 },
    ] as const) {
      const { hidden } = built({ ...small, normalization });
      for (const { norm } of hidden) {
        expect(norm!.options).to.include({ useScale: false, epsilon: 0.5 });
        expect(norm!.parameters()).to.deep.equal([]);
      }
    }
  });

  it('accepts an epsilon for dynamic_tanh, which has none, so that one call works for every type', () => {
    expect(() => built({ ...small, normalization: { type: 'dynamic_tanh', epsilon: 1e-5 } })).not.to.throw();
  });

  it('starts every normalization from the same dense weights, and another seed from different ones', () => {
    const kernel = (normalization: ShapePreservingType | 'none', seed: number) =>
      built({ ...small, normalization, dropout: 0.5, seed }).stateDict()['hidden.1.dense.kernel']!.data;
    expect(kernel('none', 1)).to.deep.equal(kernel('rms_norm', 1));
    expect(kernel('none', 1)).not.to.deep.equal(kernel('none', 2));
    const { hidden } = built(small);
    expect(hidden[0]!.seed).not.to.equal(hidden[1]!.seed);
  });

  it('returns the output of each layer, the logits last', () => {
    const model = built(small);
    const layers = model.layers(x);
    expect(layers.map(({ shape }) => shape)).to.deep.equal([
      [6, 4],
      [6, 2],
      [6, 3],
    ]);
    expect(layers[2]!.toArray()).to.deep.equal(model.forward(x).toArray());
    // relu comes after the norm: nothing is negative, and something is 0.
    expect(Math.min(...layers[0]!.value.data)).to.equal(0);
  });

  it('is linear without hidden layers', () => {
    expect(Object.keys(built({ classes: 3, hidden: [] }).stateDict())).to.deep.equal([
      'output.kernel',
      'output.bias',
    ]);
  });

  it('learns the digits', () => {
    const { features, labels } = pick(
      digits(),
      Array.from({ length: 200 }, (_, i) => i),
    );
    const model = new ConfigurableModel({ classes: 10, hidden: [32], normalization: 'rms_norm', seed: 3 });
    const adam = new Adam({ learningRate: 0.02 });
    const losses = Array.from({ length: 30 }, () => {
      const { value, gradients } = valueAndGrad(
        () => crossEntropy(model.forward(features), [...labels]),
        model,
      );
      adam.step(gradients);
      return value.item();
    });
    expect(losses[0]).to.be.above(1.5);
    expect(losses.at(-1)).to.be.below(0.2);
  });

  it('rejects invalid options and inputs', () => {
    const make = (options: object) => () => new ConfigurableModel({ classes: 3, ...options });
    expect(make({ classes: undefined })).to.throw(
      'ConfigurableModel.classes: expected a whole number from 1, received null.',
    );
    expect(make({ hidden: [4, 0.5] })).to.throw(
      'ConfigurableModel.hidden: expected a list of whole numbers from 1, received [4,0.5].',
    );
    expect(make({ normalization: 'rmsnorm' })).to.throw('received "rmsnorm". Did you mean rms_norm?');
    expect(make({ normalization: 'decoupled_max_logit' })).to.throw('received "decoupled_max_logit"');
    expect(make({ normalization: { type: 'rms_norm', use_scal: true } })).to.throw(
      'ConfigurableModel.normalization: expected one of the options name, axis, epsilon, epsilonPlacement, useScale',
    );
    expect(make({ normalization: { type: 'rms_norm', epsilon: -1 } })).to.throw(
      'ConfigurableModel.normalization.epsilon: expected a finite number above 0, received -1.',
    );
    expect(make({ activation: 'rellu' })).to.throw('Did you mean relu?');
    expect(make({ dropout: 1 })).to.throw(
      'ConfigurableModel.dropout: expected a finite number from 0 and below 1, received 1.',
    );
    expect(make({ norm: 'rms_norm' })).to.throw(
      'ConfigurableModel: expected one of the options classes, hidden',
    );
  });
});

describe('a normalized dense block', () => {
  it('is a module: dense, norm, activation, dropout', () => {
    const block = normDenseBlock({
      units: 4,
      normalization: 'rms_norm',
      activation: 'tanh',
      dropout: 0.5,
      seed: 1,
    });
    block.forward(x);
    expect([...block.namedParameters().keys()]).to.deep.equal(['dense.kernel', 'dense.bias', 'norm.scale']);
    const zeros = (y: { readonly value: { readonly data: ArrayLike<number> } }) =>
      Array.from(y.value.data).filter((value) => value === 0).length;
    expect(zeros(block.forward(x))).to.be.above(0);
    expect(zeros(block.eval().forward(x))).to.equal(0);
  });

  it('computes activation(norm(dense))', () => {
    const block = normDenseBlock({ units: 4, normalization: 'rms_norm', activation: 'tanh', seed: 1 });
    const dense = block.dense.forward(x);
    const expected = block.norm!.forward(dense).toArray() as number[][];
    const received = block.forward(x).toArray() as number[][];
    received.forEach((row, i) =>
      row.forEach((value, j) => expect(value).to.be.closeTo(Math.tanh(expected[i]![j]!), 1e-6)),
    );
  });

  it('passes options of the dense layer on', () => {
    const block = normDenseBlock({
      units: 2,
      normalization: 'none',
      useBias: false,
      kernelInitializer: 'ones',
    });
    expect(block.norm).to.equal(undefined);
    block.forward(x);
    expect(block.stateDict()['dense.kernel']!.data).to.deep.equal(new Float32Array(10).fill(1));
    expect(block.dense.bias).to.equal(undefined);
  });

  it('requires its size', () => {
    expect(() => normDenseBlock({} as { units: number })).to.throw(
      'normDenseBlock.units: expected a whole number from 1, received null.',
    );
  });
});
