import type { Decay } from '../array/optimizer.js';
import { type Options, choice, number } from '../option/index.js';

export type Convention = 'keras' | 'pytorch';

/** The options of every optimizer. */
export interface Common extends Options {
  readonly learningRate: ReturnType<typeof rate>;
  readonly weightDecay: ReturnType<typeof weightDecay>;
}

export const rate = (fallback: number) =>
  number(fallback, 'How far a step goes.', { min: 0, explore: [1e-4, 1] });

export const weightDecay = (fallback: number) =>
  number(fallback, 'The share of a weight that a step of rate 1 takes off it.', {
    min: 0,
    explore: [0, 0.1],
  });

export const beta = (fallback: number, of: string, purpose = '') =>
  number(fallback, `How much of the running mean of ${of} a step keeps${purpose && `, ${purpose}`}.`, {
    min: 0,
    below: 1,
    explore: [0, 0.999],
  });

export const stabilizer = (fallback: number, explored = 1e-8, purpose = '') =>
  number(fallback, `Keeps the denominator off 0${purpose && `, ${purpose}`}.`, {
    above: 0,
    explore: [explored, 1e-3],
  });

export const momentum = (fallback: number) =>
  number(fallback, 'How much of the last move goes on.', { min: 0, max: 1, explore: [0, 0.95] });

export const convention = choice('keras', 'Whose formula and whose defaults.', ['keras', 'pytorch']);

/** Weight decay: Keras subtracts it from the weight, times the rate; PyTorch adds it to the gradient. */
export const decayOf = (
  rate: number,
  { weightDecay }: { readonly weightDecay: number },
  decoupled: boolean,
): Decay => (decoupled ? { decay: 0, keep: 1 - rate * weightDecay } : { decay: weightDecay, keep: 1 });
