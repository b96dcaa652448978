import type { Tensor } from '../../autograd/tape.js';
import { type AnyDataset, type Scaling, type Split, isRegression } from '../../data/index.js';
import { NormtapeError } from '../../error.js';
import { crossEntropy, meanSquaredError } from '../../nn/losses/index.js';
import { type Meter, r2 } from '../../train/index.js';
import { correct } from './correct.js';

/** Training and test samples, and the scale that converts predicted numbers back to the units of the file. */
export interface Samples extends Split<AnyDataset> {
  readonly targets?: Scaling | undefined;
}

/** The task of the networks of a sweep, and its measures. */
export interface Task {
  readonly name: TaskName;
  /** The number of outputs of the network: logits of the classes, or numbers. */
  readonly outputs: number;
  /** The mean loss of a batch: cross entropy, or the mean squared error of standardized numbers. */
  loss(outputs: Tensor, batch: AnyDataset): Tensor;
  /** The factor that converts a loss to the units of the data: 1, or the variance of the training targets. */
  readonly unit: number;
  /** A new meter of batches; its value is the accuracy, or R². */
  score(): Meter<Tensor, AnyDataset>;
}

export type TaskName = 'classes' | 'numbers';

/** The names and formats of the score and the loss of a task. */
export const WORDS = {
  classes: { score: 'accuracy', title: 'accuracy, %', factor: 100, digits: 2, loss: 'cross entropy' },
  numbers: { score: 'R²', title: 'R²', factor: 1, digits: 4, loss: 'mean squared error' },
} as const satisfies Readonly<Record<TaskName, object>>;

/** The task of the samples. */
export const taskOf = ({ train, targets }: Samples): Task =>
  isRegression(train)
    ? {
        name: 'numbers',
        outputs: train.targets.shape[1]!,
        loss: (outputs, batch) => meanSquaredError(outputs, targetsOf(batch)),
        unit: (targets?.deviation[0] ?? 1) ** 2,
        score() {
          const meter = r2.start();
          return { ...meter, add: (outputs, batch, count) => meter.add(outputs, targetsOf(batch), count) };
        },
      }
    : {
        name: 'classes',
        outputs: train.classes.length,
        loss: (outputs, batch) => crossEntropy(outputs, labelsOf(batch)),
        unit: 1,
        score() {
          let [hits, seen] = [0, 0];
          return {
            add(outputs, batch, count) {
              hits += correct(outputs, labelsOf(batch));
              seen += count;
            },
            value: () => hits / seen,
          };
        },
      };

/** Throws if all test samples have the same number, because R² is undefined then. */
export function demandScorable(where: string, { test }: Split<AnyDataset>): void {
  if (!isRegression(test)) return;
  const numbers = test.targets.value.data;
  if (numbers.some((value) => value !== numbers[0])) return;
  const expected = 'test samples of different numbers, since R² is undefined otherwise';
  const received = `${numbers.length} samples of one number`;
  throw new NormtapeError({ where, expected, received, hint: 'Take a larger --test-share.' });
}

function targetsOf(batch: AnyDataset): Tensor {
  if (isRegression(batch)) return batch.targets;
  throw new NormtapeError({ where: batch.name, expected: 'numbers to predict', received: 'classes' });
}

function labelsOf(batch: AnyDataset): Int32Array {
  if (!isRegression(batch)) return batch.labels;
  throw new NormtapeError({ where: batch.name, expected: 'classes', received: 'numbers to predict' });
}
