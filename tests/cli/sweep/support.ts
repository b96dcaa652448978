import { resolve } from '../../../src/option/index.js';
import { moons, split } from '../../../src/data/index.js';
import { type Plan, baselineOf, tuningOf, variantsOf } from '../../../src/cli/sweep/plan.js';
import { SETTINGS, type Settings } from '../../../src/cli/sweep/settings.js';
import type { Run } from '../../../src/cli/sweep/training.js';

/** A small sweep of the moons. */
export function planOf(norms: string, given: Partial<Settings> = {}): Plan {
  const settings = resolve('sweep', SETTINGS, {
    hidden: [8, 4],
    epochs: 3,
    seeds: 1,
    learningRates: [0.003],
    ...given,
  });
  const data = split(moons({ samples: 100, seed: 1 }), { seed: 1 });
  const variants = variantsOf(norms, undefined);
  return {
    name: 'test',
    source: 'moons',
    split: data,
    notes: [],
    tuning: tuningOf(data, settings),
    variants,
    baseline: baselineOf(variants, undefined),
    settings,
  };
}

/** A run that ended with this accuracy and loss. */
export const runOf = (variant: string, seed: number, accuracy: number, more: Partial<Run> = {}): Run => ({
  stage: 'final',
  variant,
  learningRate: 0.003,
  seed,
  epochs: [epochOf(0, 0), epochOf(1, accuracy)],
  divergedIn: undefined,
  ...more,
});

export const epochOf = (epoch: number, accuracy: number, loss = 1 - accuracy) => ({
  epoch,
  trainLoss: undefined,
  trainAccuracy: undefined,
  accuracy,
  loss,
  layers: [],
});
