import { countOf } from '../../data/index.js';
import { NormtapeError } from '../../error.js';
import { demandMemory, demandReportable } from '../room.js';
import type { Settings } from './settings.js';
import { type Samples, taskOf } from './task.js';

/** More hidden layers than this are a typing mistake: no such network learns from vectors. */
const DEEPEST = 1000;

/** Throws if the results of a sweep would not fit into a file, before any list of its trainings is made. */
export function demandCountable(settings: Settings, variants: number): void {
  const { hidden, epochs, seeds, learningRates, tuningSeeds } = settings;
  if (hidden.length > DEEPEST) {
    const expected = `at most ${DEEPEST} hidden layers`;
    throw new NormtapeError({ where: 'sweep.hidden', expected, received: hidden.length });
  }
  const tried = learningRates.length > 1 ? learningRates.length * tuningSeeds : 0;
  const trainings = variants * (tried + seeds);
  // Per epoch: its number, two losses, two accuracies, and two measures of each layer.
  const numbers = trainings * (epochs + 1) * (5 + 2 * hidden.length);
  const hint = `These are ${trainings} trainings of ${epochs} epochs. Take fewer of --seeds, --epochs, --learning-rates or --tuning-seeds.`;
  demandReportable('sweep', numbers, hint);
}

/**
 * Throws if a network would not fit into memory. A weight takes 8 bytes for itself, its gradient, both averages of Adam
 * and the new values of these three; a sample takes as much per unit, in the five steps of a layer and of its backward
 * pass.
 */
export function demandRoom(split: Samples, { hidden, batchSize }: Settings): void {
  const { features } = split.train;
  const widths = [features.shape[1]!, ...hidden, taskOf(split).outputs];
  const weights = hidden.reduce((sum, units, i) => sum + units * (widths[i]! + 4), 0);
  const last = widths.at(-1)! * (widths.at(-2)! + 1);
  const rows = Math.min(batchSize, countOf(split.train));
  const bytes = 8 * (7 * (weights + last) + 10 * rows * widths.reduce((sum, width) => sum + width, 0));
  demandMemory(
    'sweep',
    bytes,
    'a network and a step of it',
    'Take smaller --hidden layers or a smaller --batch-size.',
  );
}
