import { add, distance, flat, full, linear, map } from '../../array/index.js';
import type { Invariant, Trial } from '../law.js';
import { type WithEpsilon, exactly } from './bounds.js';
import { runningLaws } from './running.js';

const { fullMomentum, noMomentum } = runningLaws;

type SwitchOptions = WithEpsilon & { readonly axis: number; readonly momentum: number };

const NAMES = ['mean_weight', 'variance_weight'];

const of = ({ x, linearize, weights }: Trial<SwitchOptions>, change: (name: string) => number) =>
  linearize(x, {
    weights: Object.fromEntries(
      NAMES.map((name) => [name, linear(map(weights[name]!, Math.round), 1, change(name))]),
    ),
  });

/** The laws of shares of statistics. */
export const switchLaws = {
  sharesOnly: {
    claim:
      'Adding a whole number to all weights of the means, and another to those of the variances, changes no bit.',
    deviation: (trial) => {
      const [one, other] = [of(trial, () => 0), of(trial, (name) => (name === 'mean_weight' ? 3 : -2))];
      return Math.max(
        distance(one.outputs[0], other.outputs[0]),
        distance(one.pullback().x, other.pullback().x),
      );
    },
    bound: exactly,
  },

  constantBatch: {
    claim: 'A batch that is constant gives the shift exactly.',
    deviation: (trial) => {
      const { x, linearize } = trial;
      const same = full(x.shape, Math.round(flat(x)[0]!), x.dtype);
      const [one, zero] = [same, full(x.shape, 0, x.dtype)].map(
        (a) => linearize(a, { training: true, mask: undefined }).outputs[0],
      );
      return distance(one!, zero!);
    },
    bound: (trial) => 0 * distance(trial.x, add(trial.x, trial.x)),
  },

  fullMomentum,
  noMomentum,
} satisfies Record<string, Invariant<SwitchOptions>>;
