import { expect } from 'chai';
import fc from 'fast-check';
import { memoryInfo } from '../../src/array/index.js';
import { noGrad } from '../../src/autograd/recording.js';
import { scope } from '../../src/autograd/scope.js';
import type { Tensor } from '../../src/autograd/tape.js';
import { valueAndGrad } from '../../src/autograd/vjp.js';
import { executionContext } from '../../src/context.js';
import { NormtapeError } from '../../src/error.js';
import { kernelInfo } from '../../src/kernels/index.js';
import { Dense } from '../../src/nn/dense.js';
import { crossEntropy } from '../../src/nn/losses/index.js';
import { Sequential } from '../../src/nn/sequential.js';
import { Adam } from '../../src/optim/adam.js';
import {
  ExponentialMovingAverage,
  type TrainingState,
  accuracy,
  checkpoints,
  evaluating,
  fit,
  fitAsync,
  overall,
  plainState,
  training,
} from '../../src/train/index.js';
import { runs } from '../support/runs.js';
import { Classifier, bitsOf, some } from './support.js';

type Ask = (model: Classifier) => void;

/** Acts in every turn of the event loop while a promise is pending; also returns the number of turns. */
async function meanwhile<Y>(
  promise: Promise<Y>,
  act: () => void,
): Promise<readonly [value: Y, turns: number]> {
  let [turns, isDone] = [0, false];
  const done = () => (isDone = true);
  promise.then(done, done);
  while (!isDone) {
    act();
    turns++;
    await new Promise((resolve) => setImmediate(resolve));
  }
  return [await promise, turns];
}

/** The variables of the execution context that hold something: open scopes and tapes, observers. */
const openNow = (): readonly string[] =>
  [...executionContext()].flatMap(([name, value]) =>
    (Array.isArray(value) ? value.length > 0 : value) ? [name] : [],
  );

const errorOf = (promise: Promise<unknown>): Promise<Error> =>
  promise.then(
    () => new Error('none'),
    (error: unknown) => error as Error,
  );

const firsts = overall((logits: Tensor, labels: ArrayLike<number>) => logits.value.get(0, 0) + labels.length);

const data = some(24);
const others = some(700, 30);
const predict: Ask = (model) => evaluating(model, () => noGrad(() => void model.forward(some(5).features)));
const options = () => ({ loss: crossEntropy, optimizer: new Adam(), epochs: 2, batchSize: 8, seed: 1 });

describe('fitAsync', () => {
  it('gives the bits and the history of fit, whatever its options, while the model predicts', async () => {
    const open = openNow();
    const settings = fc.record({
      epochs: fc.integer({ min: 1, max: 3 }),
      batchSize: fc.integer({ min: 1, max: 24 }),
      accumulate: fc.integer({ min: 1, max: 3 }),
      shuffle: fc.boolean(),
      seed: fc.integer({ min: 0, max: 2 ** 31 }),
      clip: fc.option(fc.constant(0.1), { nil: undefined }),
      isAveraged: fc.boolean(),
      isValidated: fc.boolean(),
      isStopped: fc.boolean(),
      budget: fc.constantFrom(0, 1, 12),
      isTrained: fc.boolean(),
    });
    await fc.assert(
      fc.asyncProperty(
        settings,
        async ({ isAveraged, isValidated, isStopped, isTrained, budget, ...given }) => {
          const states: string[] = [];
          const made = () => {
            const model = new Classifier();
            if (!isTrained) model.eval();
            const save = (state: TrainingState) => states.push(JSON.stringify(plainState(state)));
            const average = isAveraged ? new ExponentialMovingAverage(model, { decay: 0.5 }) : undefined;
            const stop = {
              name: 'stop',
              epoch: (_: unknown, { stop }: { stop(why: string): void }) => stop('enough'),
            };
            return {
              model,
              options: {
                ...given,
                loss: crossEntropy,
                optimizer: new Adam(),
                average,
                callbacks: [checkpoints(save, { everySteps: 2 }), ...(isStopped ? [stop] : [])],
                ...(isValidated && { validation: others, metrics: { accuracy, firsts } }),
              },
            };
          };
          const [one, other] = [made(), made()];
          const history = fit(one.model, data, one.options);
          const saved = states.splice(0);
          const act = (): void => {
            // Between frames it is in the mode in which it was handed over.
            expect(other.model.norm.training).to.equal(isTrained);
            if (other.model.built) predict(other.model);
            expect(openNow()).to.deep.equal(open);
          };
          const [asynchronous] = await meanwhile(
            fitAsync(other.model, data, { ...other.options, budget }),
            act,
          );
          expect(asynchronous).to.deep.equal(history);
          expect(states).to.deep.equal(saved);
          expect(bitsOf(other.model)).to.deep.equal(bitsOf(one.model));
          expect(other.model.training).to.equal(isTrained);
        },
      ),
      { numRuns: runs(0.3) },
    );
  });

  it('rests after every step and every batch of a validation, if the budget is 0', async () => {
    const turns = async (given: object): Promise<number> =>
      (
        await meanwhile(
          fitAsync(new Classifier(), data, { ...options(), budget: 0, ...given }),
          () => undefined,
        )
      )[1];
    // Two epochs of three steps; a validation of three batches before the first step, and one after each epoch.
    const [plain, validated] = [await turns({}), await turns({ validation: others })];
    expect(plain).to.be.at.least(7);
    expect(validated - plain).to.be.at.least(9);
    expect(await turns({ budget: 1e6 })).to.be.at.most(3);
  });

  it('rests no more often than its budget says', async () => {
    const start = performance.now();
    const running = fitAsync(new Classifier(), some(128), { ...options(), epochs: 20, budget: 25 });
    const [, turns] = await meanwhile(running, () => undefined);
    // Of 320 steps.
    expect(turns).to.be.at.most((performance.now() - start) / 25 + 5);
  });

  it('trains nothing before its first turn, so that a scope around its call ends as any other', async () => {
    const [one, other] = [new Classifier(), new Classifier()];
    fit(one, data, options());
    let running: Promise<unknown> | undefined;
    scope(() => {
      running = fitAsync(other, data, { ...options(), budget: 0 });
    });
    expect(other.built).to.equal(false);
    await meanwhile(running!, () =>
      scope(() => void valueAndGrad(() => crossEntropy(one.forward(data.features), data.labels), one)),
    );
    const again = new Classifier();
    fit(again, data, options());
    expect(bitsOf(other)).to.deep.equal(bitsOf(again));
  });

  it('needs no more memory in later trainings, while others make and free arrays between its steps', async function () {
    if (kernelInfo().kernels === 'js') this.skip();
    const model = new Classifier();
    const given = { ...options(), budget: 0, validation: others, metrics: { firsts } };
    await fitAsync(model, data, given);
    const readings: number[] = [];
    const read = (): void => void readings.push(scope(() => memoryInfo().bytes));
    for (let i = 0; i < 4; i++) {
      await meanwhile(fitAsync(model, data, given), () => predict(model));
      read();
    }
    expect(readings.at(-1)).to.be.at.most(readings[0]!);
  });

  describe('with a signal', () => {
    it('ends after the step that runs, and says why', async () => {
      const controller = new AbortController();
      const [model, plain] = [new Classifier(), new Classifier()];
      let steps = 0;
      const heard: string[] = [];
      const count = {
        name: 'count',
        step: () => void (++steps === 4 && setImmediate(() => controller.abort('The user had enough.'))),
        end: ({ stopped }: { stopped?: string | undefined }) => void heard.push(stopped!),
      };
      const history = await fitAsync(model, data, {
        ...options(),
        budget: 0,
        epochs: 50,
        callbacks: [count],
        signal: controller.signal,
      });
      expect(history.stopped).to.equal('The user had enough.');
      expect(history.epochs).to.have.length(Math.floor(steps / 3));
      expect(heard).to.deep.equal(['The user had enough.']);
      expect(steps).to.be.within(4, 6);
      let made = 0;
      const stop = {
        name: 'stop',
        step: (_: unknown, training: { stop(why: string): void }) =>
          void (++made === steps && training.stop('x')),
      };
      fit(plain, data, { ...options(), epochs: 50, callbacks: [stop] });
      expect(bitsOf(model)).to.deep.equal(bitsOf(plain));
    });

    it('trains nothing if it is aborted before, and gives the message of an error as the reason', async () => {
      const model = new Classifier();
      const signal = AbortSignal.abort(new Error('closed'));
      const { epochs, stopped } = await fitAsync(model, data, { ...options(), signal });
      expect([epochs.length, stopped, model.built]).to.deep.equal([0, 'closed', false]);
      expect((await fitAsync(model, data, { ...options(), signal: AbortSignal.abort(7) })).stopped).to.equal(
        'The signal was aborted.',
      );
      await fitAsync(model, data, { ...options(), signal, validation: others });
      expect(model.built).to.equal(false);
    });

    it('leaves the validation before the first step as soon as it is aborted', async () => {
      const controller = new AbortController();
      let seen = 0;
      const many = {
        count: 4000,
        pick: (rows: Int32Array) => {
          if (++seen === 3) controller.abort('enough');
          return { features: others.features, labels: others.labels, rows };
        },
      };
      const history = await fitAsync(new Classifier(), data, {
        ...options(),
        budget: 0,
        validation: many as never,
        signal: controller.signal,
      });
      expect([history.stopped, seen]).to.deep.equal(['enough', 3]);
    });
  });

  it('leaves the model as fit does, and free for others, if a step throws', async () => {
    const failing = () => {
      let count = 0;
      return (logits: Tensor, labels: Int32Array): Tensor => {
        if (++count === 5) throw new Error('in the fifth');
        return crossEntropy(logits, labels);
      };
    };
    const [one, other] = [new Classifier(), new Classifier()];
    for (const model of [one, other]) model.eval();
    expect(() => fit(one, data, { ...options(), loss: failing() })).to.throw('in the fifth');
    const given = { ...options(), loss: failing() };
    expect((await errorOf(fitAsync(other, data, given))).message).to.equal('in the fifth');
    expect(bitsOf(other)).to.deep.equal(bitsOf(one));
    expect([other.training, other.norm.training]).to.deep.equal([false, false]);
    fit(other, data, { loss: crossEntropy, optimizer: given.optimizer });
  });

  it('refuses a second training of the same model or optimizer until it has ended', async () => {
    const [model, given] = [new Classifier(), options()];
    const running = fitAsync(model, data, given);
    expect(() => fit(model, data, { loss: crossEntropy, optimizer: new Adam() })).to.throw(
      NormtapeError,
      'fit: model: expected a model that no other training uses',
    );
    expect((await errorOf(fitAsync(new Classifier(), data, given))).message).to.include(
      'fitAsync: optimizer: expected an optimizer that no other training uses',
    );
    await running;
    await fitAsync(model, data, given);
  });

  it('refuses the steps of a training that began before it, and models that share their parameters', async () => {
    const model = new Classifier();
    const steps = training(model, data, options());
    steps.next();
    const running = fitAsync(model, data, { ...options(), budget: 0 });
    expect(() => steps.next()).to.throw(
      NormtapeError,
      'fit: model: expected a model that no other training uses',
    );
    const [history] = await meanwhile(running, () => undefined);
    expect(history.epochs).to.have.length(2);

    const inner = new Dense(10, { seed: 1 });
    const first = fitAsync(inner, data, { ...options(), epochs: 9, budget: 0 });
    const second = await errorOf(
      fitAsync(new Sequential([inner]), data, { ...options(), epochs: 9, budget: 0 }),
    );
    expect(second.message).to.include('fitAsync: model: expected a model that no other training uses');
    expect((await first).epochs).to.have.length(9);
    fit(new Sequential([inner]), data, options());
  });

  it('resumes from a checkpoint to the bits of a whole training', async () => {
    const [whole, resumed] = [new Classifier(), new Classifier()];
    const states: TrainingState[] = [];
    const save = (state: TrainingState): void =>
      void states.push(structuredClone(plainState(state)) as never);
    const given = () => ({ ...options(), callbacks: [checkpoints(save, { everySteps: 2 })] });
    const history = fit(whole, data, given());
    const resume = states[1]!;
    // In a scope too, which ends before the training begins.
    const resuming = scope(() => [fitAsync(resumed, data, { ...given(), resume })]);
    expect(await resuming[0]).to.deep.equal(history);
    expect(bitsOf(resumed)).to.deep.equal(bitsOf(whole));
    const built = new Classifier();
    fit(built, data, options());
    const [again] = scope(() => [fitAsync(built, data, { ...given(), resume })]);
    await again;
    expect(bitsOf(built)).to.deep.equal(bitsOf(whole));
  });

  it('checks the validation data before the first step', async () => {
    const model = new Classifier();
    const wrong = { count: 2, pick: () => ({ features: some(2).features, labels: Int32Array.of(0, 99) }) };
    const error = await errorOf(fitAsync(model, data, { ...options(), validation: wrong as never }));
    expect(error).to.be.instanceOf(NormtapeError);
    const untouched = new Classifier();
    evaluating(untouched, () => noGrad(() => void untouched.forward(some(1).features)));
    expect(bitsOf(model)).to.deep.equal(bitsOf(untouched));
  });

  it('listens to its signal only while it trains', async () => {
    const listeners = new Set<unknown>();
    let most = 0;
    const signal = {
      aborted: false,
      addEventListener: (_: 'abort', one: unknown) => void (most = listeners.add(one).size),
      removeEventListener: (_: 'abort', one: unknown) => void listeners.delete(one),
    };
    await fitAsync(new Classifier(), data, { ...options(), signal });
    expect([most, listeners.size]).to.deep.equal([1, 0]);
  });

  it('awaits the promises of callbacks, and ends with their errors', async () => {
    let saved = 0;
    const save = async (): Promise<void> => {
      await new Promise((resolve) => setTimeout(resolve, 1));
      if (++saved === 2) throw new Error('the disk is full');
    };
    const running = fitAsync(new Classifier(), data, { ...options(), callbacks: [checkpoints(save)] });
    expect((await errorOf(running)).message).to.equal('the disk is full');
  });

  it('keeps a mode that the page sets between frames', async () => {
    const [model, plain] = [new Classifier(), new Classifier()];
    let turns = 0;
    await meanwhile(
      fitAsync(model, data, { ...options(), budget: 0 }),
      () => void (++turns === 4 && model.eval()),
    );
    expect([model.training, model.norm.training]).to.deep.equal([false, false]);
    await fitAsync(plain, data, options());
    expect(bitsOf(model)).to.deep.equal(bitsOf(plain));
  });

  it('refuses options that are wrong before anything changes', async () => {
    const model = new Classifier();
    for (const [given, message] of [
      [{ budget: -1 }, 'fitAsync.budget'],
      [{ buget: 1 }, 'Did you mean budget?'],
      [{ signal: {} }, 'fitAsync.signal: expected the signal of an AbortController'],
      [{ epochs: 0 }, 'fitAsync.epochs'],
    ] as const) {
      const error = await errorOf(fitAsync(model, data, { ...options(), ...given } as never));
      expect(error).to.be.instanceOf(NormtapeError);
      expect(error.message).to.include(message);
    }
    expect(model.built).to.equal(false);
  });
});
