import { expect } from 'chai';
import { meanAbsoluteNorm } from '../../examples/my-norm.js';
import {
  ConfigurableModel,
  ConvNeXtBlock,
  LanguageModel,
  MultiHeadAttention,
  type Module,
  type NormalizationLayer,
  ResidualBlock,
  type Tensor,
  TransformerBlock,
  array,
  mean,
  norm,
  normDenseBlock,
  norms,
  randomNormal,
  valueAndGrad,
} from '../../src/index.js';

const epsilon = 0.25;
const withOptions = { definition: meanAbsoluteNorm, epsilon } as const;
const sequences = (): Tensor => randomNormal([2, 3, 8], { seed: 1 });
const images = (): Tensor => randomNormal([2, 4, 4, 8], { seed: 2 });

/** Every model that normalizes, told by what, and a pass through it. */
const MODELS: Readonly<
  Record<string, (normalization: typeof withOptions | typeof meanAbsoluteNorm) => Case>
> = {
  normDenseBlock: (normalization) => {
    const block = normDenseBlock({ units: 4, normalization });
    return { model: block, forward: () => block.forward(sequences()), layers: [block.norm] };
  },
  ConfigurableModel: (normalization) => {
    const model = new ConfigurableModel({ classes: 3, hidden: [5, 4], normalization });
    const layers = model.hidden.map((block) => block.norm);
    return { model, forward: () => model.forward(randomNormal([6, 8], { seed: 3 })), layers };
  },
  MultiHeadAttention: (queryKeyNormalization) => {
    const model = new MultiHeadAttention({ heads: 2, headSize: 4, queryKeyNormalization });
    return { model, forward: () => model.forward(sequences()), layers: [model.queryNorm, model.keyNorm] };
  },
  TransformerBlock: (normalization) => {
    const model = new TransformerBlock({ hiddenSize: 8, heads: 2, normalization });
    return { model, forward: () => model.forward(sequences()), layers: [model.attentionNorm, model.mlpNorm] };
  },
  LanguageModel: (normalization) => {
    const sizes = { vocabularySize: 5, contextLength: 4, hiddenSize: 8, heads: 2, layers: 1 };
    const model = new LanguageModel({ ...sizes, normalization });
    return { model, forward: () => model.forward([[0, 1, 4]]), layers: [model.norm] };
  },
  ConvNeXtBlock: (normalization) => {
    const model = new ConvNeXtBlock({ channels: 8, normalization, responseNormalization: normalization });
    return { model, forward: () => model.forward(images()), layers: [model.norm, model.responseNorm] };
  },
  ResidualBlock: (normalization) => {
    const model = new ResidualBlock({ filters: 8, normalization });
    return { model, forward: () => model.forward(images()), layers: [model.first.norm, model.second.norm] };
  },
};

interface Case {
  readonly model: Module;
  readonly layers: readonly (Pick<NormalizationLayer, 'type' | 'getConfig' | 'definition'> | undefined)[];
  forward(): Tensor;
}

describe('a norm of one’s own in a model', () => {
  for (const [name, make] of Object.entries(MODELS)) {
    it(`normalizes ${name}, with its options or without, and is trained`, () => {
      for (const [given, expected] of [
        [meanAbsoluteNorm, 1e-6],
        [withOptions, epsilon],
      ] as const) {
        const { model, forward, layers } = make(given);
        expect(layers.length).to.be.at.least(1);
        for (const layer of layers) {
          expect(layer!.definition).to.equal(meanAbsoluteNorm);
          expect(layer!.getConfig()).to.deep.include({ type: 'mean_absolute_norm', epsilon: expected });
        }
        const { gradients } = valueAndGrad(() => mean(forward()), model);
        const gains = [...model.namedParameters()].filter(([path]) => path.endsWith('.gamma'));
        expect(gains.length).to.be.at.least(layers.length);
        for (const [, gain] of gains) expect(gradients.of(gain)!.shape).to.deep.equal(gain.shape);
        expect(model.summary()).to.include('mean_absolute_norm');
      }
    });
  }

  it('computes what the same built-in norm computes', () => {
    const shared = { classes: 3, hidden: [5], seed: 4 };
    const x = randomNormal([6, 8], { seed: 5 });
    const outputs = (['rms_norm', norms.rms_norm, { definition: norms.rms_norm }] as const).map(
      (normalization) => new ConfigurableModel({ ...shared, normalization }).forward(x).toArray(),
    );
    expect(outputs[1]).to.deep.equal(outputs[0]);
    expect(outputs[2]).to.deep.equal(outputs[0]);
  });

  it('takes its options in snake_case and by a name, and refuses those it does not have', () => {
    const { norm } = normDenseBlock({
      units: 2,
      normalization: { definition: norms.rms_norm, use_scale: false, name: 'first' },
    });
    expect(norm!.getConfig()).to.deep.include({ name: 'first', useScale: false });
    const wrong = { definition: meanAbsoluteNorm, epsilonn: 1 };
    expect(() => normDenseBlock({ units: 2, normalization: wrong })).to.throw(
      'normDenseBlock.normalization: expected one of the options name, axis, epsilon, gammaInitializer, received "epsilonn". Did you mean epsilon?',
    );
    const negative = { definition: meanAbsoluteNorm, epsilon: -1 };
    expect(() => normDenseBlock({ units: 2, normalization: negative })).to.throw(
      'normDenseBlock.normalization.epsilon: expected a finite number above 0, received -1.',
    );
  });

  it('refuses a norm of several outputs before any layer is made', () => {
    const several = norms.decoupled_max_logit as never;
    for (const normalization of [several, { definition: several }]) {
      expect(() => new TransformerBlock({ hiddenSize: 8, heads: 2, normalization })).to.throw(
        'TransformerBlock.normalization: expected a norm of x alone with one output, in the shape of x, received "decoupled_max_logit". It makes ',
      );
    }
  });

  it('refuses an output of another shape', () => {
    const shorter = norm({
      ...meanAbsoluteNorm,
      type: 'shorter',
      apply: (x) => ({
        value: array.mean(x, -1),
        pullback: () => ({ x, gamma: undefined }),
      }),
    });
    const block = normDenseBlock({ units: 4, normalization: shorter });
    expect(() => block.forward(randomNormal([2, 3], { seed: 6 }))).to.throw(
      'shorter: expected an output in the shape of its input, [2,4], received [2,1]. A norm inside a model must keep shapes.',
    );
  });

  it('lists definitions among the accepted normalizations', () => {
    expect(() => normDenseBlock({ units: 4, normalization: 'mean_absolute_norm' as never })).to.throw(
      /a definition that norm\(…\) made, or an object of such a type or definition and its options, received "mean_absolute_norm"/,
    );
  });
});
