import { demand } from '../demand.js';

/** The steps of the paper: from the first on limits relax, and at the last they are the widest. */
const FIRST = 5000;
const LAST_OF_R = 40_000;
const LAST_OF_D = 25_000;
const WIDEST_R = 3;
const WIDEST_D = 5;

/** The share of the way from the first step to the last that is done at a step. */
const share = (step: number, last: number): number =>
  Math.min(1, Math.max(0, (step - FIRST) / (last - FIRST)));

/**
 * The options `rMax` and `dMax` of batch_renorm at a training step, counted from 0, by the schedule of its paper. Up to
 * step 5000 they are 1 and 0, which makes it batch_norm. Then they grow linearly, `rMax` to 3 at step 40,000 and `dMax`
 * to 5 at step 25,000.
 *
 * @throws NormtapeError unless the step is a number from 0.
 */
export function renormLimits(step: number): { readonly rMax: number; readonly dMax: number } {
  demand('renormLimits.step', 'a number of steps from 0', isCount, step);
  return {
    rMax: 1 + (WIDEST_R - 1) * share(step, LAST_OF_R),
    dMax: WIDEST_D * share(step, LAST_OF_D),
  };
}

const isCount = (value: unknown): value is number => typeof value === 'number' && value >= 0;
