import { isList } from '../demand.js';
import { demandGenerator } from '../array/index.js';
import { NormtapeError } from '../error.js';
import { isPlainObject, resolve, seed } from '../option/index.js';
import type { EpochRecord } from './history.js';
import { demandKeys } from './keys.js';

/** How the data are cut into steps: a training goes on as it began, or not at all. */
export interface Plan {
  readonly samples: number;
  readonly batchSize: number;
  readonly accumulate: number;
  readonly shuffle: boolean;
  readonly seed: number;
}

/** Where in its data a training is. */
export interface Place {
  /** Epochs that are over, and the steps that were made in the one under way. */
  readonly epoch: number;
  readonly step: number;
  /** Of the shuffle of the epoch under way. */
  readonly epochSeed: number;
  /** The state of the generator that the seeds of the epochs to come are drawn from. */
  readonly seeds: readonly number[];
  /** The sum of the losses of the samples of the epoch under way, and how many of these count. */
  readonly lossSum: number;
  readonly seen: number;
}

const SEED = { seed: seed('Of the shuffles.') };

/** The seed that a state says its shuffles have. */
export const seedIn = (where: string, plan: unknown): number | undefined =>
  isPlainObject(plan) ? resolve(where, SEED, { seed: plan['seed'] as number | undefined }).seed : undefined;

/** Throws if a training that was planned otherwise shall go on. */
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

/** The seeds of epochs are below. */
const SEEDS = 2 ** 31;

/** The place that a state holds. Throws if it is none of a training of so many steps an epoch. */
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
    // An epoch that has not begun has seen nothing.
    (step > 0 || (lossSum === 0 && seen === 0));
  if (isPlace) {
    const state = demandGenerator(`${where}.seeds`, seeds);
    if (state.length === 4) return { ...(given as unknown as Place), seeds: state };
  }
  throw new NormtapeError({ where, expected: 'the place of a training in its data', received: given });
}

/** The records of the epochs that are over. Throws if one is none, or there are more or fewer. */
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

/** Whether it is a whole number from 0 that is counted exactly. */
export const isCount = (value: unknown): value is number =>
  Number.isSafeInteger(value) && (value as number) >= 0;
