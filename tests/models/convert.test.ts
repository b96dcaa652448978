import { expect } from 'chai';
import { Random, distance, draw } from '../../src/array/index.js';
import type { NormalizationLayer } from '../../src/norms/layer.js';
import {
  Dense,
  Module,
  Sequential,
  type Tensor,
  TransformerBlock,
  convertNormalization,
  createNormalizationLayer,
  normalization,
  norms,
  relu,
  tensor,
} from '../../src/index.js';

const random = new Random(3);
const x = tensor(draw([4, 6], () => random.normal(), 'float64'));

const chain = (...layers: ConstructorParameters<typeof Sequential>[0]) => new Sequential(layers);

/** A model with one norm, whose weights were drawn. */
function withNorm(type: 'layer_norm' | 'rms_norm' | 'batch_norm' | 'zero_centered_rms_norm', options = {}) {
  const model = chain(new Dense(5, { seed: 1 }), createNormalizationLayer(type, options), relu);
  model.forward(x);
  for (const parameter of model.parameters())
    parameter.value = draw(parameter.shape, () => random.normal(), 'float64');
  for (const statistic of model.statistics().values())
    statistic.value = draw(statistic.shape, () => 1 + random.uniform(), 'float64');
  return model;
}

describe('converting norms', () => {
  it('carries gain, shift and options over, and keeps a function that both compute', () => {
    const model = withNorm('layer_norm', { epsilon: 0.01, axis: [-1], center: false, name: 'middle' });
    const before = model.forward(x).value;
    expect(convertNormalization(model, 'layer_norm', 'zero_centered_rms_norm')).to.deep.equal([
      {
        name: 'layers.1',
        carried: ['gamma → scale'],
        lost: [
          'center',
          'scale',
          'gammaInitializer',
          'betaInitializer',
          'gammaRegularizer',
          'betaRegularizer',
          'gammaConstraint',
          'betaConstraint',
        ],
        started: [],
      },
    ]);
    const [, layer] = model.layers;
    expect(layer).to.deep.include({ name: 'middle', type: 'zero_centered_rms_norm' });
    expect((layer as NormalizationLayer).options).to.deep.include({ epsilon: 0.01, axis: [-1] });
    expect(distance(model.forward(x).value, before)).to.equal(0);
  });

  it('says which weights were lost and which start anew', () => {
    const model = withNorm('batch_norm');
    const [report] = convertNormalization(model, 'batch_norm', 'layer_norm');
    expect(report!.carried).to.deep.equal(['gamma → gamma', 'beta → beta']);
    expect(report!.lost).to.include.members(['moving_mean', 'moving_variance', 'momentum']);
    const back = convertNormalization(model, 'layer_norm', 'batch_norm', { momentum: 0.5 });
    expect(back[0]!.started).to.deep.equal(['moving_mean', 'moving_variance']);
  });

  it('goes back and forth between types without losing a bit of the gain', () => {
    const model = withNorm('rms_norm');
    const before = model.stateDict();
    convertNormalization(model, 'rms_norm', 'zero_centered_rms_norm');
    convertNormalization(model, 'zero_centered_rms_norm', 'layer_norm', { center: false });
    convertNormalization(model, 'layer_norm', 'rms_norm');
    expect(model.stateDict()).to.deep.equal(before);
  });

  it('takes the gain and shift of layer_norm over into dynamic_tanh, whose slope starts anew', () => {
    const model = withNorm('layer_norm');
    const [report] = convertNormalization(model, 'layer_norm', 'dynamic_tanh', { alphaInitValue: 0.7 });
    expect(report!.carried).to.deep.equal(['gamma → weight', 'beta → bias']);
    expect(report!.started).to.deep.equal(['alpha']);
    expect(model.stateDict()['layers.1.alpha']!.data[0]).to.equal(0.7);
  });

  it('moves a gain by the offset that a norm adds to it', () => {
    const model = withNorm('rms_norm');
    const before = model.forward(x).value;
    const gain = model.stateDict()['layers.1.scale']!;
    convertNormalization(model, 'rms_norm', 'rms_norm', { offset: 1 });
    expect(distance(model.forward(x).value, before)).to.be.at.most(1e-14);
    expect(model.stateDict()['layers.1.scale']!.data[0]).to.be.closeTo(Number(gain.data[0]) - 1, 1e-15);
    convertNormalization(model, 'rms_norm', 'layer_norm');
    expect(model.stateDict()['layers.1.gamma']!.data[0]).to.be.closeTo(Number(gain.data[0]), 1e-15);
  });

  it('keeps the mode, and whether a norm is frozen', () => {
    const model = withNorm('layer_norm').eval();
    (model.layers[1] as Module).freeze();
    convertNormalization(model, 'layer_norm', 'rms_norm');
    const norm = model.layers[1] as Module;
    expect(norm).to.include({ training: false, trainable: false });
    expect(norm.parameters().map(({ trainable }) => trainable)).to.deep.equal([false]);
  });

  it('finds norms in lists, Maps, Sets and plain objects, and converts one that is shared once', () => {
    const norm = createNormalizationLayer('rms_norm');
    class Own extends Module {
      readonly list = [norm];
      readonly map = new Map([['a', norm]]);
      readonly set = new Set([createNormalizationLayer('rms_norm'), createNormalizationLayer('layer_norm')]);
      readonly inside = { deep: { norm } };
      override forward(input: Tensor): Tensor {
        return this.list[0]!.forward(input);
      }
    }
    const model = new Own();
    expect(convertNormalization(model, 'rms_norm', 'layer_norm').map(({ name }) => name)).to.deep.equal([
      'list.0',
      'map.a',
      'set.0',
      'inside.deep.norm',
    ]);
    expect(model.list[0]!.type).to.equal('layer_norm');
    expect(model.map.get('a')).to.equal(model.list[0]);
    expect(model.inside.deep.norm).to.equal(model.list[0]);
    expect([...model.set].map(({ type }) => type)).to.deep.equal(['layer_norm', 'layer_norm']);
  });

  it('converts the norms of a transformer, and definitions of one’s own', () => {
    const block = new TransformerBlock({ hiddenSize: 6, heads: 2, seed: 1 });
    const tokens = tensor(draw([2, 3, 6], () => random.normal(), 'float64'));
    block.forward(tokens);
    const own = { ...norms.rms_norm, type: 'my_norm' };
    const reports = convertNormalization(block, 'layer_norm', own, { epsilon: 0.1 });
    expect(reports.map(({ name }) => name)).to.deep.equal(['attention_norm', 'mlp_norm']);
    expect(block.forward(tokens).shape).to.deep.equal([2, 3, 6]);
    expect(convertNormalization(block, own, 'layer_norm')).to.have.lengthOf(2);
  });

  it('converts norms that are not built, which have no weights to carry', () => {
    const model = chain(createNormalizationLayer('layer_norm', { epsilon: 0.5 }));
    const [report] = convertNormalization(model, 'layer_norm', 'rms_norm');
    expect(report).to.deep.include({ carried: [], started: [] });
    expect(model.layers[0]).to.have.deep.property('options').that.includes({ epsilon: 0.5 });
  });

  for (const [why, convert, message] of [
    [
      'nothing of that type is there',
      (m) => convertNormalization(m, 'batch_norm', 'rms_norm'),
      'convertNormalization: expected a model with batch_norm in it',
    ],
    [
      'a type is unknown',
      (m) => convertNormalization(m, 'LN' as never, 'rms_norm'),
      'convertNormalization: from: expected the type of a built-in norm',
    ],
    [
      'an option is wrong',
      (m) => convertNormalization(m, 'layer_norm', 'rms_norm', { epsilon: -1 }),
      'rms_norm.epsilon: expected a finite number above 0',
    ],
    [
      'the other norm refuses the input',
      (m) => convertNormalization(m, 'layer_norm', 'group_norm', { groups: 4 }),
      'group_norm.groups: expected a divisor of 5 features',
    ],
    [
      'the model is no module',
      () => convertNormalization(relu as never, 'layer_norm', 'rms_norm'),
      'convertNormalization: expected a module',
    ],
  ] as readonly (readonly [string, (model: Sequential) => unknown, string])[]) {
    it(`is refused before anything has changed if ${why}`, () => {
      const model = withNorm('layer_norm');
      const [before, layers] = [model.stateDict(), [...model.layers]];
      expect(() => convert(model)).to.throw(message);
      expect(model.stateDict()).to.deep.equal(before);
      expect(model.layers).to.deep.equal(layers);
    });
  }

  it('is refused before anything has changed if a list is frozen', () => {
    class Own extends Module {
      readonly first = normalization(norms.layer_norm);
      readonly rest = Object.freeze([normalization(norms.layer_norm)]);
      override forward(input: Tensor): Tensor {
        return this.rest[0]!.forward(this.first.forward(input));
      }
    }
    const model = new Own();
    expect(() => convertNormalization(model, 'layer_norm', 'rms_norm')).to.throw('a list that is not frozen');
    expect(model.first.type).to.equal('layer_norm');
  });
});
