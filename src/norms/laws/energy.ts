import type { Invariant } from '../law.js';
import { type WithEpsilon, u } from './bounds.js';
import { standardizedCore } from './centered.js';
import { groupsOf, inner, layoutOf, relative, size, total, worst } from './groups.js';

const groups = groupsOf(standardizedCore);
const others = groupsOf(standardizedCore, { stream: 1 });

/** The laws of an output that is the gradient of L = n γ N + Σ δ x, for the n numbers of a row. */
export const energyLaws = {
  symmetricOutput: {
    claim: 'The Jacobian J of y is symmetric, as that of a gradient: ⟨h, J g⟩ = ⟨g, J h⟩ in every row.',
    corollary: true,
    deviation: (trial) => {
      const { parted } = layoutOf(trial.witness(trial.x));
      const [one, two] = [0, 1].map((stream) => parted(trial.normal(trial.x.shape, stream)));
      return worst(
        groups(trial).map(({ dx, slack }, at) => {
          const { dx: other, slack: loose } = others(trial)[at]!;
          const [g, h] = [one![at]!, two![at]!];
          return relative(inner(h, dx) - inner(g, other), (total(h) * slack + total(g) * loose) / u(trial));
        }),
      );
    },
    bound: u,
  },

  energySlope: {
    claim:
      'Σ (x − x̄) (y − δ) = n γ v / N in every row: the slope of n γ N, the part of the energy that is not linear, along x − x̄.',
    corollary: true,
    deviation: (trial) =>
      worst(
        groups(trial).map(({ c, y, shift, gain, power, length, size: n, error }) => {
          const grown = y.map((value, i) => value - shift[i]!);
          const claimed = (n * gain[0]! * power) / length;
          const rounded =
            2 * total(c) * (Math.abs(gain[0]!) * (error / u(trial)) + worst(shift.map(Math.abs)));
          return relative(inner(c, grown) - claimed, rounded + (n + 16) * size(c, grown));
        }),
      ),
    bound: u,
  },
} satisfies Record<string, Invariant<WithEpsilon>>;
