import { expect } from 'chai';
import { NormtapeError } from '../../src/error.js';
import type { Gradients } from '../../src/autograd/gradients.js';
import { describeTape } from '../../src/autograd/describe.js';
import { Dense } from '../../src/nn/dense.js';
import { crossEntropy } from '../../src/nn/losses/index.js';
import { SGD } from '../../src/optim/sgd.js';
import {
  type Callback,
  ExponentialMovingAverage,
  type TrainingState,
  bestWeights,
  checkpoints,
  evaluate,
  fit,
  training,
} from '../../src/train/index.js';
import { unhandledIn } from '../support/unhandled.js';
import { bitsOf, some } from './support.js';

const broken = async (): Promise<never> => Promise.reject(new Error('the disk is full'));
const options = () => ({ loss: crossEntropy, optimizer: new SGD(), batchSize: 4, epochs: 2, seed: 1 });
const built = (): Dense => {
  const model = new Dense(10, { seed: 1 });
  model.forward(some(1).features);
  return model;
};

describe('promises that nothing awaits', () => {
  const model = built();
  const average = new ExponentialMovingAverage(model);
  average.update();
  const data = some(8);
  const run = (given: object): unknown => fit(model, data, { ...options(), ...given } as never);
  const ways: Readonly<Record<string, () => unknown>> = {
    'average.within': () => average.within(broken),
    describeTape: () => describeTape(broken),
    'a loss': () => run({ loss: broken }),
    clipping: () => run({ clip: broken }),
    'a metric': () => run({ validation: data, metrics: { broken } }),
    'a meter': () =>
      run({
        validation: data,
        metrics: { broken: { start: () => ({ add: () => undefined, value: broken }) } },
      }),
    'a metric of evaluate': () =>
      evaluate(model, data, { loss: crossEntropy, metrics: { broken: broken as never } }),
    data: () => fit(model, { count: 8, pick: broken as never }, options() as never),
    'a monitor': () => run({ callbacks: [bestWeights({ monitor: broken as never })] }),
    'a checkpoint': () => run({ callbacks: [checkpoints(broken)] }),
    'a callback of steps': () => run({ callbacks: [{ name: 'a', step: broken }] }),
    'a callback of the end': () => run({ callbacks: [{ name: 'a', end: broken }] }),
    'a schedule': () => run({ optimizer: new SGD({ learningRate: broken as never }) }),
  };
  for (const [name, way] of Object.entries(ways)) {
    it(`are refused, and nothing is unhandled: ${name}`, async () => {
      const unhandled = await unhandledIn(() => expect(way).to.throw(NormtapeError, 'a promise'));
      expect(unhandled).to.deep.equal([]);
    });
  }

  it('leave the weights of the model unchanged', () => {
    const before = bitsOf(model);
    expect(() => average.within(broken)).to.throw('ExponentialMovingAverage.within: expected a function');
    expect(bitsOf(model)).to.deep.equal(before);
  });
});

describe('training in for await', () => {
  it('waits for every promise of a callback, and changes no bit', async () => {
    const [plain, waiting] = [built(), built()];
    const seen: string[] = [];
    const later = (what: string) => async () => {
      await new Promise((resolve) => setTimeout(resolve, 1));
      seen.push(what);
    };
    const save = async ({ place }: TrainingState): Promise<void> => later(`saved ${place.epoch}`)();
    const slow: Callback = { name: 'slow', start: later('start'), step: later('step'), end: later('end') };
    fit(plain, some(8), options());
    for await (const { step } of training(waiting, some(8), {
      ...options(),
      callbacks: [slow, checkpoints(save)],
    }))
      seen.push(`made ${step}`);
    const epoch = ['step', 'made 1', 'step', 'made 2'];
    expect(seen).to.deep.equal(['start', ...epoch, 'saved 1', ...epoch, 'saved 2', 'end']);
    expect(bitsOf(waiting)).to.deep.equal(bitsOf(plain));
  });

  it('ends with the error of a rejected promise, after the steps before it', async () => {
    let steps = 0;
    const model = built();
    const run = async (): Promise<void> => {
      for await (const step of training(model, some(8), { ...options(), callbacks: [checkpoints(broken)] }))
        steps = step.step;
    };
    let message = '';
    await run().catch((error: unknown) => (message = String(error)));
    expect([message, steps, model.training]).to.deep.equal(['Error: the disk is full', 2, true]);
  });
});

it('rejects a clipping function that does not return gradients', () => {
  expect(() =>
    fit(built(), some(4), { ...options(), clip: (() => undefined) as unknown as () => Gradients }),
  ).to.throw(NormtapeError, 'fit.clip: expected a function that returns gradients');
});
