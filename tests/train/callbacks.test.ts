import { expect } from 'chai';
import fc from 'fast-check';
import { crossEntropy } from '../../src/nn/losses/index.js';
import { Adam } from '../../src/optim/adam.js';
import { SGD } from '../../src/optim/sgd.js';
import {
  type Callback,
  type EpochRecord,
  ExponentialMovingAverage,
  accuracy,
  bestWeights,
  checkpoints,
  earlyStopping,
  evaluate,
  fit,
} from '../../src/train/index.js';
import { Classifier, bitsOf, some } from './support.js';

/** How many epochs a callback lets pass that sees these numbers, one an epoch. */
function epochsOf(callback: Callback, values: readonly number[]): number {
  let stopped = false;
  const training = { stop: () => (stopped = true) };
  let epochs = 0;
  for (const loss of values) {
    if (stopped) break;
    epochs++;
    const record: EpochRecord = { epoch: epochs, steps: epochs, loss, rate: 1 };
    callback.epoch!(record, training as never);
  }
  return epochs;
}

const monitored = { monitor: ({ loss }: EpochRecord) => loss };

describe('earlyStopping', () => {
  it('stops after `patience` epochs in a row without an improvement', () => {
    expect(epochsOf(earlyStopping({ patience: 1 }), [3, 2, 2, 1, 1, 1, 0, 0])).to.equal(6);
    expect(epochsOf(earlyStopping({ patience: 0 }), [3, 2, 2, 1])).to.equal(3);
    expect(epochsOf(earlyStopping({ patience: 2, minDelta: 0.5 }), [3, 2.6, 2.5, 2.4, 0])).to.equal(5);
    expect(epochsOf(earlyStopping({ patience: 1, minDelta: 0.5 }), [3, 2.6, 2.5, 2.4, 0])).to.equal(3);
    expect(epochsOf(earlyStopping({ patience: 1, mode: 'max' }), [1, 2, 2, 1, 9])).to.equal(4);
  });

  it('counts NaN as the worst value, even in the first epoch', () => {
    for (const mode of ['min', 'max'] as const) {
      expect(epochsOf(earlyStopping({ patience: 0, mode, ...monitored }), [1, NaN, 1])).to.equal(2);
      expect(epochsOf(earlyStopping({ patience: 1, mode }), [NaN, 1, NaN, NaN, 1])).to.equal(4);
    }
  });

  it('stops when its definition says', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 0, max: 5 }), { minLength: 1 }),
        fc.nat(3),
        (values, patience) => {
          const bestAt = (end: number) => values.slice(0, end).indexOf(Math.min(...values.slice(0, end)));
          const expected = values.findIndex((_, i) => i - bestAt(i + 1) > patience);
          expect(epochsOf(earlyStopping({ patience }), values)).to.equal(
            expected < 0 ? values.length : expected + 1,
          );
        },
      ),
    );
  });

  it('monitors the validation loss if there is one, or a metric by its name', () => {
    const run = (callback: Callback) =>
      fit(new Classifier(), some(20), {
        loss: crossEntropy,
        optimizer: new Adam(),
        epochs: 4,
        seed: 1,
        validation: some(5, 30),
        metrics: { epoch: () => 1, accuracy },
        callbacks: [callback],
      });
    expect(run(earlyStopping({ monitor: 'epoch', patience: 1 })).stopped).to.equal(
      'No improvement in 2 epochs.',
    );
    expect(() => run(earlyStopping({ monitor: 'acuracy' }))).to.throw(
      'earlyStopping.monitor: expected one of loss, epoch, accuracy, received "acuracy".',
    );
    const numbers: number[] = [];
    const { epochs } = run(
      earlyStopping({
        monitor: ({ validation }) => {
          numbers.push(validation!.loss);
          return validation!.loss;
        },
      }),
    );
    expect(epochs.map(({ validation }) => validation!.loss)).to.deep.equal(numbers);
    const diverging: EpochRecord = {
      epoch: 1,
      steps: 1,
      loss: 1,
      rate: 1,
      validation: { loss: 5, metrics: {} },
    };
    let stops = 0;
    const callback = earlyStopping({ patience: 0 });
    const training = { stop: () => stops++ } as never;
    for (const loss of [3, 2, 1]) callback.epoch!({ ...diverging, loss }, training);
    expect(stops).to.equal(2);
  });

  it('stops at once if it had stopped before', () => {
    const first = earlyStopping({ patience: 0 });
    epochsOf(first, [1, 2]);
    const second = earlyStopping({ patience: 0 });
    second.restore!(first.state!());
    const options = { loss: crossEntropy, optimizer: new SGD(), callbacks: [second] };
    const { epochs, stopped } = fit(new Classifier(), some(4), options);
    expect([epochs.length, stopped]).to.deep.equal([0, 'No improvement in 1 epochs.']);
  });

  it('refuses wrong settings', () => {
    expect(() => earlyStopping({ patience: 0.5 })).to.throw(
      'earlyStopping.patience: expected a whole number',
    );
    expect(() => earlyStopping({ mode: 'up' as 'max' })).to.throw(
      'earlyStopping.mode: expected one of min, max',
    );
  });
});

describe('bestWeights', () => {
  it('ends with the weights of the best epoch, the first of equals', () => {
    const ranks = [3, 1, 2, 1];
    const seen: ReturnType<typeof bitsOf>['weights'][] = [];
    const model = new Classifier();
    fit(model, some(20), {
      loss: crossEntropy,
      optimizer: new Adam(),
      epochs: 4,
      seed: 1,
      callbacks: [
        bestWeights({ monitor: ({ epoch }) => ranks[epoch - 1]! }),
        { name: 'seen', epoch: () => void seen.push(bitsOf(model).weights) },
      ],
    });
    expect(bitsOf(model).weights).to.deep.equal(seen[1]).and.not.deep.equal(seen[3]);
  });

  it('restores the averages if validation saw those', () => {
    const model = new Classifier();
    const validation = some(20, 30);
    const { epochs } = fit(model, some(20), {
      loss: crossEntropy,
      optimizer: new Adam({ learningRate: 0.05 }),
      epochs: 3,
      batchSize: 5,
      seed: 1,
      validation,
      average: new ExponentialMovingAverage(model, { decay: 0.5 }),
      callbacks: [bestWeights({ monitor: ({ epoch }) => -epoch })],
    });
    expect(evaluate(model, validation, { loss: crossEntropy })).to.deep.equal(epochs[2]!.validation);
  });

  it('changes nothing if no epoch was better than NaN', () => {
    const options = { loss: crossEntropy, optimizer: new Adam(), epochs: 2, seed: 1 };
    const [one, other] = [new Classifier(), new Classifier()];
    fit(one, some(8), { ...options, callbacks: [bestWeights({ monitor: () => NaN })] });
    fit(other, some(8), { ...options, optimizer: new Adam() });
    expect(bitsOf(one)).to.deep.equal(bitsOf(other));
  });
});

describe('checkpoints', () => {
  const places = (options: Parameters<typeof checkpoints>[1]) => {
    const found: string[] = [];
    fit(new Classifier(), some(6), {
      loss: crossEntropy,
      optimizer: new SGD(),
      batchSize: 2,
      epochs: 4,
      callbacks: [checkpoints(({ place: { epoch, step } }) => found.push(`${epoch}/${step}`), options)],
    });
    return found.join(' ');
  };

  it('are saved every so many epochs and steps', () => {
    expect(places({})).to.equal('1/0 2/0 3/0 4/0');
    expect(places({ everyEpochs: 2 })).to.equal('2/0 4/0');
    expect(places({ everyEpochs: 4, everySteps: 2 })).to.equal('0/2 1/1 1/3 2/2 3/1 3/3 4/0');
  });

  it('require a function that saves them', () => {
    expect(() => checkpoints(undefined as never)).to.throw(
      'checkpoints: expected a function that saves a state',
    );
    expect(() => checkpoints(() => undefined, { everyEpochs: 0 })).to.throw(
      'checkpoints.everyEpochs: expected',
    );
  });
});
