import { demandMemory, demandReportable } from '../../room.js';
import { type Values, number, numbers } from '../../../option/index.js';
import { firstSeed, size } from '../settings.js';

/** The settings of networks and trainings. */
export const SETTINGS = {
  seeds: size(3, 'How many networks of each kind are trained.'),
  seed: firstSeed('shuffles'),
  epochs: size(6, 'The epochs of each residual network.'),
  convnextEpochs: size(16, 'The epochs of each ConvNeXt V2, which learns more slowly.'),
  samples: number(
    1408,
    'The maximum number of training samples; with 1408, batches of 2, 8 and 64 are full.',
    {
      min: 1,
      whole: true,
      explore: [16, 64],
    },
  ),
  batchSizes: numbers([2, 8, 64], 'The batch sizes at which residual networks are trained.', {
    min: 1,
    whole: true,
    explore: [1, 8],
  }),
  width: number(8, 'How many channels the first layers have; a multiple of 4 for group_norm.', {
    min: 4,
    whole: true,
    explore: [4, 8],
  }),
  learningRates: numbers(
    [0.05, 0.1, 0.2],
    'The initial learning rates of SGD to try on residual networks, for batches of 64 and in proportion for others; each network takes the best on validation images.',
    { above: 0, explore: [0.01, 0.1] },
  ),
  convnextRates: numbers([0.005, 0.01, 0.02], 'The initial learning rates of Adam to try on ConvNeXt V2.', {
    above: 0,
    explore: [0.001, 0.01],
  }),
  testShare: number(0.2, 'The share of the samples kept for testing, if the data has no test samples.', {
    above: 0,
    below: 1,
    explore: [0.1, 0.5],
  }),
};

export type VisionSettings = Values<typeof SETTINGS>;

/**
 * Throws if networks or their results would not fit into memory, before any list of trainings is made. Both kinds of
 * network have about 150 · width² weights, of 8 bytes each for itself, its gradient, two averages and new values.
 */
export function demandRoom(settings: VisionSettings, norms: number): void {
  const { seeds, epochs, convnextEpochs, batchSizes, width, learningRates, convnextRates } = settings;
  const trained = norms * batchSizes.length * epochs * (seeds + learningRates.length);
  const patched = 2 * convnextEpochs * (seeds + convnextRates.length);
  const hint = 'Take fewer of --seeds, --epochs, --batch-sizes or rates.';
  demandReportable('vision', 4 * (trained + patched), hint);
  demandMemory('vision', 8 * 7 * 150 * width ** 2, 'a network', 'Take a smaller --width.');
}

/** The settings of --full. */
export const FULL = { seeds: 10, epochs: 20, convnextEpochs: 40 } as const;
