import { NormtapeError } from '../error.js';

/** The learning rate of each step, the first of which is step 0. */
export type Schedule = (step: number) => number;

/** A schedule that throws, in the name of `where`, if its argument is no step. */
export const scheduled =
  (where: string, rateAt: Schedule): Schedule =>
  (step) => {
    if (typeof step === 'number' && step >= 0 && step < Infinity) return rateAt(step);
    throw new NormtapeError({ where, expected: 'a step from 0', received: step });
  };
