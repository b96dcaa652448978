import { activationNames } from '../../nn/activations.js';
import { type Values, choice, number, numbers } from '../../option/index.js';

const share = { above: 0, below: 1, explore: [0.1, 0.5] } as const;

/** The settings of the networks of a sweep: the same for all, except the learning rate. */
export const SETTINGS = {
  hidden: numbers([64, 32], 'The size of each hidden layer.', { min: 1, whole: true, explore: [1, 64] }),
  activation: choice('relu', 'The activation after each normalization.', activationNames),
  epochs: number(15, 'The number of epochs.', {
    min: 1,
    whole: true,
    explore: [1, 50],
  }),
  seeds: number(8, 'How many networks are compared for each normalization; intervals need 2.', {
    min: 1,
    whole: true,
    explore: [1, 10],
  }),
  seed: number(1, 'The first seed, of weights and shuffles; the others follow it. It also splits the data.', {
    min: 0,
    max: 2 ** 31,
    whole: true,
    explore: [0, 100],
  }),
  batchSize: number(32, 'The batch size.', { min: 1, whole: true, explore: [1, 128] }),
  learningRates: numbers(
    [0.001, 0.003, 0.01],
    'The learning rates of Adam to choose from, separately for each normalization.',
    { above: 0, explore: [1e-4, 0.1] },
  ),
  tuningSeeds: number(2, 'How many networks try each learning rate before one is chosen.', {
    min: 1,
    whole: true,
    explore: [1, 5],
  }),
  validationShare: number(
    0.2,
    'The share of the training samples on which the learning rate is chosen; the final trainings use all.',
    share,
  ),
  testShare: number(
    0.2,
    'The share of the samples kept for testing, if the data has no test samples.',
    share,
  ),
};

export type Settings = Values<typeof SETTINGS>;
