import { isList } from '../demand.js';
import { demandGenerator } from '../array/index.js';
import { NormtapeError } from '../error.js';
import { isPlainObject, resolve, seed } from '../option/index.js';
import type { EpochRecord } from './history.js';
import { demandKeys } from './keys.js';

/** How the data are divided into steps; a resumed training must have the same plan. */
export interface Plan {
  readonly samples: number;
  readonly batchSize: number;
  readonly accumulate: number;
  readonly shuffle: boolean;
  readonly seed: number;
}

/** The position of a training in its data. */
export interface Place {
  /** The finished epochs, and the steps of the current one. */
  readonly epoch: number;
  readonly step: number;
  /** The seed of the shuffle of the current epoch. */
  readonly epochSeed: number;
  /** The state of the generator that draws the seeds of later epochs. */
  readonly seeds: readonly number[];
  /** The sum of the losses of the current epoch, and the number of samples that count. */
  readonly lossSum: number;
  readonly seen: number;
}

const SEED = { seed: seed('Of the shuffles.') };

/** The seed of the shuffles in the plan of a state. */
export const seedIn = (where: string, plan: unknown): number | undefined =>
  isPlainObject(plan) ? resolve(where, SEED, { seed: plan['seed'] as number | undefined }).seed : undefined;

/** Throws if a state has another plan than the training that resumes from it. */
export function demandPlan(where: string, given: unknown, plan: Plan): void {
  const found = demandKeys(`${where}.plan`, given, Object.keys(plan));
  for (const [name, value] of Object.entries(plan)) {
    const planned = found[name];
    if (planned === value) continue;
    if (typeof planned !== typeof value) {
      throw new NormtapeError({
        where: `${where}.plan.${name}`,
        expected: `a ${typeof value}`,
        received: planned,
      });
    }
    const hint = 'A training goes on with the data and the settings that it began with.';
    throw new NormtapeError({
      where: `${where}: ${name}`,
      expected: String(planned),
      received: value,
      hint,
    });
  }
}

const PLACE = ['epoch', 'step', 'epochSeed', 'seeds', 'lossSum', 'seen'];

/** Seeds of epochs are below this. */
const SEEDS = 2 ** 31;

/** The position in a state. Throws if no training with this many steps an epoch can have it. */
export function demandPlace(where: string, given: unknown, stepsPerEpoch: number): Place {
  const { epoch, step, epochSeed, lossSum, seen, seeds } = demandKeys(where, given, PLACE);
  const isPlace =
    isCount(epoch) &&
    isCount(step) &&
    step <= stepsPerEpoch &&
    isCount(epochSeed) &&
    epochSeed < SEEDS &&
    isFinite(lossSum) &&
    isFinite(seen) &&
    seen >= 0 &&
    // An epoch that has not begun has counted no sample.
    (step > 0 || (lossSum === 0 && seen === 0));
  if (isPlace) {
    const state = demandGenerator(`${where}.seeds`, seeds);
    if (state.length === 4) return { ...(given as unknown as Place), seeds: state };
  }
  throw new NormtapeError({ where, expected: 'the place of a training in its data', received: given });
}

/** The records of the finished epochs. Throws if one is no record, or their number is wrong. */
export function demandEpochs(
  where: string,
  given: unknown,
  count: number,
  stepsPerEpoch: number,
): readonly EpochRecord[] {
  if (!isList(given) || given.length !== count) {
    const received: unknown = isList(given) ? `${given.length} of them` : given;
    throw new NormtapeError({ where, expected: `a list of the records of ${count} epochs`, received });
  }
  for (const [i, record] of given.entries()) {
    const at = `${where}[${i}]`;
    const keys = ['epoch', 'steps', 'loss', 'rate'];
    const { epoch, steps, loss, rate, validation } = demandKeys(at, record, keys, ['validation']);
    const isNext = epoch === i + 1 && steps === epoch * stepsPerEpoch;
    const isRate = isFinite(rate) && rate >= 0;
    if (isNext && typeof loss === 'number' && isRate && isEvaluation(`${at}.validation`, validation))
      continue;
    throw new NormtapeError({ where: at, expected: `the record of epoch ${i + 1}`, received: record });
  }
  return given as EpochRecord[];
}

function isEvaluation(where: string, given: unknown): boolean {
  if (given === undefined) return true;
  const { loss, metrics } = demandKeys(where, given, ['loss', 'metrics']);
  const isNumber = (value: unknown): boolean => typeof value === 'number';
  return isNumber(loss) && isPlainObject(metrics) && Object.values(metrics).every(isNumber);
}

const isFinite = (value: unknown): value is number => Number.isFinite(value);

/** Whether a value is a safe integer from 0. */
export const isCount = (value: unknown): value is number =>
  Number.isSafeInteger(value) && (value as number) >= 0;
