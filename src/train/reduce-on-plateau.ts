import { toJsonNumber } from '../array/index.js';
import type { Optimizer } from '../optim/optimizer.js';
import { type Given, choice, flag, number, plain, resolveBeside } from '../option/index.js';
import type { Callback } from './callback.js';
import { bestOf, readOwn } from './keys.js';
import { MONITOR, type MonitorOptions, reading } from './monitor.js';
import { isCount } from './place.js';

const settings = (isRelative: boolean) => ({
  factor: number(0.1, 'What all rates are multiplied by at each reduction.', {
    min: 0,
    below: 1,
    explore: [0.1, 0.5],
  }),
  patience: number(10, 'How many epochs in a row without an improvement it takes.', {
    min: 0,
    whole: true,
    explore: [0, 10],
  }),
  minDelta: number(1e-4, 'How much better a value must be to count as an improvement.', {
    min: 0,
    explore: [0, 0.1],
  }),
  relative: flag(isRelative, 'Whether minDelta is a share of the best value so far.'),
  cooldown: number(0, 'How many epochs after a reduction do not count.', {
    min: 0,
    whole: true,
    explore: [0, 3],
  }),
  minRate: number(0, 'The rate that no reduction goes below.', { min: 0, explore: [0, 1e-3] }),
  convention: choice(
    'keras',
    'Whose count: Keras reduces after `patience` epochs and takes minDelta as it is; PyTorch after one more, and as a share.',
    ['keras', 'pytorch'],
  ),
  ...MONITOR,
});

const CONVENTIONS = { keras: settings(false), pytorch: settings(true) };

/** The options of `reduceOnPlateau`; each has a default. */
export type ReduceOnPlateauOptions<M extends string = never> = Given<typeof CONVENTIONS.keras> &
  MonitorOptions<M>;

/** PyTorch keeps a rate that would change by no more than this. */
const LEAST_CHANGE = 1e-8;

/**
 * Multiplies the rates of all parameters by `factor` when a number has stopped improving: it sets `rateFactor` of the
 * optimizer, so that schedules and groups keep their form.
 *
 * @throws NormtapeError if an option is wrong.
 */
export function reduceOnPlateau<M extends string = never>(
  given: ReduceOnPlateauOptions<M> = {},
): Callback<M> {
  const where = 'reduceOnPlateau';
  const isPyTorch = plain(where, given).convention === 'pytorch';
  const specs = isPyTorch ? CONVENTIONS.pytorch : CONVENTIONS.keras;
  const options = resolveBeside(where, specs, given, ['monitor']);
  const { factor, patience, minDelta, relative, cooldown, minRate, mode, monitor = 'loss' } = options;
  const read = reading<M>(where, monitor, mode);
  let [best, waited, cooling] = [Infinity, 0, 0];
  let reduced: number | undefined;

  const most = isPyTorch ? patience : Math.max(0, patience - 1);

  const isBetter = (value: number): boolean => {
    const delta = relative && Number.isFinite(best) ? minDelta * Math.abs(best) : minDelta;
    return value < best - delta;
  };

  const reduce = (optimizer: Optimizer<never>): void => {
    const { rate, rateFactor } = optimizer;
    const next = Math.max(rate * factor, minRate);
    if (!(rate > minRate) || (isPyTorch && rate - next <= LEAST_CHANGE)) return;
    optimizer.rateFactor = reduced = rateFactor * (next / rate);
  };

  return {
    name: 'reduce_on_plateau',
    start(training) {
      if (reduced !== undefined) training.optimizer.rateFactor = reduced;
    },
    epoch(record, { optimizer }) {
      const value = read(record);
      const better = isBetter(value);
      if (better) best = value;
      const cooled = cooling > 0;
      if (cooled) cooling--;
      // In Keras the last epoch of a cooldown counts already.
      const idle = isPyTorch ? cooled : cooling > 0;
      waited = better || idle ? 0 : waited + 1;
      if (waited <= most) return;
      reduce(optimizer);
      [waited, cooling] = [0, cooldown];
    },
    state: () => ({ best: toJsonNumber(best), waited, cooling, ...(reduced !== undefined && { reduced }) }),
    check: (state) => void ownOf(where, state),
    restore: (state) => void ({ best, waited, cooling, reduced } = ownOf(where, state)),
  };
}

/** The state of the callback. */
interface Own {
  readonly best: number;
  readonly waited: number;
  readonly cooling: number;
  /** The factor of all rates, if it has been reduced. */
  readonly reduced: number | undefined;
}

const ownOf = (where: string, state: unknown): Own =>
  readOwn(
    where,
    state,
    ['best', 'waited', 'cooling', 'reduced'],
    ({ waited, cooling, reduced, ...parts }) => {
      const best = bestOf(parts['best']);
      const isFactor = typeof reduced === 'number' && reduced >= 0 && reduced < Infinity;
      if (best === undefined || !isCount(waited) || !isCount(cooling)) return undefined;
      return reduced === undefined || isFactor ? { best, waited, cooling, reduced } : undefined;
    },
  );
