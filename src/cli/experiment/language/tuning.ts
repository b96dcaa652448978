import { count } from '../../words.js';
import { Tuning } from '../tuning.js';
import { type Corpus, validationOf } from './corpus.js';
import { type Training, train } from './run.js';
import type { Settings } from './settings.js';
import type { Variant } from './variants.js';

/** The learning rate of each norm, for models of each depth. */
export type Rates = Tuning<number>;

/** The name of a norm at a depth, in the tuning. */
export const tunedName = ({ name }: Pick<Variant, 'name'>, layers: number): string =>
  `${name}, ${count(layers, 'block')}`;

export const ratesOf = (
  variants: readonly Variant[],
  depths: readonly number[],
  { learningRates }: Settings,
): Rates =>
  new Tuning(
    variants.flatMap((variant) =>
      depths.flatMap((layers) =>
        learningRates.map((choice) => ({ method: tunedName(variant, layers), choice })),
      ),
    ),
  );

/** The norms whose best rate was the smallest or the largest of several, with that rate. */
export function edgesOf(rates: Rates) {
  const { tried } = rates;
  return [...new Set(tried.map(({ method }) => method))].flatMap((method) => {
    const own = tried.filter((one) => one.method === method).map(({ choice }) => choice);
    const choice = rates.chosen(method);
    return choice === Math.min(...own) || choice === Math.max(...own) ? [{ method, choice }] : [];
  });
}

/**
 * A training per norm, depth and rate, on a part of the training text, scored by its loss on the rest. Its seed is used
 * by no final training.
 */
export function tuningTrials(
  rates: Rates,
  variants: readonly Variant[],
  depths: readonly number[],
  corpus: Corpus,
  settings: Settings,
) {
  const inner = validationOf(corpus);
  const trainings = new Map<string, Omit<Training, 'learningRate'>>(
    variants.flatMap((variant) =>
      depths.map((layers) => [tunedName(variant, layers), { variant, layers, seed: -1 - settings.seed }]),
    ),
  );
  return rates.trials(
    ({ method, choice }) => `${method}, trying a rate of ${choice}`,
    function* ({ method, choice: learningRate }) {
      const { loss } = yield* train(inner, settings, { ...trainings.get(method)!, learningRate });
      return loss === undefined ? -Infinity : -loss;
    },
    ({ method }) => trainings.get(method)!.layers,
  );
}
