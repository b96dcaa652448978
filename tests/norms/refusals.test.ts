import { expect } from 'chai';
import { defineNormalizations } from '../../src/norms/factory.js';
import { normalization } from '../../src/norms/layer.js';
import {
  checkNormalizationConfig,
  chooseNormalization,
  createNormalizationFromConfig,
  createNormalizationLayer,
  norms,
  validateNormalizationConfig,
} from '../../src/norms/normalizations.js';
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

  it('makes no layer if a part of the definition is missing or of another kind', () => {
    const { rms_norm: rms } = norms;
    const wrong = (field: string, value: unknown) =>
      failure(() => normalization({ ...rms, [field]: value } as never));
    expect(wrong('options', undefined)).to.match(/^normalization\.options: expected options by name/);
    expect(wrong('options', { a: 3 })).to.match(/^normalization\.options: .* received \{"a":3\}\.$/);
    expect(wrong('options', { a: { kind: 'choice' } })).to.match(/^normalization\.options: /);
    expect(wrong('parameters', { a: {} })).to.match(/^normalization\.parameters: expected arrays by name/);
    expect(wrong('type', 3)).to.equal('normalization.type: expected the name of the norm, received 3.');
    for (const field of ['invariants', 'reference'])
      expect(failure(() => defineNormalizations({ rms_norm: { ...rms, [field]: null } } as never))).to.match(
        new RegExp(`^catalog\\.rms_norm\\.${field}: .* received null\\.$`),
      );
    expect(failure(() => defineNormalizations(null as never))).to.equal(
      'catalog: expected a plain object of norms, received null.',
    );
  });

  it('is refused by every function of the factory, though it does not let itself be looked at', () => {
    const throws = (): never => {
      throw new TypeError('a trap');
    };
    const { proxy: revoked, revoke } = Proxy.revocable({}, {});
    revoke();
    const getter = Object.defineProperty({}, 'epsilon', { enumerable: true, get: throws });
    const traps = new Proxy({}, { get: throws, ownKeys: throws, getPrototypeOf: throws, has: throws });
    for (const hostile of [revoked, traps, getter]) {
      for (const call of [
        () => normalization(hostile as never),
        () => normalization(norms.rms_norm, hostile),
        () => defineNormalizations(hostile as never),
        () => defineNormalizations({ rms_norm: hostile } as never),
        () => createNormalizationFromConfig(hostile as never),
        () => createNormalizationFromConfig({ type: hostile } as never),
        () => createNormalizationLayer(hostile as never),
        () => createNormalizationLayer('dynamic_tanh', hostile),
        () => createNormalizationLayer('rms_norm', { axis: hostile as never }),
        () => createNormalizationLayer('rms_norm', { axis: [hostile] as never }),
        () => createNormalizationLayer('rms_norm', { scaleInitializer: hostile as never }),
        () => createNormalizationLayer('rms_norm', { scaleInitializer: { type: hostile } as never }),
        () => validateNormalizationConfig('rms_norm', hostile),
        () => chooseNormalization(hostile as never),
      ])
        expect(failure(call)).to.match(/expected .*, received .*(cannot be read|\{)/);
      expect(checkNormalizationConfig('rms_norm', hostile)).to.have.length(1);
    }
  });

  it('is read once: what was checked is what is kept', () => {
    let reads = 0;
    const fickle = { get epsilon() { return ++reads === 1 ? 1e-3 : -1; } }; // prettier-ignore
    expect(createNormalizationLayer('rms_norm', fickle).options.epsilon).to.equal(1e-3);
    expect(reads).to.equal(1);
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
