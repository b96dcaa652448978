import { expect } from 'chai';
import { type Dtype, type NdArray, fromSource, map, reshape, zip } from '../../src/array/index.js';
import type { Invariant, Trial } from '../../src/norms/invariants.js';
import { trial } from '../../src/norms/invariants.js';
import type { Norm } from '../../src/norms/norm.js';
import { type NormalizationType, norms } from '../../src/norms/normalizations.js';
import { read } from '../../src/norms/option.js';

// A law that holds of everything says nothing: each must see a norm that is off by little, wherever it looks.

type AnyTrial = Trial<Readonly<Record<string, never>>>;
type Call = {
  readonly x: NdArray;
  readonly epsilon: number | undefined;
  readonly weights: Readonly<Record<string, number>>;
};
/** What is done to each output of a norm. */
type Tamper = (y: NdArray, call: Call, output: number) => NdArray;

/** Far above every rounding of float64, far below what anyone sees. */
const LITTLE = 1e-12;
const louder: Tamper = (y) => map(y, (value) => value * (1 + LITTLE));
const quieter: Tamper = (y) => map(y, (value) => value * (1 - LITTLE));
const higher: Tamper = (y) => map(y, (value) => value + LITTLE);
const times =
  (factor: number): Tamper =>
  (y) =>
    map(y, (value) => factor * value);
/** Only in some calls, or of some outputs. */
const when =
  (wanted: (call: Call, output: number) => boolean, tamper: Tamper): Tamper =>
  (y, call, output) =>
    wanted(call, output) ? tamper(y, call, output) : y;
const at = (weights: Readonly<Record<string, number>>, tamper: Tamper): Tamper =>
  when(
    (call) => Object.entries(weights).every(([name, value]) => Object.is(call.weights[name], value)),
    tamper,
  );
const output = (i: number, tamper: Tamper): Tamper => when((_, which) => which === i, tamper);

/** Three samples of two rows of four: no two sizes are equal, so that no two axes can be confused. */
const X = Float64Array.of(
  ...[1, -0.5, 0.25, 2, -1.25, 0.75, 3, -2],
  ...[0.5, 0.25, -3, 1, 2.5, -1, 0.75, -0.25],
  ...[-2, 1.5, 1, -0.75, 0.5, 3, -1.5, 0.25],
);
const EPSILON = 0.01;

const lawOf = (type: NormalizationType, name: string): Invariant<never> =>
  (norms[type] as Norm).invariants[name] as Invariant<never>;

function trialOf(
  type: NormalizationType,
  given: object = {},
  { data = X, dtype = 'float64' as Dtype, shape = [3, 2, 4] as readonly number[] } = {},
): Trial<never> {
  const norm: Norm = norms[type];
  const { values } = read(
    type,
    norm.options,
    'epsilon' in norm.options ? { epsilon: EPSILON, ...given } : given,
  );
  return trial(norm, fromSource(data, { shape, dtype }), values) as unknown as Trial<never>;
}

const tampered = (honest: Trial<never>, tamper: Tamper): Trial<never> => {
  const { run } = honest as AnyTrial;
  return {
    ...honest,
    run(x, changes, weights = {}) {
      const call = { x, weights, epsilon: (changes as { epsilon?: number } | undefined)?.epsilon };
      const [head, ...tail] = run(x, changes, weights).map((y, i) => tamper(y, call, i));
      return [head!, ...tail];
    },
  };
};

/** A law, the norm to try it on, and wrong ones made of that, all of which it must see. */
type Case = readonly [law: string, type: NormalizationType, options: object, ...tampers: Tamper[]];

const changed = (call: Call): boolean => call.epsilon !== undefined;
const several = (call: Call): boolean => call.x.shape[0]! > 1;
const featureApart: Tamper = (y) =>
  zip(y, fromSource(Float64Array.of(LITTLE, -LITTLE, 0, 0)), (value, off) => value + off);

const CASES: readonly Case[] = [
  ['keepsShape', 'rms_norm', {}, (y) => reshape(y, [24])],
  [
    'scalingLaw',
    'rms_norm',
    {},
    when((call) => changed(call) && call.epsilon! < EPSILON, louder),
    when((call) => changed(call) && call.epsilon! > 2 ** 900, louder),
  ],
  ['shiftInvariant', 'layer_norm', {}, when((call) => call.x.data[0] !== X[0], higher)],
  ['samplesApart', 'rms_norm', {}, when(several, louder)],
  ['samplesAlwaysApart', 'global_response_norm', {}, when(several, louder)],
  ['oddFunction', 'rms_norm', {}, higher],
  [
    'withinOne',
    'max_logit_norm',
    {},
    (y) => map(y, (value) => (value > 0 ? 1 + LITTLE : value)),
    (y) => map(y, (value) => (value < 0 ? -1 - LITTLE : value)),
  ],
  ['neverShrinks', 'global_response_norm', {}, (_, { x }) => quieter(x, {} as Call, 0), times(-1)],
  ['identityWithoutWeights', 'global_response_norm', {}, at({ gamma: 0, beta: 0 }, louder)],
  ['cosineTimesLength', 'decoupled_max_logit', {}, output(1, louder), output(2, quieter)],
  ['combinedScore', 'decoupled_max_logit', { constant: 3 }, ...[0, 1, 2].map((i) => output(i, louder))],
  ['cosineLaw', 'dml_plus_focal', {}, louder],
  ['lengthLaw', 'dml_plus_center', {}, output(0, quieter)],
  ['sameTwice', 'dml_plus_center', {}, output(1, louder)],
  ['responseMean', 'global_response_norm', {}, louder, higher],
  ['unitMeanSquare', 'rms_norm', { axis: 1 }, louder, quieter],
  ['unitVariance', 'layer_norm', { axis: 1 }, louder, quieter],
  ['zeroMean', 'layer_norm', { axis: [0, 1] }, higher],
  ['zeroMeanPerFeature', 'batch_norm', {}, higher, featureApart],
  ['bandLaw', 'band_rms', {}, ...[-1, 0, 0.25, 5].map((b) => at({ band_param: b }, quieter))],
  [
    'bandLimits',
    'adaptive_band_rms',
    { axis: [1, 2] },
    ...[
      { kernel: 0, bias: 0 },
      { kernel: 2, bias: -1 },
      { kernel: -1, bias: 0.5 },
    ].flatMap((weights) => [at(weights, times(1.2)), at(weights, times(0.8))]),
  ],
  ['bandStart', 'adaptive_band_rms', { axis: [1, 2] }, louder],
  [
    'lengthBand',
    'band_logit_norm',
    { axis: 1, maxBandWidth: 0.1 },
    ...[
      { gamma: 1, beta: 0 },
      { gamma: 0, beta: 10 },
      { gamma: 3, beta: -2 },
    ].flatMap((weights) => [at(weights, times(1.2)), at(weights, times(0.8))]),
  ],
  [
    'constantLength',
    'band_logit_norm',
    {},
    ...[0, 0.25, -0.125].map((beta) => at({ gamma: 3, beta }, louder)),
  ],
  ['flooredLength', 'logit_norm', {}, louder],
  ['unitSumOfSquares', 'max_logit_norm', {}, louder],
];

describe('the laws', () => {
  for (const [name, type, options, ...tampers] of CASES) {
    it(`${name} is kept by ${type}, and by none that is a little off`, () => {
      const law = lawOf(type, name);
      const honest = trialOf(type, options);
      expect(law.applies?.(honest) ?? true).to.equal(true);
      expect(law.deviation(honest)).to.be.at.most(law.bound(honest));
      tampers.forEach((tamper, i) => {
        const wrong = tampered(honest, tamper);
        expect(law.deviation(wrong), `tampered ${i}`).to.be.above(law.bound(wrong));
      });
    });
  }

  it('allow what rounding may do, by the count of numbers and by their dtype', () => {
    const n = 24;
    const bounds: readonly (readonly [string, NormalizationType, object, number])[] = [
      ['scalingLaw', 'rms_norm', {}, 0],
      ['shiftInvariant', 'layer_norm', {}, (4 * n + 32) * Math.sqrt(n)],
      ['unitMeanSquare', 'rms_norm', { axis: 1 }, 2 + 12],
      ['unitVariance', 'layer_norm', { axis: [0, 1] }, 4 * (6 + 12)],
      ['zeroMean', 'layer_norm', {}, 2 * 4 + 8],
      ['zeroMeanPerFeature', 'batch_norm', {}, 2 * n + 8],
      ['cosineTimesLength', 'decoupled_max_logit', {}, 4 * 3],
      ['cosineLaw', 'dml_plus_focal', {}, 4 + 12],
      ['lengthLaw', 'dml_plus_center', {}, 4 + 12],
      ['responseMean', 'global_response_norm', {}, (n + 24) * (4 + 1)],
    ];
    for (const dtype of ['float64', 'float32'] as const) {
      for (const [name, type, options, roundings] of bounds) {
        const tried = trialOf(type, options, { dtype });
        const unit = dtype === 'float64' ? 2 ** -53 : 2 ** -24;
        expect(lawOf(type, name).bound(tried) / unit, `${name} in ${dtype}`).to.be.closeTo(roundings, 1e-9);
      }
    }
    const tried = trialOf(
      'decoupled_max_logit',
      { constant: 3 },
      { data: Float64Array.of(3, 4), shape: [1, 2] },
    );
    const length = Math.sqrt(25 + EPSILON);
    expect(lawOf('decoupled_max_logit', 'combinedScore').bound(tried) / 2 ** -53).to.be.closeTo(
      4 * (1 + 3 / length),
      1e-9,
    );
  });

  it('know where they do not apply', () => {
    const applies = (name: string, type: NormalizationType, options: object) =>
      lawOf(type, name).applies!(trialOf(type, options));
    for (const name of ['bandLimits', 'bandStart']) {
      expect(applies(name, 'adaptive_band_rms', { epsilon: 1 })).to.equal(true);
      expect(applies(name, 'adaptive_band_rms', { epsilon: 1.01 })).to.equal(false);
    }
    expect(applies('bandLaw', 'band_rms', { epsilon: 1 })).to.equal(true);
    expect(applies('bandLaw', 'band_rms', { epsilon: 1.01 })).to.equal(false);
    expect(applies('samplesApart', 'rms_norm', { axis: [0, 1] })).to.equal(false);
    expect(applies('samplesApart', 'rms_norm', { axis: -2 })).to.equal(true);
    expect(applies('constantLength', 'band_logit_norm', { axis: 1 })).to.equal(false);
    expect(applies('constantLength', 'band_logit_norm', { axis: 2 })).to.equal(true);
  });
});

describe('a trial', () => {
  it('gives a norm weights and statistics in the dtype of its input', () => {
    const seen: string[] = [];
    const { batch_norm } = norms;
    const curious: typeof batch_norm = {
      ...batch_norm,
      apply(x, weights, options, situation) {
        for (const { dtype } of [...Object.values(weights), ...Object.values(situation.state)])
          seen.push(dtype);
        return batch_norm.apply(x, weights, options, situation);
      },
    };
    const { values } = read('batch_norm', batch_norm.options, {});
    const x = fromSource(Float64Array.of(1, 2, 3, 4), { shape: [2, 2] });
    const { run } = trial(curious, x, values);
    run(x);
    run(x, {}, { gamma: 2 });
    expect(seen).to.deep.equal(Array(8).fill('float64'));
  });
});
