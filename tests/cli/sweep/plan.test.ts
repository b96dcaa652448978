import { expect } from 'chai';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { momentumWarnings, withMomentum } from '../../../src/cli/sweep/momentum.js';
import {
  baselineOf,
  finals,
  trainingCount,
  tuningOf,
  tunings,
  variantsOf,
} from '../../../src/cli/sweep/plan.js';
import { pick } from '../../../src/data/index.js';
import { shapePreservingTypes } from '../../../src/index.js';
import { folder } from '../support.js';
import { planOf } from './support.js';

describe('the variants of a sweep', () => {
  const file = join(folder(), 'sweep.json');
  const names = (norms?: string, content?: object): readonly string[] => {
    if (content) writeFileSync(file, JSON.stringify(content));
    return variantsOf(norms, content && file).map(({ name }) => name);
  };

  it('are none and a dozen types by default, and every type that keeps the shape of rows if all are wanted', () => {
    const [baseline, ...types] = names();
    expect(baseline).to.equal('none');
    expect(types).to.have.lengthOf(12).and.to.include.members(['batch_norm', 'layer_norm', 'rms_norm']);
    expect(names('all')).to.deep.equal([
      'none',
      ...shapePreservingTypes.filter((type) => type !== 'cumulative_layer_norm'),
    ]);
    expect(() => names('rms_norm,all')).to.throw('--norms: expected each name once, received "rms_norm".');
    expect(names('rms_norm, none')).to.deep.equal(['rms_norm', 'none']);
  });

  it('are those of a file, besides none, with their own options', () => {
    const content = { fast: { type: 'rms_norm', use_scale: false }, strict: { type: 'band_rms' } };
    expect(names(undefined, content)).to.deep.equal(['none', 'fast', 'strict']);
    expect(names('layer_norm', content)).to.deep.equal(['layer_norm', 'fast', 'strict']);
    expect(variantsOf(undefined, file)[1]!.config).to.deep.equal(content.fast);
  });

  it('must have known types that keep the shape, and different names', () => {
    expect(() => names('layernorm'))
      .to.throw('--norms: expected one of none, ')
      .with.property('message')
      .that.includes('Did you mean layer_norm?');
    expect(() => names('decoupled_max_logit')).to.throw(
      'which keep the shape of their input, received "decoupled_max_logit".',
    );
    expect(() => names('gated_rms_norm')).to.throw(
      'gated_rms_norm cannot stand here. It takes gate besides x.',
    );
    expect(() => names('AdaLN')).to.throw('modulated_norm cannot stand here. It takes shift, scale,');
    expect(() => names('GRN')).to.throw('Did you mean global_response_norm?');
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

describe('the plan of a sweep', () => {
  it('trains all variants with one seed before the next seed', () => {
    const plan = planOf('none,rms_norm', { seeds: 2, seed: 5 });
    expect(finals(plan).map(({ stage, variant, seed }) => [stage, variant.name, seed])).to.deep.equal([
      ['final', 'none', 5],
      ['final', 'rms_norm', 5],
      ['final', 'none', 6],
      ['final', 'rms_norm', 6],
    ]);
  });

  it('runs no tuning if there is only one learning rate', () => {
    expect(tunings(planOf('none', { learningRates: [0.1] }))).to.deep.equal([]);
    expect(planOf('none', { learningRates: [0.1] }).tuning).to.equal(undefined);
    const plan = planOf('none,rms_norm', { learningRates: [0.1, 0.2, 0.3], tuningSeeds: 4, seeds: 5 });
    expect(tunings(plan).length).to.equal(2 * 3 * 4);
    expect(trainingCount(plan)).to.equal(2 * 3 * 4 + 2 * 5);
  });

  it('refuses to choose a learning rate with one sample to train on', () => {
    const settings = { ...planOf('none').settings, learningRates: [0.1, 0.2] };
    const { train } = planOf('none').split;
    expect(() => tuningOf({ train: pick(train, [0]) } as never, settings)).to.throw(
      'sweep: expected at least 2 samples to train on, one of them for choosing the learning rate, received 1.',
    );
  });

  it('compares with the named baseline, or none, or else the first variant', () => {
    const named = (norms: string, baseline?: string): string =>
      baselineOf(variantsOf(norms, undefined), baseline);
    expect(named('rms_norm,none')).to.equal('none');
    expect(named('rms_norm,layer_norm')).to.equal('rms_norm');
    expect(named('rms_norm,layer_norm', 'layer_norm')).to.equal('layer_norm');
    expect(() => named('rms_norm,layer_norm', 'layernorm')).to.throw(
      '--baseline: expected one of the normalizations of the sweep, rms_norm, layer_norm, received "layernorm". Did you mean layer_norm?',
    );
  });
});

describe('the momentum of a sweep', () => {
  const variants = variantsOf('none,rms_norm,batch_norm', undefined);
  const momentum = (steps: number, given?: number): unknown =>
    withMomentum(variants, steps, given)[2]!.config['momentum'];

  it('is given to norms with running statistics, and to no other', () => {
    const [none, rms, batch] = withMomentum(variants, 1000, undefined);
    expect([none, rms]).to.deep.equal(variants.slice(0, 2));
    expect(batch!.config).to.deep.equal({ type: 'batch_norm', momentum: 0.9 });
  });

  it('leaves at most 1 % of the initial statistics after a run, however short', () => {
    for (const steps of [1, 2, 5, 20, 43, 44, 1000]) {
      const own = momentum(steps) as number;
      expect(own).to.be.at.most(0.9);
      expect(own ** steps).to.be.at.most(0.01 + 1e-12);
      expect(momentumWarnings(withMomentum(variants, steps, undefined), steps), `${steps}`).to.deep.equal([]);
    }
  });

  it('is the momentum of the flag, unless a configuration states its own', () => {
    expect(momentum(1000, 0.5)).to.equal(0.5);
    const own = [{ name: 'slow', config: { type: 'batch_norm', momentum: 0.8 } }];
    expect(withMomentum(own, 1000, 0.5)).to.deep.equal(own);
  });

  it('causes a warning if the initial statistics are not forgotten within a run', () => {
    const warned = momentumWarnings(withMomentum(variants, 225, 0.99), 225);
    expect(warned).to.deep.equal([
      'batch_norm: with momentum 0.99 a running statistic averages over 100 steps, and a run has 225: 10 % of its initial value is left when the network is tested. Take a smaller --momentum or more epochs.',
    ]);
    expect(momentumWarnings(withMomentum(variants, 460, 0.99), 460)).to.deep.equal([]);
    expect(momentumWarnings(withMomentum(variants, 50, 1), 50)[0]).to.include('never changes');
  });
});
