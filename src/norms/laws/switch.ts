import { type NdArray, distance, flat, fromSource, full, map } from '../../array/index.js';
import type { Invariant, Trial } from '../law.js';
import { allButFeatures, positionsOf } from '../parts/axes.js';
import { type WithEpsilon, count, exactly, u } from './bounds.js';
import { centered, errorOf, inner, relative, rows, total, worst } from './groups.js';
import { runningLaws } from './running.js';

const { fullMomentum, noMomentum } = runningLaws;

type SwitchOptions = WithEpsilon & { readonly axis: number; readonly momentum: number };

const plainly = { training: true, mask: undefined } as const;

/** The axes of each statistic, in the order of their weights. */
const axesOf = ({ x: { shape }, options: { axis } }: Trial<SwitchOptions>) => [
  ...(shape.length > 2 ? [positionsOf(shape, axis)] : []),
  shape.map((_, i) => i).slice(1),
  allButFeatures(shape, axis),
];

const sizeOfAll = (a: NdArray): number => [...flat(a)].reduce((sum, value) => sum + Math.abs(value), 0);

/** The laws of shares of statistics. */
export const switchLaws = {
  oneStatistic: {
    claim:
      'If one statistic has all of both shares, y = (x − x̄) / √(v + ε) by the mean and variance of that alone, with γ = 1 and β = 0.',
    deviation: (trial) => {
      const { x, options, linearize } = trial;
      const all = axesOf(trial);
      return worst(
        all.map((axes, k) => {
          // Of e⁻¹⁰⁰⁰ nothing is left.
          const own = fromSource(
            all.map((_, j) => (j === k ? 1000 : 0)),
            { dtype: x.dtype },
          );
          const weights = { mean_weight: own, variance_weight: own };
          const ys = rows(linearize(x, { ...plainly, fresh: true, weights }).outputs[0], axes);
          return worst(
            rows(x, axes).map((row, i) => {
              const c = centered(row);
              const length = Math.sqrt(inner(c, c) / row.length + options.epsilon);
              const most = worst(c.map((value) => Math.abs(value / length)));
              const error = errorOf(row.length, total(row) / row.length, length, most, true, u(trial));
              return worst(
                c.map((value, j) => relative(ys[i]![j]! - value / length, (3 * error) / u(trial) + 8)),
              );
            }),
          );
        }),
      );
    },
    bound: u,
  },

  zeroSumShares: {
    claim:
      'The gradients of the weights of the means sum to 0, and those of the variances too, since a constant that is added to all weights changes nothing.',
    deviation: (trial) => {
      const { x, normal, linearize } = trial;
      const dy = normal(x.shape);
      const { weights } = linearize(x, plainly).pullback([dy]);
      const lengths = flat(trial.witness(x).of('N'));
      const gain = trial.weights['gamma'] ? Math.max(...flat(map(trial.weights['gamma'], Math.abs))) : 1;
      const most = (4 * Math.max(...flat(map(x, Math.abs)))) / Math.min(...lengths);
      const size = gain * sizeOfAll(dy) * most;
      return worst(
        Object.entries({ mean_weight: size, variance_weight: size * most * most }).map(([name, scale]) =>
          relative(
            [...flat(weights[name]!)].reduce((sum, value) => sum + value, 0),
            count(trial) * (scale + 1),
          ),
        ),
      );
    },
    bound: u,
  },

  constantBatch: {
    claim: 'A batch that is constant gives the shift exactly.',
    deviation: ({ x, linearize }) => {
      const [one, zero] = [Math.round(flat(x)[0]!) + 0.1, 0].map(
        (value) => linearize(full(x.shape, value, x.dtype), plainly).outputs[0],
      );
      return distance(one!, zero!);
    },
    bound: exactly,
  },

  fullMomentum,
  noMomentum,
} satisfies Record<string, Invariant<SwitchOptions>>;
