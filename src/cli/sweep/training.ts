import { Random } from '../../array/index.js';
import { valueAndGrad } from '../../autograd/vjp.js';
import { type Dataset, batches } from '../../data/index.js';
import { ConfigurableModel } from '../../models/configurable-model.js';
import { crossEntropy } from '../../nn/losses/index.js';
import { Adam } from '../../optim/adam.js';
import { quietest } from '../spread.js';
import { type Measures, correct, measure } from './measure.js';
import { type Plan, type Training, normalizationOf } from './plan.js';

/** The state of a network after so many epochs; before the first there is nothing to say of training. */
export interface Epoch extends Measures {
  readonly epoch: number;
  /** Over the steps of the epoch, as they were made. */
  readonly trainLoss: number | undefined;
  readonly trainAccuracy: number | undefined;
}

/** A training that came to its end, or diverged. */
export interface Run {
  readonly variant: string;
  readonly seed: number;
  readonly epochs: readonly Epoch[];
  /** The epoch in which a loss was not finite any more. */
  readonly divergedIn: number | undefined;
  /**
   * The time of one step: what a tenth of them stayed under, since other work on the machine can only add.
   */
  readonly stepMilliseconds: number;
}

/** What a training says after each step. */
export interface Step {
  readonly epoch: number;
  readonly loss: number;
}

/** Trains one network, step by step; the plan and the training alone decide every number but the times. */
export function* train({ split, settings }: Plan, { variant, seed }: Training): Generator<Step, Run> {
  const { hidden, activation, epochs, batchSize, learningRate } = settings;
  const classes = split.train.classes.length;
  const seeds = new Random(seed);
  const normalization = normalizationOf(variant);
  const model = new ConfigurableModel({ classes, hidden, activation, normalization, seed: seeds.seed() });
  const adam = new Adam({ learningRate });
  const times: number[] = [];
  const states: Epoch[] = [
    { epoch: 0, trainLoss: undefined, trainAccuracy: undefined, ...measure(model, split.test) },
  ];
  const run = (divergedIn?: number): Run => ({
    variant: variant.name,
    seed,
    epochs: states,
    divergedIn,
    stepMilliseconds: quietest(times),
  });

  for (let epoch = 1; epoch <= epochs; epoch++) {
    model.train();
    const sums = { loss: 0, hits: 0 };
    for (const batch of batches(split.train, { size: batchSize, seed: seeds.seed() })) {
      const start = performance.now();
      const { loss, hits } = step(model, adam, batch);
      times.push(performance.now() - start);
      yield { epoch, loss };
      if (!Number.isFinite(loss)) return run(epoch);
      sums.loss += loss * batch.labels.length;
      sums.hits += hits;
    }
    const { length: count } = split.train.labels;
    const tested = measure(model, split.test);
    if (!Number.isFinite(tested.loss)) return run(epoch);
    states.push({ epoch, trainLoss: sums.loss / count, trainAccuracy: sums.hits / count, ...tested });
  }
  return run();
}

function step(model: ConfigurableModel, adam: Adam, { features, labels }: Dataset) {
  let hits = 0;
  const { value, gradients } = valueAndGrad(() => {
    const logits = model.forward(features);
    hits = correct(logits, labels);
    return crossEntropy(logits, labels);
  }, model);
  adam.step(gradients);
  return { loss: value.item(), hits };
}
