import { Random } from '../../array/index.js';
import { valueAndGrad } from '../../autograd/vjp.js';
import { type Dataset, batches } from '../../data/index.js';
import { ConfigurableModel } from '../../models/configurable-model.js';
import { crossEntropy } from '../../nn/losses/index.js';
import { Adam } from '../../optim/adam.js';
import { type Measures, correct, measure } from './measure.js';
import { type Plan, type Training, normalizationOf, samplesOf } from './plan.js';

/** The state of a network after so many epochs; before the first there is nothing to say of training. */
export interface Epoch extends Measures {
  readonly epoch: number;
  /** Over the steps of the epoch, as they were made. */
  readonly trainLoss: number | undefined;
  readonly trainAccuracy: number | undefined;
}

/** A training that came to its end, or diverged. */
export interface Run {
  /** Whether it chose a learning rate, measured on validation samples, or was compared, on test samples. */
  readonly stage: 'tuning' | 'final';
  readonly variant: string;
  readonly learningRate: number;
  readonly seed: number;
  readonly epochs: readonly Epoch[];
  /** The epoch in which a loss was not finite any more. */
  readonly divergedIn: number | undefined;
}

/** What a training says after each step. */
export interface Step {
  readonly epoch: number;
  readonly loss: number;
  /** How much of the training is done, from 0 to 1. */
  readonly share: number;
}

/** Trains one network, step by step; the plan and the training alone decide every number. */
export function* train(plan: Plan, training: Training): Generator<Step, Run> {
  const { epochs, batchSize } = plan.settings;
  const { train: samples, test } = samplesOf(plan, training);
  const seeds = new Random(training.seed);
  const { model, step } = network(plan, training, seeds.seed());
  const states: Epoch[] = [
    { epoch: 0, trainLoss: undefined, trainAccuracy: undefined, ...measure(model, test) },
  ];
  const run = (divergedIn?: number): Run => {
    const { stage, variant, learningRate, seed } = training;
    return { stage, variant: variant.name, learningRate, seed, epochs: states, divergedIn };
  };

  const { length: count } = samples.labels;
  const steps = epochs * Math.ceil(count / batchSize);
  let made = 0;
  for (let epoch = 1; epoch <= epochs; epoch++) {
    model.train();
    const sums = { loss: 0, hits: 0 };
    for (const batch of batches(samples, { size: batchSize, seed: seeds.seed() })) {
      const { loss, hits } = step(batch);
      yield { epoch, loss, share: ++made / steps };
      if (!Number.isFinite(loss)) return run(epoch);
      sums.loss += loss * batch.labels.length;
      sums.hits += hits;
    }
    const tested = measure(model, test);
    if (!Number.isFinite(tested.loss)) return run(epoch);
    states.push({ epoch, trainLoss: sums.loss / count, trainAccuracy: sums.hits / count, ...tested });
  }
  return run();
}

/** A new network, and a step of its training. */
export function network(
  { split, settings }: Plan,
  { variant, learningRate }: Pick<Training, 'variant' | 'learningRate'>,
  seed: number,
) {
  const { hidden, activation } = settings;
  const classes = split.train.classes.length;
  const normalization = normalizationOf(variant);
  const model = new ConfigurableModel({ classes, hidden, activation, normalization, seed });
  const adam = new Adam({ learningRate });
  const step = ({ features, labels }: Dataset): { readonly loss: number; readonly hits: number } => {
    let hits = 0;
    const { value, gradients } = valueAndGrad(() => {
      const logits = model.forward(features);
      hits = correct(logits, labels);
      return crossEntropy(logits, labels);
    }, model);
    adam.step(gradients);
    return { loss: value.item(), hits };
  };
  return { model, step };
}
