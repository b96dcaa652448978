import { activationNames } from '../../nn/activations.js';
import { type Values, choice, number, numbers } from '../../option/index.js';

const share = { above: 0, below: 1, explore: [0.1, 0.5] } as const;

/** How the networks of a sweep are made and trained: the same for all of them but the learning rate. */
export const SETTINGS = {
  hidden: numbers([64, 32], 'The size of each hidden layer.', { min: 1, whole: true, explore: [1, 64] }),
  activation: choice('relu', 'What follows each normalization.', activationNames),
  epochs: number(15, 'How often each network sees all training samples.', {
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
  batchSize: number(32, 'How many samples a step sees.', { min: 1, whole: true, explore: [1, 128] }),
  learningRates: numbers(
    [0.001, 0.003, 0.01],
    'The sizes of the steps of Adam to choose from, for each normalization by itself.',
    { above: 0, explore: [1e-4, 0.1] },
  ),
  tuningSeeds: number(2, 'How many networks try each learning rate before one is chosen.', {
    min: 1,
    whole: true,
    explore: [1, 5],
  }),
  validationShare: number(
    0.2,
    'The share of the training samples that the learning rate is chosen on; afterwards all are trained with.',
    share,
  ),
  testShare: number(0.2, 'The share of the samples kept for testing, where the data does not say.', share),
};

export type Settings = Values<typeof SETTINGS>;
