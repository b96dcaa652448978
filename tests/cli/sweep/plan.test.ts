import { expect } from 'chai';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Plan, trainings, variantsOf } from '../../../src/cli/sweep/plan.js';
import { SETTINGS } from '../../../src/cli/sweep/settings.js';
import { moons, split } from '../../../src/data/index.js';
import { shapePreservingTypes } from '../../../src/index.js';
import { resolve } from '../../../src/option/index.js';
import { folder } from '../support.js';

describe('the variants of a sweep', () => {
  const file = join(folder(), 'sweep.json');
  const names = (norms?: string, content?: object): readonly string[] => {
    if (content) writeFileSync(file, JSON.stringify(content));
    return variantsOf(norms, content && file).map(({ name }) => name);
  };

  it('are no normalization and every one that keeps shapes, unless told otherwise', () => {
    expect(names()).to.deep.equal(['none', ...shapePreservingTypes]);
    expect(names('rms_norm, none')).to.deep.equal(['rms_norm', 'none']);
  });

  it('are those of a file, beside none, and keep their own options', () => {
    const content = { fast: { type: 'rms_norm', use_scale: false }, strict: { type: 'band_rms' } };
    expect(names(undefined, content)).to.deep.equal(['none', 'fast', 'strict']);
    expect(names('layer_norm', content)).to.deep.equal(['layer_norm', 'fast', 'strict']);
    expect(variantsOf(undefined, file)[1]!.config).to.deep.equal(content.fast);
  });

  it('must be known, fit between layers, and have names of their own', () => {
    expect(() => names('layernorm'))
      .to.throw('--norms: expected one of none, ')
      .with.property('message')
      .that.includes('Did you mean layer_norm?');
    expect(() => names('decoupled_max_logit')).to.throw(
      'which keep the shape of their input, received "decoupled_max_logit".',
    );
    expect(() => names(undefined, { ood: { type: 'dml_plus_center' } })).to.throw(
      `${file}: ood.type: expected one of none, `,
    );
    expect(() => names('rms_norm,rms_norm')).to.throw(
      '--norms: expected each name once, received "rms_norm".',
    );
    expect(() => names(undefined, { none: { type: 'rms_norm' } })).to.throw(
      'expected each name once, received "none".',
    );
    expect(() => names(undefined, { a: { type: 'rms_norm', eps: 0 }, b: { type: 'x' } })).to.throw(
      `${file}: a.eps: expected a finite number above 0, received 0. There are more: normtape validate ${file} lists all 2.`,
    );
  });
});

it('a sweep trains every variant with a seed before the next seed', () => {
  const settings = resolve('sweep', SETTINGS, { seeds: 2, seed: 5 });
  const plan: Plan = {
    name: 'a',
    source: 'moons',
    split: split(moons({ seed: 1 })),
    variants: variantsOf('none,rms_norm', undefined),
    settings,
  };
  expect(trainings(plan).map(({ variant, seed }) => [variant.name, seed])).to.deep.equal([
    ['none', 5],
    ['rms_norm', 5],
    ['none', 6],
    ['rms_norm', 6],
  ]);
});
