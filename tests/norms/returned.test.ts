import { expect } from 'chai';
import {
  type NdArray,
  type Norm,
  Dense,
  Sequential,
  array,
  foldNormalization,
  mean,
  norm,
  normalization,
  normalizeWeights,
  randomNormal,
  sum,
  valueAndGrad,
} from '../../src/index.js';
import { exportOnnx } from '../../src/io/index.js';
import { failure } from '../support/failure.js';

type Parts = Readonly<Record<string, unknown>>;

const owned = (initial: string, shape: (input: readonly number[]) => readonly number[]) => ({
  about: 'An array.',
  sizes: 'the features',
  shape,
  initial: () => initial as 'ones',
});

/** y = gain x, which counts its calls, as a user may write it; with other parts, and changes of what `apply` returns. */
function mine(parts: Parts = {}, change: (applied: Parts) => unknown = (applied) => applied): Norm {
  return norm({
    type: 'mine',
    title: 'Mine',
    about: 'Multiplies.',
    useCase: 'Tests.',
    reference: { authors: 'A', title: 'T', year: 2025, url: 'https://example.org' },
    options: {},
    parameters: { gain: owned('ones', (input) => [input.at(-1)!]) },
    state: { calls: owned('zeros', () => []) },
    apply(
      x: NdArray,
      { gain }: { readonly gain: NdArray },
      _: unknown,
      { training, state }: { readonly training: boolean; readonly state: { readonly calls: NdArray } },
    ) {
      const pullback = (g: NdArray) => ({
        x: array.mul(g, gain),
        gain: array.reshape(array.sum(array.mul(g, x), 0), gain.shape),
      });
      const moved = { state: { calls: array.add(state.calls, array.full([], 1, x.dtype)) } };
      return change({ value: array.mul(x, gain), pullback, ...(training && moved) }) as never;
    },
    example: { x: [[1, 2]], parameters: { gain: [1, 2] }, y: [[1, 4]], state: { calls: 1 } },
    invariants: {},
    ...parts,
  } as never) as Norm;
}

const x = randomNormal([3, 2], { seed: 1 });
const one = (shape: readonly number[], dtype: 'float32' | 'float64' = 'float32') =>
  array.full(shape, 1, dtype);

/** The error of a training step of a layer, after which its weights and statistics are what they were. */
function refusal(definition: Norm): string {
  const layer = normalization(definition);
  layer.build(x.shape, { dtype: x.dtype });
  const before = layer.stateDict();
  const forward = layer.forward as (input: typeof x) => typeof x;
  const step = () => valueAndGrad(() => sum(forward.call(layer, x)), layer);
  const message = failure(step);
  expect(layer.stateDict(), message).to.deep.equal(before);
  return message;
}

describe('what a definition of one’s own returns', () => {
  it('trains if it is right', () => {
    const layer = normalization(mine());
    const { gradients } = valueAndGrad(() => mean(layer.forward(x) as typeof x), layer);
    expect([...gradients]).to.have.lengthOf(1);
    expect(layer.stateDict()['calls']!.data[0]).to.equal(1);
  });

  it('is refused in words, before anything has changed, if apply returns no value with a pullback', () => {
    for (const returned of [
      undefined,
      null,
      3,
      { pullback: () => ({}) },
      { value: one([3, 2]) },
      { value: 3, pullback: () => ({}) },
      { value: [[1, 2]], pullback: () => ({}) },
      { value: new Float32Array(6), pullback: () => ({}) },
      { value: [one([3, 2]), one([3, 2])], pullback: () => ({}) },
    ])
      expect(refusal(mine({}, () => returned))).to.match(
        /^mine\.apply: expected \{ value, pullback \}, an NdArray and a function, received /,
      );
    const outputs = [
      { name: 'a', about: 'A.' },
      { name: 'b', about: 'B.' },
    ];
    expect(refusal(mine({ outputs }))).to.include('2 NdArrays and a function');
    expect(refusal(mine({}, async (applied) => Promise.resolve(applied)))).to.match(/^mine\.apply: /);
  });

  it('is refused before anything has changed if a statistic or a weight does not fit', () => {
    for (const [field, name] of [
      ['state', 'calls'],
      ['parameters', 'gain'],
    ] as const) {
      const changed = (value: unknown) => refusal(mine({}, (applied) => ({ ...applied, [field]: value })));
      expect(changed({ [`${name}s`]: one([]) })).to.equal(
        `mine.apply: ${field}: expected arrays among ${name}, received "${name}s". Did you mean ${name}?`,
      );
      for (const value of [1, null, one([5]), one(name === 'gain' ? [2] : [], 'float64')])
        expect(changed({ [name]: value })).to.match(
          new RegExp(`^mine\\.apply: ${field}\\.${name}: expected an NdArray of float32 in the shape `),
        );
      for (const value of [1, null, [1]]) expect(changed(value)).to.match(/: expected arrays /);
    }
  });

  it('is refused if a pullback returns no gradients by name', () => {
    const pulling = (pulled: unknown) => {
      const layer = normalization(mine({}, (applied) => ({ ...applied, pullback: () => pulled })));
      return failure(() => valueAndGrad(() => sum(layer.forward(x) as typeof x), layer));
    };
    const wrong = [undefined, null, 3, [one([3, 2])], {}, { gain: one([2]) }, Promise.resolve({})];
    for (const pulled of wrong)
      expect(pulling(pulled)).to.match(
        /^mine\.pullback: expected gradients by name, x among them, received /,
      );
    expect(pulling({ x: one([3, 2]), gains: one([2]) })).to.equal(
      'mine.pullback: expected gradients of x, gain, received "gains". Did you mean gain?',
    );
  });

  it('is refused if the backward pass moves what is no statistic', () => {
    const moving = (backwardState: unknown) => {
      const layer = normalization(mine({}, (applied) => ({ ...applied, backwardState })));
      return failure(() => valueAndGrad(() => sum(layer.forward(x) as typeof x), layer));
    };
    expect(moving(3)).to.equal('mine.apply: backwardState: expected a function, received 3.');
    expect(moving(() => undefined)).to.match(/^mine\.apply: backwardState: expected arrays by name/);
    expect(moving(() => ({ call: one([]) }))).to.match(/received "call"\. Did you mean calls\?$/);
    expect(moving(() => ({ calls: one([2]) }))).to.match(/^mine\.apply: backwardState\.calls: expected /);
  });

  it('is refused before anything has changed if a start does not fit', () => {
    expect(refusal(mine({ start: () => ({ gains: one([2]) }) }))).to.match(
      /^mine\.start: .* Did you mean gain\?$/,
    );
    expect(refusal(mine({ start: () => ({ gain: one([3]) }) }))).to.match(/^mine\.start\.gain: expected /);
    expect(refusal(mine({ start: async () => Promise.resolve({}) }))).to.match(
      /^mine\.start: expected arrays by name/,
    );
  });

  it('is refused if a shape or a verdict is none', () => {
    const forward = (definition: Norm, given: object) => {
      const layer = normalization(definition);
      return failure(() => (layer.forward as (...all: unknown[]) => unknown)(x, given));
    };
    expect(forward(mine({ mask: { about: 'A mask.', shape: () => undefined } }), { mask: [true] })).to.match(
      /^mine\.mask\.shape: expected a list of whole numbers/,
    );
    const gate = { name: 'gate', about: 'A gate.', sizes: 'as x', shape: () => undefined };
    expect(forward(mine({ inputs: [gate] }), { gate: x })).to.match(
      /^mine\.gate\.shape: expected a list of sizes/,
    );
    for (const verdict of [false, 'no', {}])
      expect(forward(mine({ accepts: () => verdict }), {})).to.match(
        /^mine\.accepts: expected true, or what is refused/,
      );
  });

  it('is refused by export and fold if it is no formula and no affine map', () => {
    const model = (definition: Norm) => {
      const made = new Sequential([new Dense(2, { seed: 1 }), normalization(definition) as never]);
      made.forward(x);
      return made.eval();
    };
    for (const formula of [
      () => undefined,
      () => ({}),
      () => ({ outputs: [] }),
      async () => Promise.resolve({}),
    ])
      expect(failure(() => exportOnnx(model(mine({ formula })), { input: ['batch', 2] }))).to.match(
        /^mine\.formula: expected \{ outputs \}, a list of 1, received /,
      );
    const formula = (_: unknown, input: unknown) => ({ outputs: [input], state: { call: input } });
    expect(failure(() => exportOnnx(model(mine({ formula })), { input: ['batch', 2] }))).to.match(
      /^mine\.formula: expected arrays among calls, received "call"/,
    );
    for (const outputs of [[undefined], [3]])
      expect(
        failure(() => exportOnnx(model(mine({ formula: () => ({ outputs }) })), { input: ['batch', 2] })),
      ).to.match(/^mine\.formula: expected \{ outputs \}, a list of 1, received /);
    for (const affine of [undefined, {}, { axis: -1, gain: 3 }])
      expect(failure(() => foldNormalization(model(mine({ atInference: () => affine }))))).to.match(
        /^mine\.atInference: expected /,
      );
    for (const length of [0, 3]) {
      const odd = mine({ atInference: () => ({ axis: -1, gain: one([length]) }) });
      expect(failure(() => foldNormalization(model(odd)))).to.equal(
        `mine.atInference: expected arrays of 1 or 2 numbers, received ${length}.`,
      );
    }
  });

  it('makes no layer if names of inputs and arrays are not apart', () => {
    const input = (name: unknown, shape: unknown = () => [3, 2]) => ({
      name,
      about: 'An input.',
      sizes: 'x',
      shape,
    });
    for (const inputs of [
      'gate',
      [{}],
      [input('')],
      [input('gate', 3)],
      [input('x')],
      [input('mask')],
      [input('gate'), input('gate')],
    ])
      expect(failure(() => normalization(mine({ inputs })))).to.match(
        /^normalization\.inputs: expected a list of inputs/,
      );
    expect(failure(() => normalization(mine({ inputs: [input('gain')] })))).to.equal(
      'normalization.parameters: expected names that are not x, nor of an input or of another array, received "gain".',
    );
    expect(failure(() => normalization(mine({ parameters: { x: owned('ones', () => [2]) } })))).to.include(
      '"x"',
    );
    expect(failure(() => normalization(mine({ state: { gain: owned('ones', () => [2]) } })))).to.include(
      '"gain"',
    );
    expect(failure(() => normalization(mine({ outputs: [{}] })))).to.match(/^normalization\.outputs: /);
  });

  it('makes no norm of a weight if it gives several outputs', () => {
    const dense = new Dense(2, { seed: 1 });
    dense.forward(x);
    const outputs = ['a', 'b'].map((name) => ({ name, about: 'One.' }));
    expect(failure(() => normalizeWeights(dense, mine({ outputs })))).to.match(
      /^normalizeWeights: type: expected a norm with one output, received "mine"/,
    );
    expect(
      failure(() => normalizeWeights(dense, mine({ encode: () => ({ x: one([2, 2]), gains: one([2]) }) }))),
    ).to.match(/^mine\.encode: .* Did you mean gain\?$/);
    for (const encoded of [[[1, 2]], one([2, 2], 'float64')])
      expect(failure(() => normalizeWeights(dense, mine({ encode: () => ({ x: encoded }) })))).to.match(
        /^mine\.encode\.x: expected an NdArray of float32, received /,
      );
    expect(Object.keys(dense.stateDict())).to.deep.equal(['kernel', 'bias']);
  });
});
