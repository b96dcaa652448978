import type { Dataset } from '../../../data/index.js';
import { dmlPlusFocal, logitNorm } from '../../../norms/catalog.js';
import { demandMemory, demandReportable } from '../../room.js';
import { type Values, number, numbers } from '../../../option/index.js';
import { firstSeed, size } from '../settings.js';

/** The settings of networks, trainings and methods. */
export const SETTINGS = {
  seeds: size(5, 'How many networks of each kind are trained, each without other classes.'),
  seed: firstSeed('shuffles', ' It also chooses the held-out classes.'),
  heldOut: size(2, 'How many classes are left out of training, to be detected.'),
  epochs: size(20, 'The number of epochs.'),
  samples: number(1800, 'The maximum number of samples to use.', {
    min: 2,
    whole: true,
    explore: [20, 100],
  }),
  batchSize: size(64, 'The batch size.'),
  width: size(8, 'How many channels the first layer has; the last has four times as many.'),
  learningRates: numbers(
    [0.03, 0.1, 0.3],
    'The initial learning rates of SGD to try, before a cosine decay to 0; each training takes the best on validation data.',
    { above: 0, explore: [0.01, 0.3] },
  ),
  temperatures: numbers(
    logitNorm.recipes?.detection?.tuned?.temperature ?? [],
    'The temperatures of LogitNorm to try, in the loss and in the layer.',
    { above: 0, explore: [0.01, 1] },
  ),
  constants: numbers([1, 10, 100], 'The weights of the cosine to try in decoupled MaxLogit.', {
    above: 0,
    explore: [0.1, 1000],
  }),
  scales: numbers(
    dmlPlusFocal.recipes?.detection?.cosineScales ?? [],
    'The scales of the cosines to try in the network of the focal loss.',
    { above: 0, explore: [1, 50] },
  ),
  testShare: number(0.3, 'The share of the samples of the trained classes that is kept for testing.', {
    above: 0,
    below: 1,
    explore: [0.1, 0.5],
  }),
};

export type OodSettings = Values<typeof SETTINGS>;

/**
 * Throws if the results would not fit into memory, or into one file, before any list of trainings is made: every seed
 * has the score of every sample in every reading.
 */
export function demandRoom(settings: OodSettings, methods: number, { features }: Dataset): void {
  const { seeds, width, learningRates, temperatures, scales } = settings;
  const tried = learningRates.length * (2 + temperatures.length + scales.length);
  const hint = 'Take fewer of --seeds, --samples or values to try.';
  demandReportable('ood', seeds * methods + 4 * tried, hint);
  // For each seed: the images and three sets of outliers in float32, and a score for each sample in every reading.
  const images = features.shape[0]!;
  const folds = seeds * 4 * (4 * features.size + 8 * images * methods);
  const bytes = folds + 8 * 7 * 150 * width ** 2;
  demandMemory('ood', bytes, 'all images, scores and a network', 'Take fewer --seeds or a smaller --width.');
}

/** The settings of --full. */
export const FULL = { seeds: 20, epochs: 40 } as const;
