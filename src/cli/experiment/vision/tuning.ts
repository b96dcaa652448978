import { split } from '../../../data/index.js';
import { Tuning } from '../tuning.js';
import type { Plan, Variant } from './plan.js';
import type { VisionSettings } from './settings.js';
import { train } from './training.js';

export const ratesOf = (
  variants: readonly Variant[],
  { learningRates, convnextRates }: VisionSettings,
): Tuning<number> =>
  new Tuning(
    variants.flatMap(({ name, network }) =>
      (network === 'resnet' ? learningRates : convnextRates).map((choice) => ({ method: name, choice })),
    ),
  );

/** The relative duration of a training: a step costs as much as 8 samples on top of its own. */
export const weightOf = ({ epochs, batchSize }: Variant): number => epochs * (1 + 8 / batchSize);

/**
 * A training per network and rate, on a part of the training images, scored by the loss on the others. Its seed is used
 * by no final training.
 */
export function tuningTrials({ variants, rates, split: { train: images }, settings }: Plan) {
  const seed = -1 - settings.seed;
  const of = (method: string): Variant => variants.find(({ name }) => name === method)!;
  // Split only if needed: a network with one rate has no trials, and its images may be too few to split.
  const parts = () => split(images, { testShare: settings.testShare, seed });
  return rates.trials(
    ({ method, choice }) => `${method}, trying a rate of ${choice}`,
    function* ({ method, choice: learningRate }) {
      const run = yield* train({ split: parts(), settings }, { variant: of(method), seed, learningRate });
      return run.diverged === undefined ? -run.epochs.at(-1)!.loss : -Infinity;
    },
    ({ method }) => weightOf(of(method)),
  );
}
