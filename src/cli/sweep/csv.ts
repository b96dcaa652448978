import { stringify } from 'csv-stringify/sync';
import type { Results } from './results.js';

/** The text of results.csv and --csv: all epochs of all runs, one row each. */
export const csvOf = ({ data, runs }: Pick<Results, 'data' | 'runs'>): string =>
  stringify(
    runs.flatMap(({ stage, variant, learningRate, seed, epochs, divergedIn }) =>
      epochs.map(({ epoch, trainLoss, trainAccuracy, loss, accuracy }) => ({
        stage,
        normalization: variant,
        learning_rate: learningRate,
        seed,
        epoch,
        train_loss: trainLoss,
        train_accuracy: trainAccuracy,
        measured_on: stage === 'tuning' ? 'validation' : 'test',
        loss,
        accuracy,
        diverged_in_epoch: divergedIn,
      })),
    ),
    {
      header: true,
      columns: COLUMNS.map((key) => ({
        key,
        header: data.task === 'numbers' ? key.replace('accuracy', 'r2') : key,
      })),
    },
  );

const COLUMNS = [
  'stage',
  'normalization',
  'learning_rate',
  'seed',
  'epoch',
  'train_loss',
  'train_accuracy',
  'measured_on',
  'loss',
  'accuracy',
  'diverged_in_epoch',
];
