import { type Given, type Options, flag, number, plain, resolve } from '../option/index.js';
import { demand } from '../demand.js';
import { type Schedule, scheduled } from './scheduled.js';

export { type Schedule } from './scheduled.js';

const learningRate = number(0.01, 'The rate that all others are relative to.', { min: 0, explore: [0, 1] });
const count = (about: string) => number(1, about, { above: 0, explore: [1, 100] });
const share = (fallback: number, about: string) =>
  number(fallback, about, { min: 0, max: 1, explore: [0, 1] });

/** The options besides the arguments `K`. */
type Rest<D extends Options, K extends string> = Omit<Given<D>, K>;

const CONSTANT = { learningRate };

/** The same rate at every step. */
export function constantSchedule(learningRate: number): Schedule {
  resolve('constantSchedule', CONSTANT, { learningRate });
  return () => learningRate;
}

const COSINE = {
  learningRate,
  decaySteps: count('How many steps the way down takes.'),
  alpha: share(0, 'The share of the rate that is left at the end.'),
  warmupSteps: number(0, 'How many steps the way up takes, before that.', { min: 0, explore: [0, 20] }),
  warmupFrom: number(0, 'The rate that the way up starts from.', { min: 0, explore: [0, 1] }),
  periodic: flag(
    false,
    'Whether the rate goes up again after the way down, as cosines do and as in PyTorch.',
  ),
};

/**
 * A linear warmup from `warmupFrom` to `learningRate`, then half a cosine down to `alpha` of it (Loshchilov and
 * Hutter 2017). Throws if a number is out of its bounds; so do the schedules below.
 */
export function cosineSchedule(
  learningRate: number,
  decaySteps: number,
  options: Rest<typeof COSINE, 'learningRate' | 'decaySteps'> = {},
): Schedule {
  const given = { ...plain('cosineSchedule', options), learningRate, decaySteps };
  const { alpha, warmupSteps, warmupFrom, periodic } = resolve('cosineSchedule', COSINE, given);
  return scheduled('cosineSchedule', (step) => {
    if (step < warmupSteps) return warmupFrom + ((learningRate - warmupFrom) * step) / warmupSteps;
    const done = (step - warmupSteps) / decaySteps;
    return learningRate * (alpha + (1 - alpha) * fall(periodic ? done : Math.min(1, done)));
  });
}

const areStairs = (stairs: unknown): stairs is number | readonly number[] =>
  [stairs].flat().every((stair) => Number.isInteger(stair) && (stair as number) > 0);

const STEP = {
  learningRate,
  factor: number(0.1, 'What the rate is multiplied by at each stair.', { min: 0, explore: [0.1, 1] }),
};

/** The rate, multiplied by `factor` after every so many steps, or at each of a list of steps. */
export function stepSchedule(
  learningRate: number,
  stairs: number | readonly number[],
  options: Rest<typeof STEP, 'learningRate'> = {},
): Schedule {
  const where = 'stepSchedule';
  const { factor } = resolve(where, STEP, { ...plain('stepSchedule', options), learningRate });
  demand(`${where}.stairs`, 'a whole number above 0, or a list of them', areStairs, stairs);
  const taken = (step: number): number =>
    typeof stairs === 'number'
      ? Math.floor(step / stairs)
      : stairs.reduce((sum, stair) => sum + (step >= stair ? 1 : 0), 0);
  return scheduled(where, (step) => learningRate * factor ** taken(step));
}

const EXPONENTIAL = {
  learningRate,
  decaySteps: count('How many steps it takes to multiply the rate once.'),
  decayRate: number(0.96, 'What the rate is then multiplied by.', { min: 0, explore: [0.5, 1] }),
  staircase: flag(false, 'Whether the rate falls all at once, after every decaySteps.'),
};

/** learningRate · decayRate^(step / decaySteps), with the power rounded down for a staircase. */
export function exponentialSchedule(
  learningRate: number,
  decaySteps: number,
  decayRate: number,
  options: Rest<typeof EXPONENTIAL, 'learningRate' | 'decaySteps' | 'decayRate'> = {},
): Schedule {
  const given = { ...plain('exponentialSchedule', options), learningRate, decaySteps, decayRate };
  const { staircase } = resolve('exponentialSchedule', EXPONENTIAL, given);
  return scheduled('exponentialSchedule', (step) => {
    const times = step / decaySteps;
    return learningRate * decayRate ** (staircase ? Math.floor(times) : times);
  });
}

const ONE_CYCLE = {
  learningRate,
  totalSteps: number(2, 'How many steps the cycle takes.', { min: 2, whole: true, explore: [2, 100] }),
  warmupShare: share(0.3, 'The share of the steps that the way up takes.'),
  divideBy: number(25, 'How far below the highest rate the first one lies.', { min: 1, explore: [1, 100] }),
  finalDivideBy: number(1e4, 'How far below the first rate the last one lies.', {
    min: 1,
    explore: [1, 1e4],
  }),
};

/**
 * Half a cosine from learningRate / divideBy up to `learningRate`, and another down to the first rate /
 * finalDivideBy, which is the rate of all steps after (Smith and Topin 2018, in the form of PyTorch).
 */
export function oneCycleSchedule(
  learningRate: number,
  totalSteps: number,
  options: Rest<typeof ONE_CYCLE, 'learningRate' | 'totalSteps'> = {},
): Schedule {
  const given = { ...plain('oneCycleSchedule', options), learningRate, totalSteps };
  const { warmupShare, divideBy, finalDivideBy } = resolve('oneCycleSchedule', ONE_CYCLE, given);
  const first = learningRate / divideBy;
  const last = first / finalDivideBy;
  const [top, end] = [warmupShare * totalSteps - 1, totalSteps - 1];
  return scheduled('oneCycleSchedule', (step) => {
    if (step < top) return learningRate + (first - learningRate) * fall(step / top);
    const done = step > top ? Math.min(1, (step - top) / (end - top)) : 0;
    return last + (learningRate - last) * fall(done);
  });
}

/** Half a cosine: 1 at 0, and 0 at 1. */
const fall = (done: number): number => (1 + Math.cos(Math.PI * done)) / 2;
