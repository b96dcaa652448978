import { expect } from 'chai';
import {
  array,
  Conv2D,
  Dense,
  Flatten,
  LanguageModel,
  type Module,
  NormtapeError,
  Reshape,
  Sequential,
  createNormalizationLayer,
  normalizeWeights,
  randomNormal,
  relu,
  zeros,
} from '../../src/index.js';
import { loadFrom, tensorsFor } from '../../src/io/index.js';
import { BOUNDS, type Kind, PEERS, built, difference, readMade } from './torch/models.js';

const FIXTURES = new URL('fixtures/torch/', import.meta.url);

describe('models of PyTorch', () => {
  for (const [name, peer] of Object.entries(PEERS))
    for (const kind of ['f32', 'f64'] as readonly Kind[])
      it(`compute the same here: ${name}, ${kind}`, () => {
        const made = readMade(FIXTURES, name, kind);
        const model = built(peer, made, kind);
        expect(loadFrom(model, made.state, peer.options)).to.deep.equal({ missing: {}, unused: [] });
        const y = peer.run(model, made.inputs);
        expect(difference(y.value, made.output)).to.be.below(BOUNDS[kind]);
      });

  for (const [name, peer] of Object.entries(PEERS))
    it(`get back the tensors that they had: ${name}`, () => {
      const made = readMade(FIXTURES, name, 'f64');
      const model = built(peer, made, 'f64');
      loadFrom(model, made.state, peer.options);
      const back = tensorsFor(model, peer.options);
      const weights = Object.entries(made.state).filter(
        ([key]) => !/num_batches_tracked|\.attn\.bias$/.test(key),
      );
      expect(Object.keys(back).sort()).to.deep.equal(weights.map(([key]) => key).sort());
      for (const [key, array] of weights) {
        expect(back[key]!.shape, key).to.deep.equal(array.shape);
        expect([...back[key]!.data], key).to.deep.equal([...array.data]);
      }
    });

  it('train on with the same running statistics', () => {
    for (const kind of ['f32', 'f64'] as const) {
      const made = readMade(FIXTURES, 'mlp', kind);
      const model = built(PEERS['mlp']!, made, kind);
      loadFrom(model, made.state, { naming: 'pytorch' });
      PEERS['mlp']!.run(model.train(), made.inputs);
      const now = tensorsFor(model, { naming: 'pytorch' });
      for (const [name, theirs] of Object.entries(made.after))
        expect(difference(now[name]!, theirs), name).to.be.below(BOUNDS[kind]);
      expect(Object.keys(made.after)).to.deep.equal(['1.running_mean', '1.running_var']);
    }
  });
});

const x = randomNormal([2, 3], { seed: 1 });

/** Two layers of two units each, built for inputs of three numbers. */
function twoLayers(): Sequential {
  const model = new Sequential([new Dense(2, { seed: 1 }), new Dense(2, { seed: 2 })]);
  model.forward(x);
  return model;
}

const state = () => tensorsFor(twoLayers(), { naming: 'pytorch' });

describe('loadFrom', () => {
  const refused = (tensors: Parameters<typeof loadFrom>[1], options: object, model: Module = twoLayers()) => {
    const before = model.built ? String(Object.values(model.stateDict()).map(({ data }) => data)) : '';
    const load = () => loadFrom(model, tensors, { naming: 'pytorch', ...options });
    return {
      text(text: string) {
        expect(load).to.throw(NormtapeError, text);
        if (model.built)
          expect(String(Object.values(model.stateDict()).map(({ data }) => data))).to.equal(before);
      },
    };
  };

  it('names a weight without a tensor, and the tensors that are left, and changes nothing', () => {
    const { '1.bias': bias, ...rest } = state();
    refused({ ...rest, '1.b': bias! }, {}).text(
      'loadFrom: expected a tensor 1.bias for layers.1.bias, received ["1.b"]. If a layer has another name there',
    );
    refused(rest, {}).text('expected a tensor 1.bias for layers.1.bias, received []');
    refused({ ...rest, '1.bais': bias! }, {}).text('Did you mean 1.bais?');
    refused({ ...state(), extra: [1] }, {}).text(
      'expected a weight of the model for every tensor, received ["extra"]',
    );
    refused({}, {}).text('a tensor 0.weight for layers.0.kernel (and 3 more)');
  });

  it('loads what fits, and says what does not, unless it is strict', () => {
    const { '1.bias': bias, ...rest } = state();
    expect(bias).to.not.equal(undefined);
    const model = twoLayers();
    model.parameters()[0]!.value = array.full([3, 2], 0, 'float32');
    expect(loadFrom(model, { ...rest, extra: [1] }, { naming: 'pytorch', strict: false })).to.deep.equal({
      missing: { 'layers.1.bias': '1.bias' },
      unused: ['extra'],
    });
    expect(String(model.stateDict()['layers.0.kernel']!.data)).to.equal(
      String(twoLayers().stateDict()['layers.0.kernel']!.data),
    );
  });

  it('refuses a tensor of another shape by both names', () => {
    refused({ ...state(), '0.weight': zeros([3, 2]) }, {}).text(
      'loadFrom: 0.weight: expected the shape [2,3] for layers.0.kernel, received [3,2]',
    );
  });

  it('finds layers by other names and below a prefix', () => {
    const renamed = Object.fromEntries(
      Object.entries(state()).map(([name, array]) => [`net.${name.replace(/^1/, 'head')}`, array]),
    );
    const options = { naming: 'pytorch', prefix: 'net', paths: { 'layers.1': 'head' } } as const;
    const model = twoLayers();
    expect(loadFrom(model, { ...renamed, other: [1] }, options).unused).to.deep.equal([]);
    expect(Object.keys(tensorsFor(model, options)).sort()).to.deep.equal(Object.keys(renamed).sort());
    const all = { naming: 'pytorch', paths: { 'layers.*': 'net.*.own', 'layers.1.bias': 'shift' } } as const;
    expect(Object.keys(tensorsFor(model, all))).to.deep.equal([
      'net.0.own.weight',
      'net.0.own.bias',
      'net.1.own.weight',
      'shift',
    ]);
    refused(state(), { paths: { 'layer.1': 'head' } }).text(
      'loadFrom.paths: expected paths of layers or names of weights of the model, received "layer.1". Did you mean layers.1?',
    );
    refused(state(), { paths: { 'layers.0': '1' } }).text(
      'names of one weight each, but 1.weight is layers.0.kernel',
    );
  });

  it('refuses models that are not built, other namings, and options that it does not know', () => {
    refused(state(), {}, new Dense(2)).text('a module that is built');
    refused(state(), { naming: 'keras' }).text('loadFrom.naming: expected one of pytorch, llama, gpt2, bert');
    refused(state(), { naming: undefined }).text('loadFrom.naming');
    refused(state(), { stict: true }).text('Did you mean strict?');
    refused(state(), { naming: 'llama' }).text(
      'expected weights that the naming has a name for, received "layers.0.kernel"',
    );
  });

  it('demands the channels before Flatten if no layer tells', () => {
    const model = new Sequential([relu, new Flatten(), new Dense(2)]);
    model.forward(randomNormal([1, 2, 2, 3], { seed: 1 }));
    expect(() => tensorsFor(model, { naming: 'pytorch' })).to.throw(
      'tensorsFor: layers.2.kernel: expected a known number of channels before Flatten',
    );
    const flat = tensorsFor(model, { naming: 'pytorch', channels: 1 });
    const turned = tensorsFor(model, { naming: 'pytorch', channels: 3 });
    const rows = (array: { readonly data: ArrayLike<number> }) => Array.from(array.data).slice(0, 12);
    const order = [0, 3, 6, 9, 1, 4, 7, 10, 2, 5, 8, 11];
    expect(rows(turned['2.weight']!)).to.deep.equal(order.map((i) => rows(flat['2.weight']!)[i]));
  });

  it('takes Reshape for a Flatten that may also mix channels and pixels', () => {
    const names = (shape: readonly number[], more: object = {}) => {
      const model = new Sequential([new Conv2D(3, 1, { seed: 1 }), new Reshape(shape), new Dense(2)]);
      model.forward(randomNormal([1, 2, 2, 3], { seed: 1 }));
      return tensorsFor(model, { naming: 'pytorch', ...more })['2.weight']!.shape;
    };
    expect(names([-1])).to.deep.equal([2, 12]);
    const expected = 'tensorsFor: layers.2.kernel: expected a known number of channels before Flatten';
    expect(() => names([2, 6])).to.throw(expected);
    expect(names([2, 6], { channels: 3 })).to.deep.equal([2, 6]);
  });

  it('reads no numbers of a tensor that it does not need, nor of one with another shape', () => {
    let reads = 0;
    const vast = new Proxy(Array<number>(100_000).fill(1), {
      get(list, key) {
        if (typeof key === 'string' && /^\d+$/.test(key)) reads++;
        return Reflect.get(list, key) as unknown;
      },
    });
    const some = { naming: 'pytorch', strict: false } as const;
    expect(loadFrom(twoLayers(), { ...state(), other: vast }, some).unused).to.deep.equal(['other']);
    refused({ ...state(), other: vast }, {}).text('a weight of the model for every tensor');
    refused({ ...state(), '1.bias': vast }, {}).text('1.bias: expected the shape');
    expect(reads).to.be.below(1000);
  });

  it('takes no tensor for a copy of a shared weight unless it is equal', () => {
    const model = new LanguageModel({
      vocabularySize: 3,
      contextLength: 2,
      layers: 1,
      hiddenSize: 2,
      heads: 1,
    });
    model.forward([[0, 1]]);
    const options = { naming: 'gpt2' } as const;
    const tensors = tensorsFor(model, { ...options, paths: { 'blocks.0.attention_norm': 'h.0.ln_1' } });
    expect(
      loadFrom(model, { ...tensors, 'lm_head.weight': tensors['wte.weight']! }, options).unused,
    ).to.deep.equal([]);
    expect(() => loadFrom(model, { ...tensors, 'lm_head.weight': zeros([3, 2]) }, options)).to.throw(
      'lm_head.weight: expected the numbers of wte.weight',
    );
  });

  it('refuses kernels that have a norm, and weights of norms along several axes', () => {
    const layer = new Dense(2);
    layer.forward(x);
    normalizeWeights(layer, 'weight_norm');
    expect(() => tensorsFor(layer, { naming: 'pytorch' })).to.throw('expected kernels without a norm');
    const wide = createNormalizationLayer('layer_norm', { axis: [1, 2] });
    wide.forward(randomNormal([2, 3, 4], { seed: 1 }));
    expect(() => tensorsFor(wide, { naming: 'pytorch' })).to.throw('weights that weight can hold');
  });
});
