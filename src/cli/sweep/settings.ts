import { activationNames } from '../../nn/activations.js';
import { type Values, choice, number, numbers } from '../../option/index.js';

const share = { above: 0, below: 1, explore: [0.1, 0.5] } as const;

/** How the networks of a sweep are made and trained: the same for all of them. */
export const SETTINGS = {
  hidden: numbers([64, 32], 'The size of each hidden layer.', { min: 1, whole: true, explore: [1, 64] }),
  activation: choice('relu', 'What follows each normalization.', activationNames),
  epochs: number(15, 'How often each network sees all training samples.', {
    min: 1,
    whole: true,
    explore: [1, 50],
  }),
  seeds: number(3, 'How many networks are trained with each normalization.', {
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
  learningRate: number(0.003, 'The size of the steps of Adam.', { above: 0, explore: [1e-4, 0.1] }),
  testShare: number(0.2, 'The share of the samples kept for testing, where the data does not say.', share),
};

export type Settings = Values<typeof SETTINGS>;
