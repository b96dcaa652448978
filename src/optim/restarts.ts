import { type Given, choice, number, plain, resolve } from '../option/index.js';
import { scheduled } from './scheduled.js';
import type { Schedule } from './schedules.js';

const settings = (factor: number) => ({
  learningRate: number(0.01, 'The rate at the start of the first period.', { min: 0, explore: [0, 1] }),
  firstPeriod: number(1, 'How many steps the first period takes.', { above: 0, explore: [1, 100] }),
  periodFactor: number(factor, 'How many times as long as the last each period is.', {
    min: 1,
    explore: [1, 3],
  }),
  rateFactor: number(1, 'What the height of a period above its end is multiplied by for the next.', {
    min: 0,
    explore: [0.5, 1],
  }),
  alpha: number(0, 'The share of the rate that is left at the end of a period.', {
    min: 0,
    max: 1,
    explore: [0, 1],
  }),
  convention: choice('keras', 'Whose defaults: a periodFactor of 2 as in Keras, or of 1 as in PyTorch.', [
    'keras',
    'pytorch',
  ]),
});

const CONVENTIONS = { keras: settings(2), pytorch: settings(1) };

/** The options of `warmRestartsSchedule`, besides its numbers; each has a default. */
export type WarmRestartsOptions = Omit<Given<typeof CONVENTIONS.keras>, 'learningRate' | 'firstPeriod'>;

/**
 * Half a cosine from the rate down to `alpha` of it, with warm restarts (SGDR, Loshchilov and Hutter 2017, eq. 5): over
 * `firstPeriod` steps, then over `periodFactor` times as many, and so on. Each restart begins at `rateFactor` times the
 * height of the last one above `alpha`.
 *
 * @throws NormtapeError if a number is out of its bounds.
 */
export function warmRestartsSchedule(
  learningRate: number,
  firstPeriod: number,
  options: WarmRestartsOptions = {},
): Schedule {
  const { convention } = plain('warmRestartsSchedule', options);
  const specs = convention === 'pytorch' ? CONVENTIONS.pytorch : CONVENTIONS.keras;
  const given = { ...options, learningRate, firstPeriod };
  const { periodFactor, rateFactor, alpha } = resolve('warmRestartsSchedule', specs, given);
  return scheduled('warmRestartsSchedule', (step) => {
    let [start, length, share] = [0, firstPeriod, 1];
    if (periodFactor === 1) {
      const period = Math.floor(step / firstPeriod);
      [start, share] = [period * firstPeriod, rateFactor ** period];
    }
    while (step - start >= length) {
      [start, length, share] = [start + length, length * periodFactor, share * rateFactor];
    }
    const fall = (1 + Math.cos((Math.PI * (step - start)) / length)) / 2;
    return learningRate * (alpha + (1 - alpha) * share * fall);
  });
}
