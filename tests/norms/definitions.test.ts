import { expect } from 'chai';
import fc from 'fast-check';
import * as catalog from '../../src/norms/catalog.js';
import * as weightCatalog from '../../src/norms/weight-catalog.js';
import type { Norm } from '../../src/norms/norm.js';
import { reportText, verifyNormalization } from '../../src/verify/index.js';
import { normalizationTypes, norms } from '../support/every-norm.js';
import { runs } from '../support/runs.js';

/** Of every sort of claim; a quarter of what other properties have, since a case is tried on some thirty claims at once. */
const RUNS = runs(0.25);

/** A draw of its own each time; the same for all mutants, for which the seed is set. */
const seed = (): number => fc.readConfigureGlobal().seed ?? Math.floor(Math.random() * 2 ** 31);

// Every norm in the catalog answers to the kit; a new one is verified from the moment it is listed.
for (const type of normalizationTypes) {
  describe(type, () => {
    it('keeps every claim', function () {
      this.timeout(120_000);
      const report = verifyNormalization(type, { runs: RUNS, seed: seed() });
      expect(report.ok, reportText(report)).to.equal(true);
    });
  });
}

const GUIDE =
  'layer_norm batch_norm rms_norm zero_centered_rms_norm band_rms adaptive_band_rms band_logit_norm global_response_norm logit_norm max_logit_norm decoupled_max_logit dml_plus_focal dml_plus_center dynamic_tanh'.split(
    ' ',
  );

describe('the catalogs', () => {
  it('has each norm under its type, once', () => {
    expect(normalizationTypes).to.include.members(GUIDE);
    expect(normalizationTypes.map((type) => norms[type].type)).to.deep.equal(normalizationTypes);
    expect(new Set(Object.values(norms)).size).to.equal(normalizationTypes.length);
    // Of two definitions with one type, the later would replace the other.
    expect(Object.keys({ ...catalog, ...weightCatalog })).to.have.lengthOf(normalizationTypes.length);
  });

  it('says of every weight with which an output can start at 0 that it is a gain, by which conversions carry it over', () => {
    for (const { type, parameters } of Object.values<Norm>(norms))
      for (const [name, { zeroGain, role }] of Object.entries(parameters))
        if (zeroGain) expect(role, `${type}.${name}`).to.equal('gain');
  });

  it('has no other name that two norms share, or that is a type', () => {
    const plain = (name: string) => name.toLowerCase().replace(/[^a-z0-9]/g, '');
    const names = Object.values(norms).flatMap(({ type, title, alsoKnownAs = [] }) =>
      [...new Set([type, title, ...alsoKnownAs].map(plain))].map((name) => ({ name, type })),
    );
    const shared = names.filter(({ name }, i) => names.findIndex((other) => other.name === name) !== i);
    expect(shared).to.deep.equal([]);
  });

  it('tells every norm apart, in every word that a reader sees', () => {
    for (const key of ['title', 'about'] as const) {
      const texts = normalizationTypes.map((type) => norms[type][key]);
      expect(new Set(texts).size, key).to.equal(texts.length);
    }
    for (const type of normalizationTypes) {
      const norm = norms[type];
      const claims = Object.values(norm.invariants).map(({ claim }) => claim);
      const sentences = [norm.about, norm.useCase, ...(norm.notes ?? []), ...claims].concat(
        Object.values({ ...norm.options, ...norm.parameters, ...norm.state }).map(({ about }) => about),
        [...(norm.inputs ?? []), ...(norm.outputs ?? [])].map(({ about }) => about),
        norm.gradient ? [norm.gradient.about] : [],
      );
      expect(new Set(claims).size, type).to.equal(claims.length);
      for (const sentence of sentences) expect(sentence, type).to.match(/\.$/);
    }
  });

  it('keeps the shape where it says that it does', () => {
    for (const type of normalizationTypes)
      expect('keepsShape' in norms[type].invariants, type).to.equal(!norms[type].outputs);
  });

  it('says in words when an input or output is there', () => {
    for (const type of normalizationTypes) {
      const { inputs = [], outputs = [] }: Norm = norms[type];
      for (const { name, when, condition } of [...inputs, ...outputs])
        expect(condition !== undefined, `${type}.${name}`).to.equal(when !== undefined);
      // A missing element of a tuple is at its end.
      const whens = outputs.map(({ when }) => when !== undefined);
      expect([...whens].sort()).to.deep.equal(whens);
    }
  });
});
