import { expect } from 'chai';
import fc from 'fast-check';
import { type NdArray, flat, full, map, mul, scale, square } from '../../src/array/index.js';
import { primitive } from '../../src/autograd/primitive.js';
import { Tensor } from '../../src/autograd/tape.js';
import { Dense, Dropout, Module, Sequential, createNormalizationLayer, relu } from '../../src/index.js';
import { Parameter } from '../../src/autograd/parameter.js';
import { type ModuleTrial, reportText, verifyModule, verifyNormalization } from '../../src/verify/index.js';
import { failure } from '../support/failure.js';

const RUNS = { runs: 15, seed: 1 };

const brokenIn = (module: Module, options: object = {}): readonly string[] =>
  verifyModule(module, { input: [3, 2], ...RUNS, ...options })
    .claims.filter(({ held }) => !held)
    .map(({ name }) => name);

/** y = w x², its gradients multiplied by what is given. */
class Squares extends Module {
  readonly weight = new Parameter(full([2], 1.5, 'float64'));
  calls = 0;

  constructor(
    readonly errors: { readonly x?: number; readonly weight?: number; readonly drift?: boolean } = {},
  ) {
    super();
  }

  override forward(x: Tensor): Tensor {
    const { x: ofX = 1, weight: ofWeight = 1, drift = false } = this.errors;
    this.calls += 1;
    const extra = drift ? 1 + this.calls * 1e-9 : 1;
    return primitive('squares', (a, w) => ({
      value: scale(mul(square(a), w), extra),
      pullback: (g: NdArray) => {
        const all = mul(g, square(a));
        const rows = map(full([2], 0, 'float64'), () => 0);
        flat(all).forEach((value, i) => (rows.data[i % 2]! += ofWeight * value));
        return [scale(mul(mul(g, w), a), 2 * ofX), rows];
      },
    }))(x, this.weight);
  }
}

describe('verifyModule', () => {
  it('finds nothing wrong with models of the library, and leaves them as they were', function () {
    this.timeout(60_000);
    const model = new Sequential([
      new Dense(4, { seed: 1 }),
      createNormalizationLayer('batch_norm'),
      relu,
      new Dropout(0.5, { seed: 2 }),
      new Dense(2, { seed: 3, activation: 'tanh' }),
    ]);
    const report = verifyModule(model, { input: [5, 3], ...RUNS });
    expect(report.ok, reportText(report)).to.equal(true);
    expect(report.claims.every(({ trials }) => trials > 0)).to.equal(true);
    const [state, [random]] = [model.stateDict(), model.generators().values()];
    const at = random!.state;
    model.eval();
    expect(verifyModule(model, { input: [5, 3], ...RUNS }).ok).to.equal(true);
    expect(model.stateDict()).to.deep.equal(state);
    expect(random!.state).to.deep.equal(at);
    expect(model.training).to.equal(false);
  });

  it('sees gradients that are wrong, by which leaf', () => {
    expect(brokenIn(new Squares())).to.deep.equal([]);
    expect(brokenIn(new Squares({ x: 1.001 }))).to.deep.equal(['gradients']);
    expect(brokenIn(new Squares({ weight: 2 }))).to.deep.equal(['gradients']);
    const { claims } = verifyModule(new Squares({ weight: 2 }), { input: [3, 2], ...RUNS });
    expect(claims[0]!.counterexample!.detail).to.match(/^The gradient of weight is off by a factor of 2/);
  });

  it('sees outputs that change from call to call', () => {
    expect(brokenIn(new Squares({ drift: true }), { only: ['repeatable', 'finite'] })).to.deep.equal([
      'repeatable',
    ]);
  });

  it('tries laws of its own', () => {
    const law = (most: number) => ({
      claim: `No output exceeds ${most}.`,
      deviation: ({
        run,
        inputs,
      }: {
        run: (...x: readonly Tensor[]) => readonly Tensor[];
        inputs: readonly Tensor[];
      }) => Math.max(0, ...flat(run(...inputs)[0]!.value)) - most,
      bound: () => 0,
    });
    const dense = new Dense(2, { seed: 1, activation: 'tanh' });
    expect(brokenIn(dense, { invariants: { one: law(1) } })).to.deep.equal([]);
    expect(brokenIn(dense, { invariants: { half: law(0.01) } })).to.deep.equal(['half']);
  });

  /** A model with every kind of state, some of its parts in another mode. */
  const stateful = (): Sequential => {
    const layers = [
      new Dense(4, { seed: 1 }),
      createNormalizationLayer('batch_norm'),
      new Dropout(0.5, { seed: 2 }),
    ];
    const model = new Sequential(layers);
    lastOf(model).eval();
    return model;
  };
  const lastOf = (model: Module): Module => [...model.namedModules().values()].at(-1)!;
  const stateOf = (model: Module) => ({
    weights: model.stateDict(),
    generators: [...model.generators().values()].map(({ state }) => state),
    modes: [...model.namedModules().values()].map(({ training }) => training),
  });

  it('leaves a module that it builds as its first input at inference would', () => {
    const [model, other] = [stateful(), stateful()];
    verifyModule(model, { input: [5, 3], runs: 2 });
    other.eval();
    other.forward(new Tensor(full([5, 3], 1, 'float64')));
    other.train();
    lastOf(other).eval();
    expect(stateOf(model)).to.deep.equal(stateOf(other));
  });

  it('leaves a module as it was, whatever a claim does to it, and also if it throws', () => {
    const model = stateful();
    model.forward(new Tensor(full([5, 3], 1, 'float64')));
    const before = stateOf(model);
    const vandal = (error?: Error) => ({
      claim: 'It may do anything.',
      deviation({ module, inputs }: ModuleTrial): number {
        module.train();
        module.forward(...(inputs as never[]));
        for (const weight of module.parameters()) weight.value = scale(weight.value, 3);
        for (const random of module.generators().values()) random.normal();
        if (error) throw error;
        return 0;
      },
      bound: () => 0,
    });
    const options = { input: [5, 3], runs: 3 };
    verifyModule(model, { ...options, invariants: { vandal: vandal() } });
    expect(stateOf(model)).to.deep.equal(before);
    const { ok } = verifyModule(model, { ...options, invariants: { vandal: vandal(new RangeError('no')) } });
    expect(ok).to.equal(false);
    expect(stateOf(model)).to.deep.equal(before);
    const broken = fc.constant([new Tensor(full([5, 3], 1, 'float64'))]).map((inputs) => {
      model.train().forward(inputs[0]);
      throw new RangeError('no input');
    });
    expect(() => verifyModule(model, { input: broken as never, runs: 3 })).to.throw(RangeError, 'no input');
    expect(stateOf(model)).to.deep.equal(before);
  });

  it('tries every claim from the state that the module came with, whatever the claim before it did', () => {
    const model = stateful();
    model.forward(new Tensor(full([5, 3], 1, 'float64')));
    const before = stateOf(model);
    const law = (disturb: boolean) => ({
      claim: 'The module is as it came.',
      deviation({ module, inputs }: ModuleTrial): number {
        const { weights, generators } = stateOf(module);
        const isSame = JSON.stringify([weights, generators]) === INITIAL;
        const isAlike = [...module.namedModules().values()].every((one) => one.training === module.training);
        if (disturb) {
          module.forward(...(inputs as never[]));
          for (const weight of module.parameters()) weight.value = scale(weight.value, 3);
          lastOf(module).training = !module.training;
        }
        return isSame && isAlike ? 0 : 1;
      },
      bound: () => 0,
    });
    const INITIAL = JSON.stringify([before.weights, before.generators]);
    const invariants = { first: law(true), second: law(true), third: law(false) };
    expect(brokenIn(model, { input: [5, 3], invariants })).to.deep.equal([]);
  });

  it('changes nothing if it refuses its options', () => {
    const model = stateful();
    expect(failure(() => verifyModule(model, { input: [5, 3], only: ['gradient'] }))).to.match(
      /gradients\?$/,
    );
    expect(failure(() => verifyModule(model, { input: [5, 3], invariants: { a: 1 } as never }))).to.match(
      /laws/,
    );
    expect(model.built).to.equal(false);
  });

  it('takes inputs of any sort as an arbitrary, and float32', () => {
    const input = fc.constant([new Tensor(full([2, 3], 1, 'float32'))]);
    const report = verifyModule(new Dense(2, { seed: 1 }), { input, ...RUNS, dtype: 'float32' });
    expect(report.ok).to.equal(true);
    expect(report.claims.find(({ name }) => name === 'gradients')!.trials).to.equal(0);
  });

  it('refuses what is no module, no input, and options that it does not know', () => {
    const make = (): Dense => new Dense(2);
    expect(failure(() => verifyModule(make as never, { input: [2, 2] }))).to.equal(
      'verifyModule: expected a module, received the function make. ' +
        'Pass the module itself, as in verifyModule(new Dense(2), { input: [4, 3] }).',
    );
    expect(failure(() => verifyModule(make(), {} as never))).to.match(
      /^verifyModule\.input: expected the shape of an input, or an arbitrary/,
    );
    expect(failure(() => verifyModule(make(), { input: [2, 2], run: 3 } as never))).to.match(
      /Did you mean runs\?$/,
    );
    expect(failure(() => verifyNormalization('layer_norm', { run: 3 } as never))).to.match(
      /Did you mean runs\?$/,
    );
  });

  it('refuses claims that it does not know', () => {
    expect(failure(() => verifyModule(new Squares(), { input: [2, 2], only: ['gradient'] }))).to.match(
      /Did you mean gradients\?$/,
    );
  });
});
