import { expect } from 'chai';
import {
  type NdArray,
  distance,
  flat,
  fromSource,
  full,
  map,
  mean,
  reshape,
  zip,
} from '../../src/array/index.js';
import { type Trial, trial } from '../../src/norms/laws/index.js';
import type { Norm } from '../../src/norms/norm.js';
import { read } from '../../src/norms/option.js';
import { type NormalizationType, normalizationTypes, norms } from '../support/every-norm.js';

// A law that holds of everything says nothing: each must see a norm that is off by little, wherever it looks.

type Applied = ReturnType<Norm['apply']>;
interface Call {
  readonly x: NdArray;
  readonly weights: Readonly<Record<string, NdArray | undefined>>;
  readonly state: Readonly<Record<string, NdArray>>;
  readonly inputs: Readonly<Record<string, NdArray | undefined>>;
  readonly options: object;
  readonly epsilon: number;
  readonly training: boolean;
}
type Change = (a: NdArray, call: Call) => NdArray;
/** A norm that does what another does, and then something to what came of it. */
type Wrong = (honest: Norm) => Norm;

const wrong =
  (change: (result: Applied, call: Call) => Applied): Wrong =>
  (honest) => ({
    ...honest,
    apply(x, weights, options, situation) {
      const { epsilon = 0 } = options as { epsilon?: number };
      const { state, training, inputs = {} } = situation as typeof situation & Partial<Call>;
      const call = { x, weights, state, inputs, options, epsilon, training };
      return change(honest.apply(x, weights, options, situation), call);
    },
  });

const list = (value: NdArray | readonly NdArray[]): readonly NdArray[] =>
  Array.isArray(value) ? value : [value as NdArray];

/** One output, or all of them. */
const inValue = (change: Change, only?: number): Wrong =>
  wrong((result, call) => {
    const values = list(result.value).map((y, i) => (only === undefined || i === only ? change(y, call) : y));
    return { ...result, value: Array.isArray(result.value) ? values : values[0]! };
  });

const inGradient = (name: string, change: Change): Wrong =>
  wrong((result, call) => ({
    ...result,
    pullback(gradient) {
      const pulled = result.pullback(gradient) as Record<string, NdArray> & { readonly x: NdArray };
      const own = pulled[name];
      return own ? { ...pulled, [name]: change(own, call) } : pulled;
    },
  }));

const changedIn = (arrays: Readonly<Record<string, NdArray | undefined>>, change: Change, call: Call) =>
  Object.fromEntries(Object.entries(arrays).map(([name, a]) => [name, a && change(a, call)]));

const inState = (change: Change): Wrong =>
  wrong((result, call) => ({
    ...result,
    ...(result.state && { state: changedIn(result.state, change, call) }),
  }));

/** In the weights that a call sets. */
const inStart = (change: Change): Wrong =>
  wrong((result, call) => ({
    ...result,
    ...(result.parameters && { parameters: changedIn(result.parameters, change, call) }),
  }));

/** In the running statistics that the backward pass leaves. */
const inBackwardState = (change: Change): Wrong =>
  wrong((result, call) => ({
    ...result,
    ...(result.backwardState && {
      backwardState: (gradient, state) => changedIn(result.backwardState!(gradient, state), change, call),
    }),
  }));

/** Far above every rounding of float64, far below what anyone sees. */
const LITTLE = 1e-9;
const louder: Change = (a) => map(a, (value) => value * (1 + LITTLE));
const higher: Change = (a) => map(a, (value) => value + LITTLE);
const times =
  (factor: number): Change =>
  (a) =>
    map(a, (value) => factor * value);
const uneven: Change = (a) => map(a, (value) => value + LITTLE * Math.abs(value));
const first: Change = (a) =>
  fromSource(
    Float64Array.from(flat(a), (v, i) => (i ? v : v + LITTLE)),
    { shape: a.shape },
  );
/** Only in some calls. */
const when =
  (wanted: (call: Call) => boolean, change: Change): Change =>
  (a, call) =>
    wanted(call) ? change(a, call) : a;
const withX: Change = (a, { x }) =>
  a.size === x.size
    ? zip(a, reshape(x, a.shape), (value, own) => value + LITTLE * own)
    : louder(a, {} as Call);
const withSize: Change = (a, { x }) => {
  const [size] = mean(
    map(x, Math.abs),
    x.shape.map((_, i) => i),
  ).data;
  return map(a, (value) => value * (1 + LITTLE / (1 + size!)) + LITTLE * size!);
};
const withBatch: Change = (a, { x }) => map(a, (value) => value * (1 + LITTLE * x.shape[0]!));

/** By how many weights there are, and by what the running statistics were. */
const withWeights: Change = (a, { weights }) => {
  const count = Object.values(weights).filter((weight) => weight !== undefined).length;
  return map(a, (value) => value * (1 + LITTLE * count));
};
const withState: Change = (a, { state }) => {
  const [statistic] = Object.values(state);
  return statistic ? map(a, (value) => value * (1 + LITTLE * statistic.data[0]!)) : a;
};

/** By the inputs besides x, and by how many options are switched on. */
const withInputs: Change = (a, { inputs }) => {
  const sizes = Object.values(inputs).map((input) => distance(input!, full([], 0, input!.dtype)));
  const size = sizes.reduce((sum, one) => sum + one, 0);
  return map(a, (value) => value * (1 + LITTLE * size));
};
const withOptions: Change = (a, { options }) => {
  const count = Object.values(options).filter((value) => value === true).length;
  return map(a, (value) => value * (1 + LITTLE * count));
};

const CHANGES: Readonly<Record<string, Change>> = {
  louder,
  higher,
  uneven,
  first,
  withX,
  withSize,
  withBatch,
  withWeights,
  withState,
  trained: when(({ training }) => training, louder),
  withInputs,
  withOptions,
  gone: times(0),
  turned: times(-1),
  tripled: times(3),
  shrunk: times(0.1),
};
/** Wrong norms of every kind. */
const wrongOnes = ({ parameters, inputs = [], outputs = [], state }: Norm): readonly Wrong[] =>
  Object.values(CHANGES).flatMap((change) => [
    inValue(change),
    ...['x', ...Object.keys(parameters), ...inputs.map(({ name }) => name)].map((name) =>
      inGradient(name, change),
    ),
    ...outputs.map((_, i) => inValue(change, i)),
    ...(state ? [inState(change), inStart(change), inBackwardState(change)] : []),
  ]);

/** No two sizes are equal, so that no two axes can be confused. */
const X = Float64Array.of(
  ...[1, -0.5, 0.25, 2, -1.25, 0.75, 3, -2],
  ...[0.5, 0.25, -3, 1, 2.5, -1, 0.75, -0.25],
  ...[-2, 1.5, 1, -0.75, 0.5, 3, -1.5, 0.25],
);
const ordinary = fromSource(X, { shape: [3, 2, 4] });
const EPSILON = 0.01;

/** 1 but for one in so many, which is 0. */
const every = (n: number): (() => number) => {
  let i = 0;
  return () => (i++ % n ? 1 : 0);
};

/** The options that a norm has. */
const knownTo = (norm: Norm, given: object): object =>
  Object.fromEntries(Object.entries({ epsilon: EPSILON, ...given }).filter(([name]) => name in norm.options));

function trialOf(norm: Norm, x: NdArray, given: object, training = true, some = false): Trial<never> {
  const { values } = read(norm.type, norm.options, knownTo(norm, given));
  const shape = some ? norm.mask?.shape(x.shape, values) : undefined;
  const mask = shape && map(full(shape, 0, 'float64'), every(2));
  return trial(norm, x, values, { training, mask }) as unknown as Trial<never>;
}

const sees = (
  type: NormalizationType,
  law: string,
  bad: Wrong,
  ...on: [NdArray, object, boolean?, boolean?]
): boolean => {
  const invariant = (norms[type] as Norm).invariants[law]!;
  const tried = trialOf(bad(norms[type]), ...on);
  const deviation = invariant.deviation(tried);
  return !(deviation <= invariant.bound(tried));
};

/** An input, options, and whether it is in training, with a mask. */
type Occasion = readonly [NdArray, object, boolean?, boolean?];

/** Inputs and options among which every law has something to say. */
const OCCASIONS: readonly Occasion[] = [
  [ordinary, {}],
  [ordinary, { axis: 1 }],
  [ordinary, { groups: 2 }],
  [ordinary, { epsilonPlacement: 'outside' }],
  [ordinary, { useGain: true }],
  [ordinary, { normFirst: false }],
  [ordinary, { normFirst: false, activation: 'linear' }],
  [ordinary, { groupSize: 2 }],
  [ordinary, { size: 2 }],
  [ordinary, { heads: 2 }],
  [ordinary, { kind: 'layer_norm' }],
  [ordinary, { kind: 'l2' }],
  ...['rms_norm', 'batch_norm', 'none'].map((norm): [NdArray, object] => [ordinary, { norm }]),
  [ordinary, { gate: true }],
  [ordinary, { norm: 'instance_norm' }, true, true],
  [ordinary, { norm: 'batch_norm' }, true, true],
  [ordinary, { useBias: true }],
  [ordinary, { epsilonPlacement: 'outside', offset: 0.5 }],
  [ordinary, { statistic: 'causal' }],
  [ordinary, { virtualBatchSize: 2 }],
  [ordinary, { invert: true }],
  [ordinary, { rMax: 1, dMax: 0 }],
  [ordinary, { rMax: 1, dMax: 0 }, true, true],
  [ordinary, {}, false],
  [ordinary, {}, true, true],
  [ordinary, { epsilon: 4 }],
  [map(ordinary, (value) => value / 64), { epsilon: 4 }],
  [map(ordinary, (value) => value / 64), { epsilon: 0.5 }],
  [map(ordinary, (value) => value * 100), { axis: [1, 2], alphaInitValue: 2 }],
  [fromSource(X.slice(0, 6), { shape: [3, 2] }), {}],
  [fromSource(X.slice(0, 4), { shape: [4, 1] }), {}],
  [fromSource(X.slice(0, 4), { shape: [4, 1] }), { axis: 1 }],
  [fromSource(X.slice(0, 4), { shape: [1, 4] }), {}],
  [fromSource(X.slice(0, 8), { shape: [4, 2] }), { axis: 0 }],
  [fromSource(X.slice(0, 8), { shape: [4, 2] }), { virtualBatchSize: 2 }],
  [fromSource(X.slice(0, 8), { shape: [4, 2] }), { rMax: 1, dMax: 0 }],
  [fromSource(X.slice(0, 4), { shape: [2, 2] }), { rMax: 1, dMax: 0 }],
  [fromSource(X.slice(0, 16), { shape: [1, 4, 2, 2] }), { axis: 1 }],
  [fromSource(X.slice(0, 6), { shape: [3, 1, 2] }), {}],
];

/** The occasions that differ by options which a norm has. */
function occasionsOf(norm: Norm): readonly Occasion[] {
  const own = new Map<string, Occasion>();
  for (const occasion of OCCASIONS) {
    const [x, given, ...others] = occasion;
    const key = JSON.stringify([x.shape, [...flat(x)], knownTo(norm, given), others]);
    if (!own.has(key)) own.set(key, occasion);
  }
  return [...own.values()];
}

describe('no law is idle', () => {
  for (const type of normalizationTypes) {
    const norm: Norm = norms[type];
    const occasions = occasionsOf(norm);
    for (const [law, { applies, deviation, bound }] of Object.entries(norm.invariants)) {
      if (law === 'keepsShape') continue;
      it(`${law} of ${type}`, () => {
        let isTried = false;
        const fits = ([x, given, training, some]: Occasion): boolean => {
          try {
            const tried = trialOf(norm, x, given, training, some);
            if (norm.accepts && norm.accepts(x.shape, tried.options as never) !== true) return false;
            if (!(applies?.(tried) ?? true) || !(deviation(tried) <= bound(tried))) return false;
            return (isTried = true);
          } catch {
            return false; // An axis that this input lacks.
          }
        };
        const wrong = wrongOnes(norm);
        const seen = occasions.some(
          (occasion) => fits(occasion) && wrong.some((bad) => sees(type, law, bad, ...occasion)),
        );
        expect(isTried, 'an occasion on which it holds').to.equal(true);
        expect(seen, 'a wrong norm that it sees').to.equal(true);
      });
    }
  }
});

const at = (weights: Readonly<Record<string, number>>, change: Change): Wrong =>
  inValue(
    when(
      (call) => Object.entries(weights).every(([name, value]) => call.weights[name]?.data[0] === value),
      change,
    ),
  );

/** Wrong in one call of several only, or just outside what is allowed. */
const NARROW: readonly (readonly [law: string, type: NormalizationType, given: object, ...wrong: Wrong[]])[] =
  [
    [
      'scalingLaw',
      'rms_norm',
      {},
      inValue(when(({ epsilon }) => epsilon < EPSILON, louder)),
      inValue(when(({ epsilon }) => epsilon > 2 ** 900, louder)),
    ],
    ['shiftInvariant', 'layer_norm', {}, inValue(when(({ x }) => x.data[0] !== X[0], higher))],
    [
      'zeroMeanPerFeature',
      'batch_norm',
      {},
      inValue((y) => zip(y, fromSource([1, -1, 0, 0]), (v, off) => v + LITTLE * off)),
    ],
    [
      'withinOne',
      'max_logit_norm',
      {},
      inValue((y) => map(y, (value) => (value > 0 ? 1 + LITTLE : value))),
      inValue((y) => map(y, (value) => (value < 0 ? -1 - LITTLE : value))),
    ],
    [
      'neverShrinks',
      'global_response_norm',
      {},
      inValue((_, { x }) => map(x, (value) => value * (1 - LITTLE))),
      inValue(times(-1)),
    ],
    ['identityWithoutWeights', 'global_response_norm', {}, at({ gamma: 0, beta: 0 }, louder)],
    ['bandLaw', 'band_rms', {}, ...[-1, 0, 0.25, 5].map((b) => at({ band_param: b }, louder))],
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
  ];

describe('a law looks everywhere', () => {
  for (const [law, type, given, ...bad] of NARROW) {
    it(`${law} of ${type}`, () => {
      bad.forEach((one, i) =>
        expect(sees(type, law, one, ordinary, given), `wrong norm ${i}`).to.equal(true),
      );
    });
  }

  it('and knows where it has nothing to say', () => {
    const applies = (law: string, type: NormalizationType, given: object) =>
      (norms[type] as Norm).invariants[law]!.applies!(trialOf(norms[type], ordinary, given));
    for (const [law, type] of [
      ['bandLimits', 'adaptive_band_rms'],
      ['bandStart', 'adaptive_band_rms'],
      ['bandLaw', 'band_rms'],
    ] as const) {
      expect(applies(law, type, { epsilon: 1 }), law).to.equal(true);
      expect(applies(law, type, { epsilon: 1.01 }), law).to.equal(false);
    }
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
        for (const array of [...Object.values(weights), ...Object.values(situation.state)])
          seen.push(array!.dtype);
        return batch_norm.apply(x, weights, options, situation);
      },
    };
    const { values } = read('batch_norm', batch_norm.options, {});
    const { run } = trial(curious, fromSource(Float64Array.of(1, 2, 3, 4), { shape: [2, 2] }), values);
    run(ordinary);
    run(ordinary, {}, { gamma: 2 });
    expect(seen).to.deep.equal(Array(8).fill('float64'));
  });
});
