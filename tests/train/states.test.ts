import { expect } from 'chai';
import fc from 'fast-check';
import { flat } from '../../src/array/index.js';
import { tensor } from '../../src/autograd/create.js';
import { Adam, Dense, SGD, crossEntropy, meanSquaredError } from '../../src/index.js';
import {
  type Callback,
  type EpochRecord,
  type TrainingState,
  bestWeights,
  checkpoints,
  earlyStopping,
  fit,
  plainState,
  reduceOnPlateau,
} from '../../src/train/index.js';
import { readPlain } from '../../src/train/plain.js';
import { Classifier, bitsOf, some } from './support.js';

const throughJson = <S>(state: S): S => JSON.parse(JSON.stringify(plainState(state))) as S;

const odd = fc.oneof(
  fc.constantFrom(NaN, Infinity, -Infinity, -0, 0, 1e-320, Number.MAX_VALUE),
  fc.double(),
  fc.constantFrom('NaN', "'NaN", '-0', 'Infinity', "''Infinity", '', 'loss', null, true),
);

describe('plainState', () => {
  it('keeps every number and string through JSON and a clone', () => {
    const states = fc.dictionary(
      fc.string().filter((key) => key !== '__proto__'),
      fc.oneof(odd, fc.array(odd), fc.dictionary(fc.constantFrom('a', 'b'), odd)),
    );
    fc.assert(
      fc.property(states, (state) => {
        const copies = [throughJson(state), structuredClone(plainState(state))];
        for (const copy of copies) expect(same(readPlain(copy), state)).to.equal(true);
      }),
    );
  });

  it('writes arrays as nested lists, which every loadStateDict takes', () => {
    const model = new Dense(2, { seed: 1 });
    model.build([1, 3]);
    const numbers = [NaN, Infinity, -Infinity, -0, 1e-40, 0.1];
    model.loadStateDict({ kernel: tensor(numbers, { shape: [3, 2] }), bias: [0, -0] });
    const state = plainState(model.stateDict());
    expect(state['kernel']).to.deep.equal([
      ['NaN', 'Infinity'],
      ['-Infinity', '-0'],
      [Math.fround(1e-40), Math.fround(0.1)],
    ]);
    const other = new Dense(2);
    other.build([1, 3]);
    other.loadStateDict(throughJson(model.stateDict()));
    for (const name of ['kernel', 'bias'] as const) {
      const [found, expected] = [other, model].map((dense) => [...flat(dense[name]!.value)]);
      expect(found!.every((x, i) => Object.is(x, expected![i]))).to.equal(true);
    }
  });
});

/** Whether two values are the same, with NaN and −0. */
function same(a: unknown, b: unknown): boolean {
  if (typeof a !== 'object' || typeof b !== 'object' || !a || !b) return Object.is(a, b);
  const [one, other] = [Object.entries(a), Object.entries(b)];
  return (
    one.length === other.length &&
    one.every(([key, value], i) => other[i]![0] === key && same(value, other[i]![1]))
  );
}

describe('the state of a callback', () => {
  const values = fc.array(fc.constantFrom(1, 2, 3, -1, Infinity, -Infinity, NaN, -0), { maxLength: 12 });
  const makers: Readonly<Record<string, () => Callback>> = {
    earlyStopping: () => earlyStopping({ patience: 1 }) as Callback,
    'earlyStopping, to the largest': () => earlyStopping({ patience: 2, mode: 'max' }) as Callback,
    reduceOnPlateau: () => reduceOnPlateau({ patience: 2, cooldown: 1 }) as Callback,
    'reduceOnPlateau (pytorch)': () => reduceOnPlateau({ patience: 1, convention: 'pytorch' }) as Callback,
  };

  for (const [name, make] of Object.entries(makers)) {
    it(`${name} goes on from its state as JSON holds it, with or without plainState`, () => {
      fc.assert(
        fc.property(values, values, fc.boolean(), (first, second, plainly) => {
          const heard = (callback: Callback, losses: readonly number[], optimizer: Adam): unknown[] =>
            losses.map((loss) => {
              const stops: string[] = [];
              const record: EpochRecord = { epoch: 1, steps: 1, loss, rate: 1 };
              callback.epoch!(record, { optimizer, stop: (why: string) => stops.push(why) } as never);
              return [stops, optimizer.rate];
            });
          const [one, other] = [make(), make()];
          const [mine, theirs] = [new Adam({ learningRate: 1 }), new Adam({ learningRate: 1 })];
          heard(one, first, mine);
          const text = JSON.stringify(plainly ? plainState(one.state!()) : one.state!());
          other.restore!(readPlain(JSON.parse(text)));
          other.start?.({ optimizer: theirs, stop: () => undefined } as never);
          expect(heard(other, second, theirs)).to.deep.equal(heard(one, second, mine));
        }),
      );
    });
  }

  it('is rejected if it is that of another callback', () => {
    expect(() => earlyStopping().restore!({ best: 'x', waited: 1 })).to.throw(
      'earlyStopping: expected a state of this callback',
    );
    expect(() => reduceOnPlateau().restore!({ best: 1, waited: 1 })).to.throw(
      'reduceOnPlateau: expected a state of this callback',
    );
    expect(() => bestWeights().restore!({ best: 'x' })).to.throw(
      'bestWeights: expected a state of this callback',
    );
  });
});

describe('a training in float64', () => {
  it('restores the best weights from JSON without rounding them', () => {
    const data = {
      count: 6,
      pick: (rows: Int32Array) => ({
        features: tensor(
          Array.from(rows, (row) => [row / 7, 1 / (1 + row)]),
          { dtype: 'float64' },
        ),
        labels: tensor(
          Array.from(rows, (row) => [row / 3]),
          { dtype: 'float64' },
        ),
      }),
    };
    const states: TrainingState[] = [];
    // The first epoch stays the best one.
    const callbacks = [
      bestWeights({ monitor: ({ epoch }) => epoch }),
      checkpoints((state) => states.push(state)),
    ];
    const run = (place: { seed: number } | { resume: TrainingState }) => {
      const model = new Dense(1, { seed: 1 });
      const optimizer = new SGD({ learningRate: 0.1 });
      fit(model, data, { loss: meanSquaredError, optimizer, epochs: 3, callbacks, ...place });
      return [...model.stateDict()['kernel']!.data];
    };
    const whole = run({ seed: 1 });
    const first = states[0]!;
    expect(whole.some((value) => value !== Math.fround(value))).to.equal(true);
    expect(run({ resume: throughJson(first) })).to.deep.equal(whole);
    expect(run({ resume: structuredClone(first) })).to.deep.equal(whole);
  });
});

describe('a training of infinite losses', () => {
  it('resumes from JSON with the same bits and stops in the same epoch', () => {
    // Validation is infinite at first: best stays ∞, and must not become null.
    const losses = [Infinity, Infinity, Infinity, 3, 2, 2, 2, 2, 2, 2];
    const monitor = ({ epoch }: EpochRecord) => losses[epoch - 1]!;
    const callbacks = (states: TrainingState[]) => [
      bestWeights({ monitor }),
      earlyStopping({ monitor, patience: 3 }),
      reduceOnPlateau({ monitor, patience: 2, factor: 0.5 }),
      checkpoints((state) => states.push(throughJson(state))),
    ];
    const options = { loss: crossEntropy, epochs: 10, batchSize: 4, seed: 1 };
    const states: TrainingState[] = [];
    const whole = new Classifier();
    const history = fit(whole, some(8), { ...options, optimizer: new Adam(), callbacks: callbacks(states) });
    for (const resume of states) {
      const model = new Classifier();
      const again = fit(model, some(8), {
        ...options,
        optimizer: new Adam(),
        callbacks: callbacks([]),
        resume,
      });
      expect(again).to.deep.equal(history);
      expect(bitsOf(model)).to.deep.equal(bitsOf(whole));
    }
  });
});

describe('checkpoints of a resumed training', () => {
  it('count the steps of the whole run, from within an epoch and with accumulation', () => {
    const options = { loss: crossEntropy, epochs: 6, batchSize: 1, accumulate: 2, seed: 1 };
    const run = (resume?: TrainingState) => {
      const found: (readonly [number, TrainingState])[] = [];
      fit(new Classifier(), some(10), {
        ...options,
        optimizer: new Adam(),
        callbacks: [
          {
            name: 'place',
            settled: (what, training) => {
              if (what === 'step' && training.steps % 7 === 0) expect(training.steps).to.be.above(0);
            },
          },
          checkpoints((state) => found.push([state.place.epoch * 5 + state.place.step, state]), {
            everySteps: 7,
            everyEpochs: 100,
          }),
        ],
        resume,
      });
      return found;
    };
    const whole = run();
    expect(whole.map(([steps]) => steps)).to.deep.equal([7, 14, 21, 28]);
    for (const [steps, state] of whole) {
      expect(run(throughJson(state)).map(([later]) => later)).to.deep.equal(
        [7, 14, 21, 28].filter((later) => later > steps),
      );
    }
  });
});
