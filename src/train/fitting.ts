import { Random, anySeed } from '../array/index.js';
import { demandAgreement } from '../data/agreement.js';
import type { Optimizer } from '../optim/optimizer.js';
import type { ExponentialMovingAverage } from './average.js';
import { batchGradients } from './batch-gradients.js';
import type { StepRecord, Training } from './callback.js';
import { isDataset } from '../data/dataset.js';
import { type Claim, demandFree } from './claimed.js';
import { measuring } from './evaluate.js';
import { type Examples, type Model, type TrainingData, examplesOf, rowsOf } from './examples.js';
import { guardedStep, isDivergence } from './guard.js';
import type { EpochRecord, History } from './history.js';
import { build, demandModel } from './mode.js';
import { type FitOptions, type Settings, readFitOptions } from './options.js';
import { type Place, type Plan, demandEpochs, demandPlace, demandPlan, seedIn } from './place.js';
import { type Stateful, prepareRestore, statesOf } from './restore.js';
import { type TrainingState, readState } from './state.js';
import { remember } from './taught.js';
import { REST, type Steps, heard } from './waiting.js';

/**
 * A running training: its position in the data, its records, and its loop. The constructor changes nothing, and makes no
 * array: it may run in a scope that ends before the training begins.
 */
export class Fitting<X, Y, P, M extends string> implements Training {
  readonly model: Model<X, P>;
  readonly optimizer: Optimizer<never>;
  readonly average: ExponentialMovingAverage | undefined;
  readonly #settings: Settings<M, X, Y, P>;
  readonly #examples: Examples<X, Y>;
  readonly #validation: Examples<X, Y> | undefined;
  readonly #plan: Plan;
  readonly #seeds: Random;
  /** Checks a state against the model, which it builds; returns the function that restores it. */
  readonly #resume: (() => () => void) | undefined;
  readonly #remember: () => void;
  readonly #records: EpochRecord<M>[] = [];
  #place: Place;
  #stopped: string | undefined;
  /** Whether a step has confirmed that the model finds all its parameters. */
  #isSeen = false;

  /** `claim` is that of the training itself, if it rests between steps. */
  constructor(
    readonly where: 'fit' | 'fitAsync',
    model: Model<X, P>,
    data: TrainingData<X, Y>,
    given: FitOptions<M, X, Y, P>,
    readonly claim?: Claim,
  ) {
    const settings = readFitOptions(where, given);
    demandModel(where, model);
    const { optimizer, average, validation, batchSize, accumulate, shuffle } = settings;
    demandFree(where, { model: [model], optimizer: [optimizer] }, claim);
    const resume = settings.resume === undefined ? undefined : readState(`${where}.resume`, settings.resume);
    this.model = model;
    this.optimizer = optimizer;
    this.average = average;
    this.#settings = settings;
    this.#examples = examplesOf(where, data);
    this.#validation = validation && examplesOf(`${where}.validation`, validation);
    if (isDataset(data) && isDataset(validation)) demandAgreement(`${where}.validation`, data, validation);
    const seed = settings.seed ?? seedIn(`${where}.resume.plan`, resume?.plan) ?? anySeed();
    this.#plan = { samples: this.#examples.count, batchSize, accumulate, shuffle, seed };
    this.#seeds = new Random(seed);
    this.#place = { epoch: 0, step: 0, epochSeed: 0, seeds: this.#seeds.state, lossSum: 0, seen: 0 };
    this.#resume = resume && this.#resuming(resume);
    this.#remember = () => remember(model, data);
    claim?.on(model, optimizer);
  }

  /** Validates once before anything changes, so that wrong validation data cost no epoch; then restores a state. */
  *prepare(): Generator<typeof REST, void> {
    const restore = this.#resume?.();
    if (this.#validation && this.#stopped === undefined) {
      build(this.model, this.#examples);
      const trial = this.#measured();
      try {
        while (this.#stopped === undefined && !trial.next().done) yield REST;
      } finally {
        trial.return(undefined);
      }
    }
    restore?.();
    this.#remember();
  }

  get place(): Place {
    return this.#place;
  }

  get steps(): number {
    return this.#place.epoch * this.#stepsPerEpoch + this.#place.step;
  }

  readonly stop = (reason: string): void => {
    this.#stopped ??= reason;
  };

  readonly state = (): TrainingState => {
    const epochs = [...this.#records];
    return { plan: this.#plan, place: this.#place, epochs, ...statesOf(this.#stateful) };
  };

  *run(): Steps<History<M>> {
    const { callbacks, epochs, divergence } = this.#settings;
    const modes = this.model.snapshot('modes');
    const { names } = this.optimizer;
    this.optimizer.names ??= this.model;
    try {
      for (const callback of callbacks) yield* heard(callback, 'start', callback.start?.(this));
      while (this.#place.epoch < epochs && this.#stopped === undefined) {
        yield* this.#steps();
        if (this.#place.step === this.#stepsPerEpoch) yield* this.#endEpoch();
      }
    } catch (error) {
      if (divergence === 'throw' || !isDivergence(error)) throw error;
      this.stop(error.message);
    } finally {
      modes.restore();
      this.optimizer.names = names;
    }
    const history = this.#history;
    for (const callback of callbacks) yield* heard(callback, 'end', callback.end?.(history, this));
    return history;
  }

  /** Runs the remaining steps of an epoch. */
  *#steps(): Steps<void> {
    const { callbacks, shuffle } = this.#settings;
    if (this.#place.step === 0) {
      const epochSeed = this.#seeds.seed();
      this.#place = { ...this.#place, epochSeed, seeds: this.#seeds.state };
    }
    this.model.train();
    const order = shuffle ? this.#place.epochSeed : undefined;
    for (const rows of [...rowsOf(this.#plan.samples, this.#stepSize, order)].slice(this.#place.step)) {
      const record = this.#step(rows);
      for (const callback of callbacks) yield* heard(callback, 'step', callback.step?.(record, this));
      yield* this.#settle('step');
      yield record;
      if (this.#stopped !== undefined) return;
    }
  }

  #step(rows: Int32Array): StepRecord {
    const { model, optimizer, average } = this;
    const [epoch, step] = [this.#place.epoch + 1, this.#place.step + 1];
    const { rate } = optimizer;
    this.#demandFree();
    const { loss, weight, gradients } = guardedStep(
      `${this.where}: epoch ${epoch}, step ${step}`,
      model,
      optimizer,
      () => batchGradients(model, this.#examples, rows, this.#settings, this.#isSeen),
      this.#settings.clipped,
    );
    // The first step may have built the model.
    if (!this.#isSeen) this.claim?.on(...model.parameters());
    this.#isSeen = true;
    average?.update();
    const { lossSum, seen } = this.#place;
    this.#place =
      weight === 'sum'
        ? { ...this.#place, step, lossSum: lossSum + loss, seen: 1 }
        : { ...this.#place, step, lossSum: lossSum + loss * weight, seen: seen + weight };
    const { epochs } = this.#settings;
    return { epoch, step, epochs, stepsPerEpoch: this.#stepsPerEpoch, loss, rate, gradients };
  }

  /** The validation results. It rests after every batch, with the weights of training in the model. */
  *#measured(average?: ExponentialMovingAverage): Generator<typeof REST, EpochRecord<M>['validation']> {
    const { loss, metrics } = this.#settings;
    if (!this.#validation) return undefined;
    const batches = measuring(this.model, this.#validation, { loss, metrics });
    const measured = (): ReturnType<typeof batches.next> => batches.next();
    try {
      for (;;) {
        const next = average ? average.within(measured) : measured();
        if (next.done) return next.value;
        yield REST;
      }
    } finally {
      batches.return(undefined as never);
    }
  }

  /** Throws if a training that rests has begun meanwhile; before the first step, all parameters are looked at. */
  #demandFree(): void {
    const { model, optimizer, claim } = this;
    const parameters = this.#isSeen ? [] : model.parameters();
    demandFree(this.where, { model: [model, ...parameters], optimizer: [optimizer] }, claim);
  }

  *#settle(what: 'step' | 'epoch'): Steps<void> {
    for (const callback of this.#settings.callbacks)
      yield* heard(callback, 'settled', callback.settled?.(what, this));
  }

  /** The validation results after the steps of an epoch; callbacks are told of an error before it ends training. */
  *#validated(): Steps<EpochRecord<M>['validation']> {
    try {
      return yield* this.#measured(this.average);
    } catch (error) {
      try {
        for (const callback of this.#settings.callbacks)
          yield* heard(callback, 'fault', callback.fault?.(error, this));
      } catch (later) {
        if (later instanceof Error) later.cause ??= error;
        throw later;
      }
      throw error;
    }
  }

  *#endEpoch(): Steps<void> {
    const { optimizer } = this;
    const { callbacks } = this.#settings;
    const validation = yield* this.#validated();
    const { lossSum, seen } = this.#place;
    const epoch = this.#place.epoch + 1;
    const record: EpochRecord<M> = {
      epoch,
      steps: epoch * this.#stepsPerEpoch,
      loss: seen === 0 ? 0 : lossSum / seen,
      rate: optimizer.rate,
      ...(validation && { validation }),
    };
    this.#records.push(record);
    this.#place = { ...this.#place, epoch, step: 0, lossSum: 0, seen: 0 };
    for (const callback of callbacks) yield* heard(callback, 'epoch', callback.epoch?.(record, this));
    yield* this.#settle('epoch');
  }

  /** Checks the plan and the place of a state; returns the function that checks the rest. */
  #resuming(state: TrainingState): () => () => void {
    const where = `${this.where}.resume`;
    const steps = this.#stepsPerEpoch;
    demandPlan(where, state.plan, this.#plan);
    const place = demandPlace(`${where}.place`, state.place, steps);
    const records = demandEpochs(`${where}.epochs`, state.epochs, place.epoch, steps);
    return () => {
      build(this.model, this.#examples);
      const take = prepareRestore(where, state, this.#stateful);
      return () => {
        take();
        this.#place = place;
        this.#seeds.state = place.seeds;
        for (const record of records) this.#records.push(record as EpochRecord<M>);
      };
    };
  }

  get #stateful(): Stateful {
    const { model, optimizer, average } = this;
    return { model, optimizer, average, callbacks: this.#settings.callbacks };
  }

  get #history(): History<M> {
    const stopped = this.#stopped;
    return { epochs: [...this.#records], seed: this.#plan.seed, ...(stopped !== undefined && { stopped }) };
  }

  get #stepSize(): number {
    return this.#plan.batchSize * this.#plan.accumulate;
  }

  get #stepsPerEpoch(): number {
    return Math.ceil(this.#plan.samples / this.#stepSize);
  }
}
