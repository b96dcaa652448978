import { type Given, choice, flag, number, plain, resolve } from '../option/index.js';
import { scheduled } from './scheduled.js';
import type { Schedule } from './schedules.js';

const convention = choice('keras', 'Whose defaults.', ['keras', 'pytorch']);
const learningRate = number(0.01, 'The rate that all others are relative to.', { min: 0, explore: [0, 1] });
const decaySteps = number(1, 'How many steps the way takes.', { above: 0, explore: [1, 100] });

const polynomial = (endRate: number) => ({
  learningRate,
  decaySteps,
  endRate: number(endRate, 'The rate at the end, and of all steps after.', { min: 0, explore: [0, 0.1] }),
  power: number(1, 'The power of the share of the way that is left.', { min: 0, explore: [0.5, 2] }),
  cycle: flag(false, 'Whether the way is made longer by decaySteps each time that its end is reached.'),
  convention,
});

const POLYNOMIAL = { keras: polynomial(1e-4), pytorch: polynomial(0) };

/** The options of `polynomialSchedule`, besides its numbers; each has a default. */
export type PolynomialOptions = Omit<Given<typeof POLYNOMIAL.keras>, 'learningRate' | 'decaySteps'>;

/**
 * endRate + (learningRate − endRate) (1 − step / decaySteps)^power, and endRate after that. By default it ends at 1e-4 as
 * in Keras, or at 0 with the convention of PyTorch.
 *
 * @throws NormtapeError if a number is out of its bounds; so does the schedule below.
 */
export function polynomialSchedule(
  learningRate: number,
  decaySteps: number,
  options: PolynomialOptions = {},
): Schedule {
  const { convention } = plain('polynomialSchedule', options);
  const specs = convention === 'pytorch' ? POLYNOMIAL.pytorch : POLYNOMIAL.keras;
  const given = { ...options, learningRate, decaySteps };
  const { endRate, power, cycle } = resolve('polynomialSchedule', specs, given);
  return scheduled('polynomialSchedule', (step) => {
    const length = cycle ? decaySteps * Math.max(1, Math.ceil(step / decaySteps)) : decaySteps;
    const left = 1 - Math.min(1, step / length);
    return endRate + (learningRate - endRate) * left ** power;
  });
}

const linear = (from: number, to: number) => ({
  learningRate,
  steps: decaySteps,
  startFactor: number(from, 'What the rate is multiplied by at the first step.', { min: 0, explore: [0, 1] }),
  endFactor: number(to, 'What it is multiplied by at the last, and at all steps after.', {
    min: 0,
    explore: [0, 1],
  }),
  convention,
});

const LINEAR = { keras: linear(1, 0), pytorch: linear(1 / 3, 1) };

/** The options of `linearSchedule`, besides its numbers; each has a default. */
export type LinearOptions = Omit<Given<typeof LINEAR.keras>, 'learningRate' | 'steps'>;

/**
 * A linear schedule from startFactor to endFactor times the rate over so many steps, and endFactor times the rate
 * after that. By default from 1 to 0, as Keras' polynomial decay to 0; with the convention of PyTorch from ⅓ to 1,
 * which warms up.
 */
export function linearSchedule(learningRate: number, steps: number, options: LinearOptions = {}): Schedule {
  const specs = plain('linearSchedule', options).convention === 'pytorch' ? LINEAR.pytorch : LINEAR.keras;
  const { startFactor, endFactor } = resolve('linearSchedule', specs, { ...options, learningRate, steps });
  const rateAt = (step: number): number =>
    learningRate * (startFactor + (endFactor - startFactor) * Math.min(1, step / steps));
  return scheduled('linearSchedule', rateAt);
}
