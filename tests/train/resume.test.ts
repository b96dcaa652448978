import { expect } from 'chai';
import { toNested } from '../../src/array/index.js';
import { Dense } from '../../src/nn/dense.js';
import { Dropout } from '../../src/nn/dropout.js';
import { crossEntropy } from '../../src/nn/losses/index.js';
import { Sequential } from '../../src/nn/sequential.js';
import { Adam } from '../../src/optim/adam.js';
import { Muon } from '../../src/optim/muon.js';
import {
  ExponentialMovingAverage,
  type TrainingState,
  accuracy,
  bestWeights,
  checkpoints,
  earlyStopping,
  fit,
  plainState,
} from '../../src/train/index.js';
import { Classifier, bitsOf, some } from './support.js';

/** A training with everything that has something to remember; 22 samples in steps of 2 × 3 make 4 steps an epoch. */
function set({
  epochs = 4,
  resume,
  muon = false,
}: {
  epochs?: number;
  resume?: TrainingState;
  muon?: boolean;
}) {
  const model = new Classifier();
  const average = new ExponentialMovingAverage(model, { decay: 0.8 });
  const learningRate = (step: number): number => 0.05 / (1 + step);
  const optimizer = muon ? new Muon({ learningRate }) : new Adam({ learningRate });
  const states: TrainingState[] = [];
  const run = () =>
    fit(model, some(22), {
      loss: crossEntropy,
      optimizer,
      epochs,
      batchSize: 3,
      accumulate: 2,
      ...(resume ? { resume } : { seed: 7 }),
      validation: some(10, 50),
      metrics: { accuracy },
      average,
      callbacks: [
        checkpoints((state) => states.push(state), { everySteps: 1 }),
        bestWeights({ monitor: 'accuracy', mode: 'max' }),
        earlyStopping({ patience: 2 }),
      ],
    });
  return { model, average, optimizer, run, states };
}

describe('a training that stopped', () => {
  for (const muon of [false, true]) {
    const whole = set({ muon });
    const history = whole.run();
    const final = bitsOf(whole.model);

    it(`goes on from every step and every epoch with the same bits, by ${muon ? 'Muon' : 'Adam'}`, () => {
      expect(whole.states).to.have.length(history.epochs.length * 5);
      for (const state of whole.states) {
        // As a file would hold it.
        const text = JSON.stringify(plainState(state));
        const again = set({ resume: JSON.parse(text) as TrainingState, muon });
        expect(again.run()).to.deep.equal(history);
        expect(bitsOf(again.model)).to.deep.equal(final);
        // JSON knows no −0, which is all that may differ.
        const last = again.states.at(-1) ?? state;
        expect(JSON.stringify(plainState(last))).to.equal(JSON.stringify(plainState(whole.states.at(-1)!)));
        expect(JSON.stringify(plainState(state))).to.equal(text);
      }
    });
  }

  it('resumes from the arrays themselves, in the same objects or in new ones', () => {
    const whole = set({});
    const history = whole.run();
    const final = bitsOf(whole.model);
    const again = set({ resume: whole.states[6]! });
    again.run();
    expect(bitsOf(again.model)).to.deep.equal(final);
    const back = fit(whole.model, some(22), {
      loss: crossEntropy,
      optimizer: whole.optimizer,
      epochs: 4,
      batchSize: 3,
      accumulate: 2,
      validation: some(10, 50),
      metrics: { accuracy },
      average: whole.average,
      callbacks: [bestWeights({ monitor: 'accuracy', mode: 'max' }), earlyStopping({ patience: 2 })],
      resume: whole.states[6]!,
    });
    expect(back).to.deep.equal(history);
    expect(bitsOf(whole.model)).to.deep.equal(final);
  });

  it('may be given more epochs, and ends at once if none are left', () => {
    const long = set({ epochs: 4 });
    long.run();
    const short = set({ epochs: 2 });
    short.run();
    const more = set({ epochs: 4, resume: short.states.at(-1)! });
    more.run();
    expect(bitsOf(more.model)).to.deep.equal(bitsOf(long.model));
    const none = set({ epochs: 2, resume: short.states.at(-1)! });
    expect(none.run().epochs).to.have.length(2);
    expect(none.states).to.have.length(0);
  });

  it('is rejected as a whole if its plan differs, and changes nothing', () => {
    const { states } = set({ epochs: 1 });
    const first = set({ epochs: 1 });
    first.run();
    const state = first.states[1]!;
    expect(states).to.have.length(0);
    const start = set({ epochs: 1 });
    start.run();
    const before = () => [bitsOf(start.model), plainState({ ...state, ...rememberedOf(start) })];
    const untouched = before();
    const refused = (change: Partial<TrainingState>, message: string | RegExp) => {
      const given = { ...state, ...change };
      expect(() =>
        fit(start.model, some(22), {
          loss: crossEntropy,
          optimizer: start.optimizer,
          batchSize: 3,
          accumulate: 2,
          average: start.average,
          callbacks: [bestWeights(), earlyStopping()],
          resume: given,
        }),
      ).to.throw(message);
      expect(before()).to.deep.equal(untouched);
    };
    const { 'hidden.kernel': kernel, ...others } = state.model;
    refused({ model: others }, 'loadStateDict: expected a value for hidden.kernel');
    refused({ model: { ...state.model, 'hidden.kernel': [[1]] } }, 'hidden.kernel: expected the shape');
    refused({ model: { ...others, 'hiden.kernel': kernel! } }, 'Did you mean hidden.kernel?');
    refused({ optimizer: { steps: -1 } }, 'Adam.loadStateDict: steps: expected a whole number');
    refused({ generators: {} }, 'fit.resume: generators: expected states of dropout.random, received [].');
    refused(
      { generators: { 'dropout.random': [1, 2] } },
      'generators.dropout.random: expected the state of a generator',
    );
    refused({ generators: { 'dropout.random': [1, 2, 3, 0.5] } }, 'expected the state of a generator');
    refused({ average: undefined }, 'fit.resume: average: expected averages of weights, received "none".');
    refused({ average: { kernel: [1] } }, 'ExponentialMovingAverage.loadStateDict: expected weights among');
    refused({ callbacks: {} }, 'callbacks: expected states of best_weights, early_stopping, received [].');
    refused(
      { callbacks: { best_weights: {}, early_stopping: 1 } },
      'earlyStopping: expected a state of this callback, received 1.',
    );
    refused(
      { callbacks: { best_weights: 1, early_stopping: {} } },
      'bestWeights: expected a state of this callback, received 1.',
    );
    refused({ plan: { ...state.plan, samples: 23 } }, 'fit.resume: samples: expected 23, received 22.');
    refused({ plan: { ...state.plan, batchSize: 4 } }, 'fit.resume: batchSize: expected 4, received 3.');
    refused({ plan: { ...state.plan, accumulate: 1 } }, 'fit.resume: accumulate: expected 1, received 2.');
    refused({ place: { ...state.place, step: 9 } }, 'fit.resume.place: expected the place of a training');
    refused({ place: { ...state.place, epoch: -1 } }, 'fit.resume.place: expected the place of a training');
    refused(
      { place: { ...state.place, seeds: [] } },
      'fit.resume.place.seeds: expected the state of a generator',
    );
    expect(() =>
      fit(start.model, some(22), {
        loss: crossEntropy,
        optimizer: start.optimizer,
        batchSize: 3,
        accumulate: 2,
        seed: 8,
        resume: state,
      }),
    ).to.throw('fit.resume: seed: expected 7, received 8. A training goes on with the data');
  });

  it('is rejected by a model with other layers', () => {
    const first = set({ epochs: 1 });
    first.run();
    const other = new Sequential([new Dense(10, { seed: 1 }), new Dropout(0.5, { seed: 1 })]);
    expect(() =>
      fit(other, some(22), {
        loss: crossEntropy,
        optimizer: new Adam(),
        batchSize: 3,
        accumulate: 2,
        resume: first.states[0]!,
      }),
    ).to.throw('loadStateDict: expected weights among');
  });
});

function rememberedOf({ model, optimizer, average }: ReturnType<typeof set>) {
  return {
    model: model.stateDict(),
    optimizer: optimizer.stateDict(model),
    average: average.stateDict(),
    generators: Object.fromEntries([...model.generators()].map(([name, { state }]) => [name, state])),
  };
}

describe('plainState', () => {
  it('turns arrays into lists and keeps the rest', () => {
    const { states, run } = set({ epochs: 1 });
    run();
    const [state] = states as [TrainingState];
    const plain = plainState(state);
    expect(plain.model['output.bias']).to.deep.equal(toNested(state.model['output.bias'] as never));
    expect([plain.plan, plain.place]).to.deep.equal([state.plan, state.place]);
    expect(JSON.parse(JSON.stringify(plain))).to.deep.equal(plain);
  });
});
