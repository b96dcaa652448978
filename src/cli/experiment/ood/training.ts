import { finite, flat } from '../../../array/index.js';
import { scope } from '../../../autograd/scope.js';
import { noGrad } from '../../../autograd/recording.js';
import type { Tensor } from '../../../autograd/tape.js';
import type { Dataset } from '../../../data/index.js';
import { concat, slice } from '../../../ops/catalog.js';
import { cosineSchedule } from '../../../optim/schedules.js';
import { SGD } from '../../../optim/sgd.js';
import { accuracy, detection, evaluating, expectedCalibrationError, training } from '../../../train/index.js';
import type { Progress } from '../experiment.js';
import { type Answer, Network } from './network.js';
import { type Choice, OBJECTIVES, type ObjectiveName } from './objectives.js';
import { READERS } from './readings.js';
import { type Fold, OUTLIERS, type Outliers, type Validation } from './samples.js';
import type { OodSettings } from './settings.js';

/** One training to run, with its samples. */
export interface Training {
  readonly objective: ObjectiveName;
  /** The settings that validation data chose. */
  readonly choice: Choice;
  readonly fold: Fold;
}

/** The scores of one reading, high for inliers. */
export interface Scores {
  /** For the training samples; rescaling by them uses no outliers. */
  readonly train: readonly number[];
  readonly inliers: readonly number[];
  readonly outliers: Readonly<Record<Outliers, readonly number[]>>;
  /** For the test inliers; undefined if the reading has no probabilities. */
  readonly calibrationError: number | undefined;
}

/** The result of one training. */
export interface Run {
  readonly objective: ObjectiveName;
  readonly seed: number;
  readonly choice: Choice;
  /** The reason why a number was not finite; undefined if all were. */
  readonly diverged: string | undefined;
  /** The accuracy on the test inliers, from 0 to 1. */
  readonly accuracy: number | undefined;
  /** By the name of the reading; empty if the training diverged. */
  readonly readings: Readonly<Record<string, Scores>>;
}

/** A trained network, and why its training was stopped, if it was. */
interface Fitted {
  readonly model: Network;
  readonly stopped: string | undefined;
}

/** Trains one network; its numbers depend only on settings, objective, choice, samples and seed. */
function* fitted(
  { epochs, batchSize, width }: OodSettings,
  { objective, choice }: Pick<Training, 'objective' | 'choice'>,
  train: Dataset,
  seed: number,
): Generator<Progress, Fitted, void> {
  const [samples = 0, height = 0, breadth = 0] = train.features.shape;
  const { head, loss } = OBJECTIVES[objective];
  const model = new Network({
    side: Math.min(height, breadth),
    classes: train.classes.length,
    width,
    head,
    scale: choice.scale,
    seed,
  });
  const schedule = cosineSchedule(choice.learningRate, epochs * Math.ceil(samples / batchSize));
  let done = 0;
  const steps = training(model, train, {
    loss: loss(choice, () => done),
    optimizer: new SGD({ learningRate: schedule, momentum: 0.9, weightDecay: 5e-4 }),
    epochs,
    batchSize,
    seed,
    divergence: 'stop',
  });
  let next = steps.next();
  while (!next.done) {
    const { epoch, step, stepsPerEpoch, loss } = next.value;
    done = (epoch - 1 + step / stepsPerEpoch) / epochs;
    yield { share: done, note: `loss ${loss.toFixed(3)}` };
    next = steps.next();
  }
  return { model, stopped: next.value.stopped };
}

/** Trains one network, and reads its scores of all samples. */
export function* train(settings: OodSettings, training: Training): Generator<Progress, Run, void> {
  const { objective, choice, fold } = training;
  const { seed } = fold;
  const { train, test } = fold.inliers;
  const { model, stopped } = yield* fitted(settings, training, train, seed);
  const readings =
    stopped === undefined ? readingsOf(model, { ...settings, ...choice }, objective, fold) : {};
  const bad = Object.entries(readings).find(([, scores]) => !areFinite(scores));
  const diverged = stopped ?? (bad && `The scores of ${bad[0]} are not finite.`);
  if (diverged !== undefined) {
    return { objective, seed, choice, diverged, accuracy: undefined, readings: {} };
  }
  const { logits } = ask(model, test.features, ({ logits }) => ({ logits }));
  return { objective, seed, choice, diverged, accuracy: accuracy(logits!, test.labels), readings };
}

/**
 * The score of a network on validation data: the mean of its accuracy on inliers, and of the AUROC with which it tells
 * these from Gaussian noise. −∞ if its training diverged.
 */
export function* validated(
  settings: OodSettings,
  { objective, choice }: Pick<Training, 'objective' | 'choice'>,
  { inliers: { train, test }, noise }: Validation,
  seed: number,
): Generator<Progress, number, void> {
  const { model, stopped } = yield* fitted(settings, { objective, choice }, train, seed);
  if (stopped !== undefined) return -Infinity;
  const { validatedBy } = OBJECTIVES[objective];
  const scores = (images: Tensor) => {
    const read = (answer: Answer) => ({
      score: READERS[objective](answer, model, { ...settings, ...choice })[validatedBy]!.score,
      logits: answer.logits,
    });
    const { score, logits } = ask(model, images, read);
    return { score: Array.from(flat(score!.value)), logits: logits! };
  };
  const [seen, strange] = [scores(test.features), scores(noise)];
  if (![...seen.score, ...strange.score].every(Number.isFinite)) return -Infinity;
  return (accuracy(seen.logits, test.labels) + detection(seen.score, strange.score).auroc) / 2;
}

/** Whether all scores are finite; a network with huge finite weights may return infinite scores. */
const areFinite = ({ train, inliers, outliers }: Scores): boolean =>
  [train, inliers, ...Object.values(outliers)].every((scores) => scores.every(Number.isFinite));

function readingsOf(
  model: Network,
  settings: OodSettings & Choice,
  objective: ObjectiveName,
  { inliers: { train, test }, outliers }: Fold,
): Readonly<Record<string, Scores>> {
  const asked = (images: Tensor, what: 'score' | 'probabilities') =>
    ask(model, images, (answer) =>
      Object.fromEntries(
        Object.entries(READERS[objective](answer, model, settings)).flatMap(([name, reading]) =>
          reading[what] ? [[name, reading[what]]] : [],
        ),
      ),
    );
  const scores = (images: Tensor) =>
    Object.fromEntries(
      Object.entries(asked(images, 'score')).map(([name, { value }]) => [name, Array.from(flat(value))]),
    );
  const [trained, tested] = [scores(train.features), scores(test.features)];
  const strange = OUTLIERS.map((set) => [set, scores(outliers[set])] as const);
  const beliefs = asked(test.features, 'probabilities');
  return Object.fromEntries(
    Object.keys(tested).map((name): [string, Scores] => [
      name,
      {
        train: trained[name]!,
        inliers: tested[name]!,
        outliers: bySet(strange.map(([set, own]) => [set, own[name]!])),
        calibrationError: beliefs[name] && calibration(beliefs[name], test.labels),
      },
    ]),
  );
}

/** The calibration error; NaN if a probability is not finite. */
const calibration = (probabilities: Tensor, labels: Int32Array): number =>
  finite(probabilities.value) ? expectedCalibrationError(probabilities, labels) : NaN;

const bySet = (entries: readonly (readonly [Outliers, readonly number[]])[]): Scores['outliers'] =>
  Object.fromEntries(entries) as Record<Outliers, readonly number[]>;

/** The number of images in one forward pass. */
const TOGETHER = 256;

/** The readings of a network in eval mode, one row per image. */
function ask(
  model: Network,
  images: Tensor,
  read: (answer: Answer) => Readonly<Record<string, Tensor>>,
): Readonly<Record<string, Tensor>> {
  const parts: Readonly<Record<string, Tensor>>[] = [];
  const count = images.shape[0]!;
  evaluating(model, () =>
    noGrad(() => {
      for (let start = 0; start < count; start += TOGETHER) {
        const end = Math.min(count, start + TOGETHER);
        parts.push(scope(() => read(model.forward(slice(images, [[start, end]])))));
      }
    }),
  );
  return Object.fromEntries(
    Object.keys(parts[0]!).map((name) => [name, concat(parts.map((part) => part[name]!))]),
  );
}
