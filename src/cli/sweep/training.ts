import { Random } from '../../array/index.js';
import { keep } from '../../autograd/scope.js';
import type { Tensor } from '../../autograd/tape.js';
import { valueAndGrad } from '../../autograd/vjp.js';
import { type AnyDataset, batches, countOf } from '../../data/index.js';
import { ConfigurableModel } from '../../models/configurable-model.js';
import { Adam } from '../../optim/adam.js';
import type { Progress } from '../experiment/experiment.js';
import { type Measures, measure } from './measure.js';
import { type Plan, type Training, normalizationOf, samplesOf } from './plan.js';
import { taskOf } from './task.js';

/** The state of a network after an epoch; epoch 0 is before training. */
export interface Epoch extends Measures {
  readonly epoch: number;
  /** Over the steps of the epoch, with the weights of each step; undefined in epoch 0. */
  readonly trainLoss: number | undefined;
  readonly trainAccuracy: number | undefined;
}

/** A training that finished or diverged. */
export interface Run {
  /** Whether the run chose a learning rate, measured on validation samples, or is compared, on test samples. */
  readonly stage: 'tuning' | 'final';
  readonly variant: string;
  readonly learningRate: number;
  readonly seed: number;
  readonly epochs: readonly Epoch[];
  /** The epoch in which a loss was not finite. */
  readonly divergedIn: number | undefined;
}

/** The progress of a training after a step. */
export interface Step extends Progress {
  readonly loss: number;
}

/** Trains one network, step by step; its numbers depend only on the plan and the training. */
export function* train(plan: Plan, training: Training): Generator<Step, Run> {
  const { epochs, batchSize } = plan.settings;
  const { train: samples, test } = samplesOf(plan, training);
  const seeds = new Random(training.seed);
  const task = taskOf(plan.split);
  const { model, step } = network(plan, training, seeds.seed());
  const states: Epoch[] = [
    { epoch: 0, trainLoss: undefined, trainAccuracy: undefined, ...measure(model, test, task) },
  ];
  const run = (divergedIn?: number): Run => {
    const { stage, variant, learningRate, seed } = training;
    return { stage, variant: variant.name, learningRate, seed, epochs: states, divergedIn };
  };

  const count = countOf(samples);
  const steps = epochs * Math.ceil(count / batchSize);
  let made = 0;
  for (let epoch = 1; epoch <= epochs; epoch++) {
    model.train();
    const score = task.score();
    let lossSum = 0;
    for (const batch of batches(samples, { size: batchSize, seed: seeds.seed() })) {
      const { loss, outputs } = step(batch);
      yield { loss, share: ++made / steps, note: `epoch ${epoch}/${epochs}, loss ${loss.toFixed(3)}` };
      if (!Number.isFinite(loss)) return run(epoch);
      lossSum += loss * countOf(batch);
      score.add(outputs, batch, countOf(batch));
    }
    const tested = measure(model, test, task);
    if (!Number.isFinite(tested.loss)) return run(epoch);
    states.push({ epoch, trainLoss: lossSum / count, trainAccuracy: score.value(), ...tested });
  }
  return run();
}

/** A new network, and a function that makes a step of its training. */
export function network(
  { split, settings }: Pick<Plan, 'split' | 'settings'>,
  { variant, learningRate }: Pick<Training, 'variant' | 'learningRate'>,
  seed: number,
) {
  const { hidden, activation } = settings;
  const task = taskOf(split);
  const normalization = normalizationOf(variant);
  const model = new ConfigurableModel({ classes: task.outputs, hidden, activation, normalization, seed });
  const adam = new Adam({ learningRate });
  const step = (batch: AnyDataset): { readonly loss: number; readonly outputs: Tensor } => {
    let outputs: Tensor | undefined;
    const { value, gradients } = valueAndGrad(() => {
      outputs = keep(model.forward(batch.features));
      return task.loss(outputs, batch);
    }, model);
    adam.step(gradients);
    return { loss: task.unit * value.item(), outputs: outputs! };
  };
  return { model, step };
}
