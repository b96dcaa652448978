import { expect } from 'chai';
import fc from 'fast-check';
import { type NdArray, type Nested, distance, fromSource } from '../../src/array/index.js';
import { gradcheck } from '../../src/autograd/gradcheck/gradcheck.js';
import { Tensor, record } from '../../src/autograd/tape.js';
import { trial } from '../../src/norms/invariants.js';
import { type Norm, type OptionsOf, type Situation, allocate, rule } from '../../src/norms/norm.js';
import { normalizationTypes, norms } from '../../src/norms/normalizations.js';
import { read } from '../../src/norms/option.js';
import { cases, inputs } from '../support/arbitraries.js';

const float64 = (nested: Nested): NdArray => fromSource(nested, { dtype: 'float64' });

/** The norm on tensors: x first, then these parameters. */
const taped =
  (norm: Norm, names: readonly string[], options: OptionsOf<Norm>, situation: Situation<string>) =>
  (...tensors: Tensor[]) => {
    const { values, pullback } = rule(norm, names, options, situation)(tensors.map(({ value }) => value));
    return record(norm.type, tensors, values, pullback);
  };

// Every norm in the catalog answers to this file; a new one is checked from the moment it is listed.
for (const type of normalizationTypes) {
  const norm: Norm = norms[type];

  describe(type, () => {
    it('computes its worked example', () => {
      const { x, parameters, y, options: changed = {}, state: after } = norm.example;
      const input = float64(x);
      const { values: options, mistakes } = read(type, norm.options, changed);
      expect(mistakes).to.deep.equal([]);
      const given = Object.fromEntries(Object.entries(parameters).map(([name, p]) => [name, float64(p)]));
      const fresh = { dtype: 'float64' } as const;
      expect(shapes(given)).to.deep.equal(shapes(allocate(norm.parameters, input.shape, options, fresh)));

      const state = allocate(norm.state, input.shape, options, fresh);
      const apply = rule(norm, Object.keys(given), options, { training: true, state });
      const result = apply([input, ...Object.values(given)]);
      const expected = (result.values.length > 1 ? y : [y]) as readonly Nested[];
      expect(result.values).to.have.length(Math.max(1, norm.outputs?.length ?? 1));
      result.values.forEach((value, i) => expectAlike(value, expected[i]!));
      expect(Object.keys(result.state ?? {})).to.deep.equal(Object.keys(after ?? {}));
      for (const [name, value] of Object.entries(result.state ?? {})) expectAlike(value, after![name]!);
    });

    it('pulls gradients back as the slope demands', () => {
      fc.assert(
        fc.property(cases(norm), ({ x, parameters, options, situation, seed }) => {
          const smooth = norm.kinks ? apart(x) : x;
          fc.pre((norm.kinks?.(smooth, options) ?? 1) > 1e-3);
          const tensors = [smooth, ...Object.values(parameters)].map((value) => new Tensor(value));
          const f = taped(norm, Object.keys(parameters), options, situation);
          const { ok, checked, deviation, worst, findings } = gradcheck(f, tensors, { seed });
          // A row of zeros under a tiny ε looks like a corner from every side.
          fc.pre(checked > 0);
          // All numbers here are near 1: where a gradient cancels to next to nothing, so does what is measured of it.
          const nothing = deviation > 1e-8 && Math.abs(worst!.claimed - worst!.measured) < 1e-12;
          expect(ok || nothing, `${JSON.stringify(worst)} ${findings.join(' ')}`).to.equal(true);
        }),
      );
    });

    for (const invariant of Object.values(norm.invariants)) {
      it(invariant.claim, () => {
        for (const dtype of ['float64', 'float32'] as const) {
          fc.assert(
            fc.property(inputs(norm, dtype), ({ x, options }) => {
              const tried = trial(norm, x, options);
              fc.pre(invariant.applies?.(tried) ?? true);
              expect(invariant.deviation(tried)).to.be.at.most(invariant.bound(tried));
            }),
          );
        }
      });
    }
  });
}

function expectAlike(value: NdArray, expected: Nested): void {
  expect(value.shape).to.deep.equal(float64(expected).shape);
  expect(distance(value, float64(expected))).to.be.below(1e-5);
}

const GUIDE =
  'layer_norm batch_norm rms_norm zero_centered_rms_norm band_rms adaptive_band_rms band_logit_norm global_response_norm logit_norm max_logit_norm decoupled_max_logit dml_plus_focal dml_plus_center dynamic_tanh'.split(
    ' ',
  );

describe('the catalog', () => {
  it('has each norm under its type, once', () => {
    expect(normalizationTypes).to.include.members(GUIDE);
    expect(normalizationTypes.map((type) => norms[type].type)).to.deep.equal(normalizationTypes);
    expect(new Set(Object.values(norms)).size).to.equal(normalizationTypes.length);
  });

  it('tells every norm apart, in every word that a reader sees', () => {
    for (const key of ['title', 'about'] as const) {
      const texts = normalizationTypes.map((type) => norms[type][key]);
      expect(new Set(texts).size, key).to.equal(texts.length);
    }
    for (const type of normalizationTypes) {
      const norm: Norm = norms[type];
      const claims = Object.values(norm.invariants).map(({ claim }) => claim);
      const sentences = [norm.about, norm.useCase, ...(norm.notes ?? []), ...claims].concat(
        Object.values({ ...norm.options, ...norm.parameters, ...norm.state }).map(({ about }) => about),
      );
      expect(new Set(claims).size, type).to.equal(claims.length);
      for (const sentence of sentences) expect(sentence, type).to.match(/\.$/);
    }
  });

  it('keeps the shape where it says that it does', () => {
    for (const type of normalizationTypes)
      expect('keepsShape' in norms[type].invariants, type).to.equal(!(norms[type] as Norm).outputs);
  });
});

/** The same numbers, moved until no two are equal: a maximum has no slope where two tie. */
const apart = (x: NdArray): NdArray =>
  fromSource(
    Float64Array.from(x.data, (value, i) => value + i / 1024),
    { shape: x.shape },
  );

const shapes = (arrays: Readonly<Record<string, NdArray>>) =>
  Object.fromEntries(Object.entries(arrays).map(([name, { shape }]) => [name, shape]));
