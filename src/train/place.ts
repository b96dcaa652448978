import { NormtapeError } from '../error.js';
import { isPlainObject } from '../option/index.js';

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

/** Throws where a training that was planned otherwise shall go on. */
export function demandPlan(where: string, given: unknown, plan: Plan): void {
  const found = isPlainObject(given) ? given : {};
  for (const [name, value] of Object.entries(plan)) {
    if (found[name] === value) continue;
    const hint = 'A training goes on with the data and the settings that it began with.';
    throw new NormtapeError({
      where: `${where}: ${name}`,
      expected: String(found[name]),
      received: value,
      hint,
    });
  }
}

/** The place that a state holds, where it is one. */
export function demandPlace(where: string, given: unknown, stepsPerEpoch: number): Place {
  const { epoch, step, epochSeed, lossSum, seen, seeds } = isPlainObject(given) ? given : {};
  const whole = [epoch, step, epochSeed].every((count) => Number.isInteger(count) && (count as number) >= 0);
  const counted = typeof seen === 'number' && seen >= 0;
  if (whole && counted && typeof lossSum === 'number' && (step as number) <= stepsPerEpoch) {
    return { ...(given as unknown as Place), seeds: demandGenerator(`${where}.seeds`, seeds) };
  }
  throw new NormtapeError({ where, expected: 'the place of a training in its data', received: given });
}

/** The state of a generator: four whole numbers, and the half of a pair of normal ones, where it has one to spare. */
export function demandGenerator(where: string, given: unknown): readonly number[] {
  const numbers: readonly unknown[] = Array.isArray(given) ? given : [];
  const isState =
    (numbers.length === 4 || numbers.length === 5) &&
    numbers.every(Number.isFinite) &&
    numbers.slice(0, 4).every(Number.isInteger);
  if (isState) return numbers as readonly number[];
  throw new NormtapeError({ where, expected: 'the state of a generator', received: given });
}
