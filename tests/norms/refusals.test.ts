import { expect } from 'chai';
import { defineNormalizations } from '../../src/norms/factory.js';
import { normalization } from '../../src/norms/layer.js';
import { createNormalizationLayer, norms } from '../../src/norms/normalizations.js';
import { failure } from '../support/failure.js';

describe('what is no norm', () => {
  it('makes no layer', () => {
    for (const [given, received] of [
      ['rms_norm', '"rms_norm"'],
      [undefined, 'undefined'],
      [null, 'null'],
      [{}, '{}'],
      [{ apply: 3 }, '{"apply":3}'],
    ])
      expect(failure(() => normalization(given as never))).to.equal(
        `normalization: expected a definition, such as norms.rms_norm, received ${received}. ` +
          'A type by its name is for createNormalizationLayer.',
      );
    const spread = Object.assign(() => undefined, norms.rms_norm);
    expect(failure(() => normalization(spread as never))).to.match(/^normalization: expected a definition/);
  });

  it('is in no catalog', () => {
    const { rms_norm: rms, layer_norm: layer } = norms;
    expect(failure(() => defineNormalizations({ rms_norm: undefined } as never))).to.equal(
      'catalog.rms_norm: expected the norm rms_norm, received undefined.',
    );
    expect(failure(() => defineNormalizations({ rms_norm: rms, layer_norm: rms } as never))).to.equal(
      'catalog.layer_norm: expected the norm layer_norm, received "rms_norm".',
    );
    expect(defineNormalizations({ rms_norm: rms, layer_norm: layer }).normalizationTypes).to.deep.equal([
      'layer_norm',
      'rms_norm',
    ]);
  });
});

describe('a layer that is not built', () => {
  it('has neither weights nor statistics', () => {
    const layer = createNormalizationLayer('batch_norm');
    expect([...layer.parameters()]).to.deep.equal([]);
    expect([...layer.namedParameters()]).to.deep.equal([]);
  });
});
