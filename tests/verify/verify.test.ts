import { expect } from 'chai';
import {
  type Axes,
  type NdArray,
  add,
  fromSource,
  full,
  map,
  mean,
  mul,
  positiveAxes,
  scale,
  sizeOf,
  sub,
} from '../../src/array/index.js';
import { NormtapeError } from '../../src/error.js';
import { type Norm, type OptionsOf, norm } from '../../src/norms/norm.js';
import { createNormalizationLayer, normalizationTypes, norms } from '../../src/norms/normalizations.js';
import * as option from '../../src/norms/option.js';
import { claimsOf } from '../../src/verify/claims.js';
import { reportMarkdown, reportText, verification, verifyNormalization } from '../../src/verify/index.js';
import { failure } from '../support/failure.js';

type Applied = ReturnType<Norm['apply']>;

/** A norm with its results tampered with. */
const tampered = (
  definition: Norm,
  tamper: (applied: Applied, x: NdArray, options: OptionsOf<Norm>, training: boolean) => Applied,
): Norm => ({
  ...definition,
  apply(x, parameters, options, situation) {
    return tamper(definition.apply(x, parameters, options, situation), x, options, situation.training);
  },
});

const pulling = (change: (dx: NdArray, x: NdArray) => NdArray) => (applied: Applied, x: NdArray) => ({
  ...applied,
  pullback: (g: Parameters<Applied['pullback']>[0]) => {
    const pulled = applied.pullback(g);
    return { ...pulled, x: change(pulled.x, x) };
  },
});

const weighing =
  (name: string, change: (dw: NdArray, x: NdArray) => NdArray) => (applied: Applied, x: NdArray) => ({
    ...applied,
    pullback: (g: Parameters<Applied['pullback']>[0]) => {
      const pulled = applied.pullback(g);
      const weight = (pulled as Readonly<Record<string, NdArray | undefined>>)[name];
      return { ...pulled, ...(weight && { [name]: change(weight, x) }) };
    },
  });

const valued = (change: (y: NdArray, x: NdArray) => NdArray) => (applied: Applied, x: NdArray) => ({
  ...applied,
  value: change(applied.value as NdArray, x),
});

const broken = (subject: Norm, options = {}): readonly string[] =>
  verifyNormalization(subject, { runs: 25, seed: 3, ...options })
    .claims.filter(({ held }) => !held)
    .map(({ name }) => name);

/** Wrong norms, and claims that must name what is wrong with each; others may be broken with them. */
const WRONG: readonly (readonly [string, Norm, ...string[]])[] = [
  [
    'an x̂ that is a little too long',
    tampered(
      norms.rms_norm,
      valued((y) => scale(y, 1 + 1e-5)),
    ),
    'unitFormula',
  ],
  [
    'a gradient that grows a little',
    tampered(
      norms.rms_norm,
      pulling((dx) => scale(dx, 1 + 1e-5)),
    ),
    'gradients',
    'radialGradient',
  ],
  [
    'a radial part that is left in',
    tampered(
      norms.rms_norm,
      pulling((dx, x) => add(dx, scale(x, 1e-3))),
    ),
    'gradients',
    'linearPullback',
    'radialGradient',
  ],
  [
    'a shifted gradient',
    tampered(
      norms.layer_norm,
      pulling((dx) => map(dx, (d) => d + 1e-3)),
    ),
    'zeroSumGradient',
  ],
  [
    'gains that learn from an average',
    tampered(
      norms.rms_norm,
      weighing('scale', (dw, x) => scale(dw, 1 / x.shape[0]!)),
    ),
    'learnedGradients',
    'silentSamples',
  ],
  [
    'shifts that learn twice',
    tampered(
      norms.layer_norm,
      weighing('beta', (dw) => scale(dw, 2)),
    ),
    'shiftGradient',
    'learnedGradients',
  ],
  [
    'samples that touch each other',
    tampered(
      norms.rms_norm,
      valued((y, x) => add(y, scale(mean(x, 0), 1e-6))),
    ),
    'samplesApart',
    'gradientsApart',
  ],
  [
    'an offset that is not taken off',
    tampered(
      norms.zero_centered_rms_norm,
      valued((y) => map(y, (value) => value + 1e-9)),
    ),
    'zeroMean',
    'constantRows',
    'oddFunction',
  ],
  [
    'training that differs from inference',
    tampered(norms.band_rms, (applied, _, __, training) =>
      training ? applied : { ...applied, value: scale(applied.value as NdArray, 0.5) },
    ),
    'trainingAlike',
  ],
  [
    'statistics that inference moves',
    tampered(norms.batch_norm, (applied, _, __, training) =>
      training ? applied : ({ ...applied, state: { moving_mean: full([1], 9, 'float64') } } as Applied),
    ),
    'inferenceKeeps',
  ],
  [
    'a variance of n − 1 in the running statistics',
    tampered(norms.batch_norm, (applied) => {
      const state = (applied as { readonly state?: Readonly<Record<string, NdArray>> }).state;
      return state
        ? ({
            ...applied,
            state: { ...state, moving_variance: scale(state['moving_variance']!, 1.1) },
          } as Applied)
        : applied;
    }),
    'runningBlend',
  ],
  [
    'an input that is written to',
    tampered(norms.rms_norm, (applied, x) => {
      x.data[x.offset] = x.data[x.offset]! * 2 + 1;
      return applied;
    }),
    'nothingWritten',
  ],
  [
    'a dtype that is lost',
    tampered(
      norms.rms_norm,
      valued((y) => map(full(y.shape, 0, 'float64'), () => 1)),
    ),
    'formsKept',
  ],
  [
    'an output that is not finite for huge numbers',
    tampered(
      norms.rms_norm,
      valued((y, x) =>
        add(
          y,
          map(x, (value) => (Math.abs(value) > 1e30 ? Infinity : 0)),
        ),
      ),
    ),
    'finite',
  ],
  [
    'views that are read as if they were not',
    tampered(norms.dynamic_tanh, (applied, x) => ({
      ...applied,
      value: add(
        applied.value as NdArray,
        map(full(x.shape, 0, x.dtype), () => x.data[0]! * 1e-3),
      ),
    })),
    'viewsRead',
  ],
  [
    'a worked example that is another',
    { ...norms.max_logit_norm, example: { x: [3, 4], parameters: {}, y: [0.6, 0.9] } } as Norm,
    'example',
  ],
  [
    'an apply that throws',
    tampered(norms.logit_norm, (applied, x) => {
      if (x.shape.length > 2) throw new Error('no room');
      return applied;
    }),
    'gradients',
  ],
  [
    'an even function that is said to be odd',
    tampered(
      norms.max_logit_norm,
      valued((y) => map(y, Math.abs)),
    ),
    'oddFunction',
    'sameOrder',
  ],
  [
    'a response that comes from other samples',
    tampered(
      norms.global_response_norm,
      valued((y, x) => add(y, scale(sub(x, mean(x, 0)), 1e-6))),
    ),
    'responseFormula',
    'gradientsApart',
  ],
  [
    'a gain that is felt by the gradient of the cosine',
    tampered(
      norms.dml_plus_focal,
      pulling((dx) =>
        mul(
          dx,
          map(dx, () => 1.001),
        ),
      ),
    ),
    'cosineGradient',
  ],
];

describe('verifyNormalization', () => {
  for (const [what, wrong, ...names] of WRONG) {
    it(`sees ${what}`, function () {
      this.timeout(60_000);
      expect(broken(wrong)).to.include.members(names);
    });
  }

  it('finds the same for the same seed, and other cases for another', () => {
    const wrong = tampered(
      norms.rms_norm,
      pulling((dx) => scale(dx, 1.5)),
    );
    const options = { runs: 30, only: ['radialGradient', 'gradients'] };
    const report = verifyNormalization(wrong, { ...options, seed: 4 });
    expect(verifyNormalization(wrong, { ...options, seed: 4 })).to.deep.equal(report);
    expect(verifyNormalization(wrong, { ...options, seed: 5 })).not.to.deep.equal(report);
    expect(JSON.parse(JSON.stringify(report))).to.deep.equal(report);
  });

  it('brings a counterexample back by its seed and path, and shrinks it to quarters', () => {
    const wrong = tampered(
      norms.rms_norm,
      pulling((dx) => scale(dx, 1.5)),
    );
    const options = { only: ['radialGradient'] };
    const [claim] = verifyNormalization(wrong, { ...options, runs: 60, seed: 9 }).claims;
    const { seed, path, dtype, given } = claim!.counterexample!;
    const again = verifyNormalization(wrong, { ...options, seed, path, dtype }).claims[0]!;
    expect(again.trials).to.equal(1);
    expect(again.counterexample!.given).to.deep.equal(given);
    const numbers = (given['x'] as readonly unknown[]).flat(9) as number[];
    expect(numbers.every((value) => Number.isInteger(4 * value))).to.equal(true);
    expect(numbers.length).to.be.at.most(4);
  });

  it('says what is wrong, in text and in Markdown', () => {
    const wrong = tampered(
      norms.rms_norm,
      pulling((dx) => scale(dx, 2)),
    );
    const report = verifyNormalization(wrong, { runs: 10, seed: 1 });
    expect(reportText(report)).to.match(
      /^rms_norm: \d+ of \d+ claims broken \(10 runs in float64 and float32, seed 1\)/,
    );
    expect(reportText(report)).to.match(/BROKEN +gradients.*\n[^]*is off by a factor of 2/);
    expect(reportText(report)).to.match(
      /again with \{ only: \['gradients'\], dtype: 'float64', seed: \d+, path: '[\d:]+' \}/,
    );
    expect(reportMarkdown(report)).to.match(
      /^## rms_norm\n[^]*\| BROKEN \| `gradients` \|[^]*```text\nrms_norm breaks gradients/,
    );
    const right = verifyNormalization('rms_norm', {
      runs: 5,
      seed: 1,
      only: ['keepsShape', 'unitMeanSquare'],
    });
    expect(reportText(right)).to.match(/^rms_norm: all 2 claims held/);
    expect(reportText(right)).to.match(/held +keepsShape +10 trials +exact {2}The output/);
  });

  it('marks the corollaries of a formula, and reports them after what they follow from', () => {
    const longer = tampered(
      norms.rms_norm,
      valued((y) => scale(y, 1 + 1e-5)),
    );
    const report = verifyNormalization(longer, { runs: 10, seed: 1 });
    const of = (name: string) => report.claims.find((claim) => claim.name === name)!;
    for (const reason of ['formula', 'exact', 'unitFormula', 'scalingLaw'])
      expect(of(reason), reason).not.to.have.property('corollary');
    for (const law of ['unitMeanSquare', 'radialGradient', 'learnedGradients'])
      expect(of(law), law).to.have.property('corollary', true);
    const text = reportText(report);
    const places = [
      'breaks formula:',
      'breaks unitFormula:',
      'breaks unitMeanSquare, a corollary of its formula:',
    ];
    const found = places.map((place) => text.indexOf(`rms_norm ${place}`));
    expect(found).to.deep.equal([...found].sort((a, b) => a - b));
    expect(found[0]).to.be.above(0);
    expect(text).to.match(
      /BROKEN +unitFormula[^\n]*\n[^]*BROKEN +unitMeanSquare [^\n]*Corollary: [^\n]*mean square/,
    );
    const unstated = { ...norms.rms_norm, formula: undefined };
    const [law] = verifyNormalization(unstated, { runs: 2, only: ['unitMeanSquare'] }).claims;
    expect(law, 'without a formula').not.to.have.property('corollary');
  });

  it('takes a layer under its own options and weights', () => {
    const layer = createNormalizationLayer('layer_norm', {
      axis: [-1],
      epsilon: 0.25,
      gammaInitializer: 'zeros',
    });
    layer.build([5, 7], { dtype: 'float32' });
    layer.loadStateDict({ gamma: [1, -2, 3, 0.5, 0.1, 1, 1], beta: [0, 0, 0, 1, 1, 1, -9] });
    const before = layer.stateDict();
    const { ok, subject, claims } = verifyNormalization(layer, { runs: 20, seed: 2 });
    expect(reportText({ ok, subject, claims, seed: 2, runs: 20, dtypes: [] })).to.match(/^layer_norm: all/);
    expect(layer.stateDict()).to.deep.equal(before);
    const batch = createNormalizationLayer('batch_norm', { axis: 1 });
    batch.build([4, 6]);
    expect(verifyNormalization(batch, { runs: 15, seed: 2 }).ok).to.equal(true);
    expect(verifyNormalization(createNormalizationLayer('rms_norm', { axis: 0 }), { runs: 10 }).ok).to.equal(
      true,
    );
  });

  it('tries a claim in the dtypes that are wanted', () => {
    const trials = (dtype?: 'float32') => {
      const [claim] = verifyNormalization('rms_norm', { runs: 12, dtype, only: ['formsKept'] }).claims;
      return claim!.trials;
    };
    expect([trials(), trials('float32')]).to.deep.equal([24, 12]);
  });

  it('goes step by step for those who show progress', () => {
    const steps = verification('max_logit_norm', { runs: 60, only: ['keepsShape'] });
    const seen = [];
    let step = steps.next();
    for (; !step.done; step = steps.next()) seen.push(step.value);
    expect(seen).to.deep.equal([25, 50, 60, 85, 110, 120].map((done) => ({ done, total: 120 })));
    expect(step.value.ok).to.equal(true);
  });

  it('refuses what it cannot verify', () => {
    const verify = verifyNormalization as (subject: unknown, options?: object) => unknown;
    expect(failure(() => verify('layernorm'))).to.match(/Did you mean layer_norm\?$/);
    expect(failure(() => verify({ type: 'mine' }))).to.match(
      /a type, a definition made with norm\(…\), or a layer/,
    );
    expect(failure(() => verify('rms_norm', { only: ['gradient'] }))).to.match(/Did you mean gradients\?$/);
    expect(failure(() => verify('rms_norm', { runs: 0 }))).to.match(
      /runs: expected a whole number from 1, received 0/,
    );
    expect(failure(() => verify('rms_norm', { seed: 0.5 }))).to.match(
      /seed: expected an integer, received 0.5/,
    );
    expect(failure(() => verify('rms_norm', { dtype: 'float16' }))).to.match(
      /float32 or float64, received "float16"/,
    );
    const twice = { ...norms.rms_norm, invariants: { gradients: norms.rms_norm.invariants.keepsShape } };
    expect(failure(() => verify(twice))).to.match(/names that no other claim has, received "gradients"/);
  });
});

describe('the claims of the catalog', () => {
  for (const type of normalizationTypes) {
    it(`${type} has none that is never tried`, function () {
      this.timeout(60_000);
      const names = claimsOf(norms[type]).map(({ name }) => name);
      expect(new Set(names).size).to.equal(names.length);
      let untried = names;
      // Most are tried on the first cases; only those that are not need more.
      for (const [seed, runs] of [5, 20, 50, 50, 50, 50].entries()) {
        if (untried.length === 0) break;
        const { claims } = verifyNormalization(type, { runs, seed, only: untried, dtype: 'float64' });
        untried = claims.filter(({ trials }) => trials === 0).map(({ name }) => name);
      }
      expect(untried).to.deep.equal([]);
    });
  }

  it('hold for a norm that says nothing of what it couples', () => {
    const identity = norm({
      type: 'identity',
      title: 'Identity',
      about: 'Gives x back.',
      useCase: 'This test.',
      formula: 'y = x',
      reference: { authors: '', title: '', year: 2025, url: '' },
      options: { gain: option.number(1, 'Nothing.', { explore: [0, 1] }) },
      parameters: {},
      apply: (x) => ({ value: map(x, (value) => value), pullback: (g) => ({ x: g }) }),
      example: { x: [1], parameters: {}, y: [1] },
      invariants: {},
    });
    const report = verifyNormalization(identity, { runs: 20 });
    expect(report.ok, reportText(report)).to.equal(true);
    expect(report.claims.map(({ name }) => name)).not.to.include('gradientsApart');
  });
});

describe('a counterexample', () => {
  const wrong = (type: 'layer_norm' | 'batch_norm' | 'group_norm', spoil: (g: NdArray) => NdArray): Norm => {
    const right: Norm = norms[type];
    return {
      ...right,
      apply(x, weights, options, situation) {
        const applied = right.apply(x, weights, options, situation);
        return {
          ...applied,
          pullback(gradient) {
            const pulled = applied.pullback(gradient);
            return { ...pulled, x: spoil(pulled.x) };
          },
        };
      },
    };
  };

  for (const type of ['layer_norm', 'batch_norm', 'group_norm'] as const)
    it(`keeps two numbers a group: ${type}`, () => {
      const report = verifyNormalization(
        wrong(type, (x) => map(x, (v) => v + 1)),
        { only: ['gradients'], runs: 25 },
      );
      const { given } = report.claims[0]!.counterexample!;
      const { shape } = fromSource(given['x'] as number[]);
      const { axis } = given['options'] as { readonly axis?: Axes };
      const named = axis === undefined ? [] : positiveAxes(axis, shape.length).map((at) => shape[at]!);
      const group = {
        layer_norm: sizeOf(named),
        batch_norm: sizeOf(shape) / sizeOf(named),
        group_norm: sizeOf(shape.slice(1)),
      };
      expect(group[type]).to.be.at.least(2);
      expect(sizeOf(shape), 'small all the same').to.be.at.most(8);
    });

  it('has groups of one number if only those break the claim', () => {
    const lonely = wrong('layer_norm', (x) => (sizeOf(x.shape) === 1 ? map(x, () => 1) : x));
    const report = verifyNormalization(lonely, { only: ['alone'], runs: 100 });
    expect(report.ok).to.equal(false);
    expect(sizeOf(fromSource(report.claims[0]!.counterexample!.given['x'] as number[]).shape)).to.equal(1);
  });

  it('is refused under a path that is none', () => {
    for (const path of ['abc', '', '0:', '1.5', '0:99999:3'])
      expect(() => verifyNormalization('rms_norm', { only: ['gradients'], path }), path).to.throw(
        NormtapeError,
        'path: expected the path of a counterexample, such as 3:0:1',
      );
  });
});
