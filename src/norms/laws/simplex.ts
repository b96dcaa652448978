import {
  type NdArray,
  distance,
  flip,
  full,
  map,
  onAxis,
  reshape,
  scale,
  sliceView,
} from '../../array/index.js';
import type { Invariant, Trial } from '../law.js';
import { type GroupSize, splitBySize, splitShape, withinGroup } from '../parts/split.js';
import { exactly, u } from './bounds.js';
import { inner, relative, rows, size, total, worst } from './groups.js';

interface Simplex {
  readonly axis: number;
  readonly groupSize: GroupSize;
  readonly temperature: number;
}

/** The shape in which the groups of a trial lie along an axis of their own, and that axis. */
function layoutOf({ x, options: { axis, groupSize } }: Trial<Simplex>) {
  const shape = splitShape(x.shape, splitBySize(x.shape, axis, groupSize));
  const along = withinGroup(x.shape, axis);
  return { shape, along, width: shape[along]! };
}

/** An array of the shape of x, group by group. */
function groupsIn(trial: Trial<Simplex>, a: NdArray): readonly Float64Array[] {
  const { shape, along } = layoutOf(trial);
  return rows(reshape(a, shape), along);
}

/** The gradients of x for two random gradients of y, group by group, with these. */
function pulled(trial: Trial<Simplex>) {
  const { pullback } = trial.linearize(trial.x);
  return [0, 1].map((stream) => {
    const seed = trial.normal(trial.x.shape, stream);
    return { seeds: groupsIn(trial, seed), gradients: groupsIn(trial, pullback([seed]).x) };
  });
}

type Pulled = ReturnType<typeof pulled>[number];

/** The roundings of a sum over a group, and a few operations after it. */
const ofGroup = (trial: Trial<Simplex>): number => (layoutOf(trial).width + 24) * u(trial);

/** The laws of y = softmax(x / τ) in groups of neighbouring features. */
export const simplexLaws = {
  sumsToOne: {
    claim: 'Each group of the output sums to 1, and no number in it is below 0 or above 1.',
    corollary: true,
    deviation: (trial) =>
      worst(
        groupsIn(trial, trial.run(trial.x)[0]).map((y) =>
          y.some((value) => value < 0 || value > 1 + u(trial)) ? Infinity : Math.abs(total(y) - 1),
        ),
      ),
    bound: ofGroup,
  },

  shiftedGroups: {
    claim: 'Adding 1024 to small integers changes no bit.',
    deviation: ({ x, run }) => {
      const small = map(x, (value) => Math.round(8 * Math.sin(value)));
      return distance(run(small)[0], run(map(small, (value) => value + 1024))[0]);
    },
    bound: exactly,
  },

  reversedGroups: {
    claim: 'Features of a group in reverse order give the same output in reverse order.',
    corollary: true,
    deviation: (trial) => {
      const { shape, along } = layoutOf(trial);
      const reversed = (a: NdArray) => reshape(flip(reshape(a, shape), along), trial.x.shape);
      return distance(reversed(trial.run(reversed(trial.x))[0]), trial.run(trial.x)[0]);
    },
    bound: ofGroup,
  },

  equalFeatures: {
    claim: 'A group of V equal features becomes V times 1 / V.',
    corollary: true,
    deviation: (trial) => {
      const { width } = layoutOf(trial);
      const y = trial.run(map(trial.x, () => 3))[0];
      return width * distance(y, full([], 1 / width, trial.x.dtype));
    },
    bound: ofGroup,
  },

  scaledTemperature: {
    claim: 'Scaling x and τ by a leaves the output unchanged.',
    corollary: true,
    // By powers of two, which round nothing.
    deviation: ({ x, options: { temperature }, run }) =>
      worst([0.25, 8].map((a) => distance(run(scale(x, a), { temperature: a * temperature })[0], run(x)[0]))),
    bound: ofGroup,
  },

  groupsAlone: {
    claim: 'A group of features is normalized as if there were no others.',
    deviation: (trial) => {
      const { width } = layoutOf(trial);
      const last = (a: NdArray): NdArray =>
        sliceView(a, onAxis(trial.options.axis, a.shape.length, [-width]));
      return distance(last(trial.run(trial.x)[0]), trial.run(last(trial.x), { groupSize: width })[0]);
    },
    bound: ofGroup,
  },

  rising: {
    claim: 'It preserves the order within a group: a larger x never gives a smaller y.',
    deviation: (trial) => {
      const [inputs, outputs] = [trial.x, trial.run(trial.x)[0]].map((a) => groupsIn(trial, a));
      return worst(
        inputs!.flatMap((x, at) => {
          const y = outputs![at]!;
          const order = [...x.keys()].sort((i, j) => x[i]! - x[j]!);
          return order.slice(1).map((j, i) => Math.max(0, y[order[i]!]! - y[j]!));
        }),
      );
    },
    // Two neighbouring values of exp may each be off by a few roundings.
    bound: (trial) => 8 * u(trial),
  },

  zeroSumGradient: {
    claim: 'dx sums to 0 over every group, since shifting a group changes nothing.',
    corollary: true,
    deviation: (trial) => {
      const [{ seeds, gradients }] = pulled(trial) as [Pulled];
      const { temperature } = trial.options;
      return worst(
        gradients.map((dx, at) =>
          relative(
            dx.reduce((sum, value) => sum + value, 0),
            (8 * total(seeds[at]!)) / temperature,
          ),
        ),
      );
    },
    bound: ofGroup,
  },

  symmetricJacobian: {
    claim: 'The Jacobian J is symmetric: ⟨h, J g⟩ = ⟨g, J h⟩ in every group.',
    corollary: true,
    deviation: (trial) => {
      const [one, other] = pulled(trial) as [Pulled, Pulled];
      const { temperature } = trial.options;
      return worst(
        one.gradients.map((dx, at) => {
          const [g, h] = [one.seeds[at]!, other.seeds[at]!];
          const difference = inner(h, dx) - inner(g, other.gradients[at]!);
          return relative(difference, (8 * (total(g) * total(h) + size(g, h))) / temperature);
        }),
      );
    },
    bound: ofGroup,
  },

  positiveJacobian: {
    claim: 'The Jacobian J is positive semidefinite: ⟨g, J g⟩ ≥ 0 in every group.',
    corollary: true,
    deviation: (trial) => {
      const [{ seeds, gradients }] = pulled(trial) as [Pulled];
      const { temperature } = trial.options;
      return worst(
        gradients.map((dx, at) => {
          const g = seeds[at]!;
          return relative(Math.min(0, inner(g, dx)), (8 * total(g) ** 2) / temperature);
        }),
      );
    },
    bound: ofGroup,
  },
} satisfies Record<string, Invariant<Simplex>>;
