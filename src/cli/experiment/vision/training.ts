import { scope } from '../../../autograd/scope.js';
import { noGrad } from '../../../autograd/recording.js';
import type { Tensor } from '../../../autograd/tape.js';
import { type Split, batches } from '../../../data/index.js';
import { crossEntropy } from '../../../nn/losses/index.js';
import { slice } from '../../../ops/catalog.js';
import { Adam } from '../../../optim/adam.js';
import { cosineSchedule } from '../../../optim/schedules.js';
import { SGD } from '../../../optim/sgd.js';
import { type EpochRecord, type Model, accuracy, training } from '../../../train/index.js';
import type { Progress } from '../experiment.js';
import { channelDiversity } from './diversity.js';
import { ConvNeXt, resnet } from './networks.js';
import type { Plan, Training, Variant } from './plan.js';

/** A network after an epoch. */
export interface Epoch {
  readonly epoch: number;
  /** The mean over the steps of the epoch, with the weights of each step. */
  readonly trainLoss: number;
  readonly loss: number;
  /** From 0 to 1. */
  readonly accuracy: number;
}

/** The result of one training. */
export interface Run {
  readonly variant: string;
  readonly seed: number;
  readonly learningRate: number;
  /** The epochs that ended with finite numbers. */
  readonly epochs: readonly Epoch[];
  /** The reason why a number was not finite; undefined if all were. */
  readonly diverged: string | undefined;
  /** The diversity of the responses of each block over the test samples; empty for a residual network. */
  readonly diversity: readonly number[];
}

/** Trains one network and measures it after every epoch; its numbers depend only on the plan and the training. */
export function* train(
  plan: Pick<Plan, 'split' | 'settings'>,
  { variant, seed, learningRate }: Training,
): Generator<Progress, Run, void> {
  const { split } = plan;
  const { epochs } = variant;
  const { model, optimizer } = made(plan, { variant, seed, learningRate });
  const steps = training(model, split.train, {
    loss: crossEntropy,
    optimizer,
    epochs,
    batchSize: variant.batchSize,
    seed,
    validation: split.test,
    metrics: { accuracy },
    divergence: 'stop',
  });
  let next = steps.next();
  while (!next.done) {
    const { epoch, step, stepsPerEpoch, loss } = next.value;
    yield { share: (epoch - 1 + step / stepsPerEpoch) / epochs, note: `loss ${loss.toFixed(3)}` };
    next = steps.next();
  }
  const { epochs: records, stopped } = next.value;
  const sound = records.filter(({ validation }) => Number.isFinite(validation!.loss));
  const blurred = sound.length < records.length ? 'The loss on the test samples is not finite.' : undefined;
  return {
    variant: variant.name,
    seed,
    learningRate,
    epochs: sound.map(stated),
    diverged: stopped ?? blurred,
    diversity: model instanceof ConvNeXt && stopped === undefined ? diversityOf(model, split) : [],
  };
}

const stated = ({ epoch, loss, validation }: EpochRecord<'accuracy'>): Epoch => ({
  epoch,
  trainLoss: loss,
  loss: validation!.loss,
  accuracy: validation!.metrics.accuracy,
});

/** Throws if this network cannot be made for these images. */
export function tryNetwork(plan: Pick<Plan, 'split' | 'settings'>, variant: Variant): void {
  const image = slice(plan.split.train.features, [[0, 1]]);
  scope(() => noGrad(() => made(plan, { variant, seed: 0, learningRate: 1 }).model.eval().forward(image)));
}

/**
 * A network and its optimizer. The learning rate of SGD is in proportion to the batch size, as in Wu and He (2018);
 * both optimizers use a cosine decay to 0.
 */
function made(
  { split: { train }, settings: { width } }: Pick<Plan, 'split' | 'settings'>,
  { variant: { network, normalization, batchSize, epochs }, seed, learningRate }: Training,
) {
  const [samples = 0, height = 0, breadth = 0] = train.features.shape;
  const build = { side: Math.min(height, breadth), classes: train.classes.length, width, seed };
  const steps = epochs * Math.ceil(samples / batchSize);
  const model: Model<Tensor, Tensor> =
    network === 'resnet' ? resnet(normalization, build) : new ConvNeXt(normalization, build);
  const optimizer =
    network === 'resnet'
      ? new SGD({ learningRate: cosineSchedule((learningRate * batchSize) / 64, steps), momentum: 0.9 })
      : new Adam({ learningRate: cosineSchedule(learningRate, steps) });
  return { model, optimizer };
}

/** The diversity of each block, averaged over the test samples. */
function diversityOf(model: ConvNeXt, { test }: Split): readonly number[] {
  const sums = model.blocks.map(() => 0);
  for (const { features, labels } of batches(test, { size: 256 })) {
    scope(() =>
      noGrad(() =>
        model.responses(features).forEach((x, i) => {
          sums[i]! += (channelDiversity(x) * labels.length) / test.labels.length;
        }),
      ),
    );
  }
  return sums;
}
