import { expect } from 'chai';
import { LanguageModel } from '../../src/models/language-model.js';
import { languageRecipe, visionRecipe } from '../../src/models/recipe.js';
import {
  createNormalizationLayer,
  normalizationTypes,
  norms,
  shapePreservingTypes,
} from '../../src/index.js';
import type { Norm } from '../../src/norms/norm.js';
import { type Recipe, layersOf } from '../../src/norms/recipe.js';

/** Every recipe in the catalog. */
const recipes = normalizationTypes.flatMap((type) =>
  Object.entries((norms[type] as Norm).recipes ?? {}).map(([setting, recipe]) => ({
    type,
    setting,
    recipe: recipe as Recipe,
  })),
);

describe('the recipes of the catalog', () => {
  it('state options of their norms, with valid values', () => {
    expect(recipes.map(({ type, setting }) => `${type}, ${setting}`)).to.include.members([
      'dynamic_tanh, language',
      'global_response_norm, vision',
      'logit_norm, detection',
      'dml_plus_focal, detection',
      'dml_plus_center, detection',
    ]);
    for (const { type, recipe } of recipes) {
      const { layers = [], tuned = {} } = recipe;
      const stated = layers.flatMap(({ attention, elsewhere }) => [attention ?? {}, elsewhere]);
      const tried = Object.entries(tuned).flatMap(([name, values]) =>
        (values as readonly unknown[]).map((value) => ({ [name]: value })),
      );
      for (const options of [...stated, ...tried]) {
        for (const [name, value] of Object.entries(options)) {
          expect(norms[type].options, type).to.have.property(name);
          const made = createNormalizationLayer(type, { [name]: value } as never);
          expect(made.options[name as never], `${type}.${name}`).to.deep.equal(value);
        }
      }
    }
  });

  it('state their source, and each width once', () => {
    for (const { type, recipe } of recipes) {
      expect(recipe.source, type).to.match(/\b(19|20)\d\d\b/);
      expect(recipe.source, type).not.to.match(/\.$/);
      const widths = (recipe.layers ?? []).map(({ width }) => width);
      expect(new Set(widths).size, type).to.equal(widths.length);
      for (const scale of recipe.cosineScales ?? []) expect(scale).to.be.above(0);
    }
  });
});

describe('the layers of a recipe', () => {
  it('are those of the nearest width, by ratio', () => {
    const layers = [
      { width: 100, attention: { a: 1 }, elsewhere: { a: 2 } },
      { width: 400, elsewhere: { a: 3 } },
    ];
    const at = (width: number) => layersOf({ layers }, width);
    expect(at(1)).to.deep.equal({ attention: { a: 1 }, elsewhere: { a: 2 } });
    expect(at(199)).to.deep.equal({ attention: { a: 1 }, elsewhere: { a: 2 } });
    expect(at(201)).to.deep.equal({ attention: { a: 3 }, elsewhere: { a: 3 } });
    expect(at(1e6)).to.deep.equal({ attention: { a: 3 }, elsewhere: { a: 3 } });
    expect(layersOf({}, 5)).to.deep.equal({ attention: {}, elsewhere: {} });
    expect(layersOf({ layers: [{ elsewhere: { a: 4 } }] }, 5).attention).to.deep.equal({ a: 4 });
  });
});

describe('the recipe of a language model', () => {
  const sizes = { vocabularySize: 5, contextLength: 4, layers: 2, heads: 2, seed: 1 } as const;
  const made = (hiddenSize: number, more = {}) => {
    const model = new LanguageModel({
      ...sizes,
      hiddenSize,
      ...languageRecipe('dynamic_tanh', hiddenSize),
      ...more,
    });
    model.forward([[0, 1]]);
    return model;
  };
  const alphas = (model: LanguageModel) =>
    Object.fromEntries(
      [...model.namedParameters()].flatMap(([name, weight]) =>
        name.endsWith('alpha') ? [[name, weight.item()]] : [],
      ),
    );

  it('starts dynamic_tanh at the slopes of tables 11 and 12, by place and width', () => {
    const table = [64, 1024, 2048, 4096, 5120, 8192].map((width) => {
      const { attentionNormalization, normalization, embeddingScale, tieWeights } = languageRecipe(
        'dynamic_tanh',
        width,
      );
      expect(tieWeights).to.equal(false);
      const alpha = (stated: unknown) => (stated as { alphaInitValue: number }).alphaInitValue;
      return [width, alpha(attentionNormalization), alpha(normalization), embeddingScale];
    });
    expect(table).to.deep.equal([
      [64, 1, 1, 'learned'],
      [1024, 1, 1, 'learned'],
      [2048, 1, 0.5, 'learned'],
      [4096, 0.8, 0.2, 'learned'],
      [5120, 0.6, 0.15, 'learned'],
      [8192, 0.2, 0.05, 'learned'],
    ]);
  });

  it('reaches the layers that are built, attention apart from the others, the last one among these', () => {
    const { alpha, ...given } = { alpha: 0.25, ...languageRecipe('dynamic_tanh', 8) };
    const attentionNormalization = { type: 'dynamic_tanh', alphaInitValue: alpha } as const;
    expect(alphas(made(8, { ...given, attentionNormalization, placement: 'sandwich' }))).to.deep.equal({
      'blocks.0.attention_norm.alpha': 0.25,
      'blocks.0.attention_output_norm.alpha': 0.25,
      'blocks.0.mlp_norm.alpha': 1,
      'blocks.0.mlp_output_norm.alpha': 1,
      'blocks.1.attention_norm.alpha': 0.25,
      'blocks.1.attention_output_norm.alpha': 0.25,
      'blocks.1.mlp_norm.alpha': 1,
      'blocks.1.mlp_output_norm.alpha': 1,
      'norm.alpha': 1,
    });
    expect(made(16).embeddingScale!.item()).to.equal(4);
  });

  it('is only the type if the paper prescribes nothing', () => {
    for (const type of shapePreservingTypes) {
      const stated = (norms[type] as Norm).recipes;
      if (!stated?.language) expect(languageRecipe(type, 64)).to.deep.equal({ normalization: type });
      if (!stated?.vision) expect(visionRecipe(type, 64)).to.equal(type);
    }
    expect(visionRecipe('global_response_norm', 16)).to.deep.equal({
      type: 'global_response_norm',
      gammaInitializer: 'zeros',
      betaInitializer: 'zeros',
    });
  });
});

describe('another normalization for attention', () => {
  const sizes = { vocabularySize: 5, contextLength: 4, layers: 1, hiddenSize: 8, heads: 2 } as const;
  const typesOf = (given: object) => {
    const [block] = new LanguageModel({ ...sizes, normalization: 'rms_norm', ...given }).blocks;
    return [block!.attentionNorm?.type, block!.mlpNorm?.type];
  };

  it('is that of the other places by default', () => {
    expect(typesOf({})).to.deep.equal(['rms_norm', 'rms_norm']);
    expect(typesOf({ attentionNormalization: 'same' })).to.deep.equal(['rms_norm', 'rms_norm']);
    expect(typesOf({ attention_normalization: { type: 'same' } })).to.deep.equal(['rms_norm', 'rms_norm']);
    expect(typesOf({ attentionNormalization: 'layer_norm' })).to.deep.equal(['layer_norm', 'rms_norm']);
    expect(typesOf({ attentionNormalization: 'none' })).to.deep.equal([undefined, 'rms_norm']);
  });

  it('is rejected if the name is unknown', () => {
    expect(() => typesOf({ attentionNormalization: 'sane' })).to.throw(
      /^LanguageModel\.attentionNormalization: expected one of same, none, .* Did you mean same\?$/,
    );
  });
});
