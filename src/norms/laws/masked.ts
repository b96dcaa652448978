import { type NdArray, across, broadcastTo, flat, map, reshape } from '../../array/index.js';
import type { Invariant, Trial } from '../law.js';
import { type WithAxes, type WithEpsilon, exactly, u, wide } from './bounds.js';
import { apart, bits, errorOf, inner, layoutOf, relative, total, worst } from './groups.js';

/** 1 for every number at a position that counts, and 0 for every other. */
const spread = ({ x, mask, options }: Trial<unknown>, feature?: number): NdArray =>
  broadcastTo(reshape(wide(mask!), across(x.shape, feature ?? (options as WithAxes).axis)), x.shape);

/** The law that numbers at masked positions are not read. A mask lacks the feature axis, which is the option axis if left out. */
export const unseenPositions = (feature?: number): Invariant<unknown> => ({
  claim: 'The numbers at a masked position change neither the statistics nor any other output.',
  applies: ({ mask, training }) => training && mask !== undefined && flat(mask).some((on) => on === 0),
  deviation: (trial) => {
    const { x, linearize } = trial;
    const counts = flat(spread(trial, feature));
    const changed = map(x, (value) => value);
    counts.forEach((on, i) => void (on === 0 && (changed.data[i] = i % 2 ? NaN : 3 * changed.data[i]! + 1)));
    const [one, other] = [linearize(x), linearize(changed)];
    const seen = (y: NdArray) => [...flat(y)].filter((_, i) => counts[i] === 1);
    return Math.max(
      apart(seen(one.outputs[0]), seen(other.outputs[0])),
      apart(bits(one.state), bits(other.state)),
    );
  },
  bound: exactly,
});

/** The laws of a norm whose statistics are those of the positions that count, and of no others. */
export const maskLaws = (feature?: number, centered = true) =>
  ({
    unseenPositions: unseenPositions(feature),

    maskedUnit: {
      claim: centered
        ? 'With its initial weights and a mask, y = (x − x̄) / √(v + ε) at every position, where x̄ and v are the mean and the variance of the positions that count, in each group that has any.'
        : 'With its initial weights and a mask, y = x / √(m + ε) at every position, where m is the mean of the squares at the positions that count, in each group that has any.',
      applies: ({ mask }) => mask !== undefined,
      deviation: (trial) => {
        const { x, mask, options, linearize } = trial;
        const { parted } = layoutOf(trial.witness(x));
        const [xs, on, ys] = [x, spread(trial, feature), linearize(x, { fresh: true, mask }).outputs[0]].map(
          parted,
        );
        return worst(
          xs!.map((row, i) => {
            const counted = row.filter((_, j) => on![i]![j] === 1);
            if (counted.length === 0) return 0;
            const n = counted.length;
            const once = centered ? counted.reduce((sum, value) => sum + value, 0) / n : 0;
            const rest = centered ? counted.reduce((sum, value) => sum + (value - once), 0) / n : 0;
            const c = row.map((value) => value - once - rest);
            const own = c.filter((_, j) => on![i]![j] === 1);
            const length = Math.sqrt(inner(own, own) / n + options.epsilon);
            const most = worst(c.map((value) => Math.abs(value / length)));
            const error = errorOf(n, total(counted) / n, length, most, centered, u(trial));
            return worst(
              c.map((value, j) => relative(ys![i]![j]! - value / length, (3 * error) / u(trial) + 8)),
            );
          }),
        );
      },
      bound: u,
    },

    emptyMask: {
      claim: 'Where no position counts, the output is the shift exactly, and the gradient of x is 0.',
      applies: ({ mask }) => mask !== undefined,
      deviation: (trial) => {
        const { x, mask, linearize } = trial;
        const { outputs, pullback } = linearize(x, { mask: map(mask!, () => 0), training: true });
        const shift = linearize(
          map(x, () => 0),
          { mask: undefined, training: true },
        ).outputs[0];
        return Math.max(
          apart([...flat(outputs[0])], [...flat(shift)]),
          ...[...flat(pullback().x)].map(Math.abs),
        );
      },
      bound: exactly,
    },
  }) satisfies Record<string, Invariant<WithEpsilon>>;
