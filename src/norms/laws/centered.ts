import { type NdArray, across, broadcastTo, distance, full, map, reshape } from '../../array/index.js';
import type { Invariant, Trial } from '../law.js';
import { type WithEpsilon, exactly, u } from './bounds.js';
import { type Core, groupsAt, groupsOf, layoutOf, mean, relative, worst } from './groups.js';
import { eachGroup, unitLaws } from './unit.js';

/** The laws of a norm that subtracts the mean, besides those of its unit x̂, if its gain starts at 1. */
export function centeredLaws<O extends WithEpsilon>(core: Core<O>) {
  const fresh = groupsOf(core, { fresh: true });
  return {
    ...offsetLaws(core),

    unitVariance: eachGroup(
      fresh,
      'With its initial weights, the variance of the output is v / (v + ε), where v is that of the input.',
      ({ y, power, error, size }, u, { options: { epsilon } }) => {
        const off = mean(y);
        const variance = mean(y.map((value) => (value - off) ** 2));
        // An error e of every number moves it by 2 e · mean|x̂| + e² at most, and no mean|x̂| exceeds 1.
        return relative(variance - power / (power + epsilon), (2 * error + error * error) / u + size + 8);
      },
    ),

    pairLaw: eachGroup(
      (trial: Trial<O>) => fresh(trial).filter(({ size }) => size === 2),
      'A group of two numbers a and b becomes ±1 / √(1 + 4 ε / (a − b)²).',
      ({ x, y, error }, u, { options: { epsilon } }) => {
        const gap = x[0]! - x[1]!;
        const claimed = gap === 0 ? 0 : Math.sign(gap) / Math.sqrt(1 + (4 * epsilon) / gap ** 2);
        return Math.max(relative(y[0]! - claimed, error / u + 8), relative(y[1]! + claimed, error / u + 8));
      },
    ),
  };
}

/** The laws of a norm that subtracts the mean, if its gain starts at any one number. */
export function offsetLaws<O extends WithEpsilon>(core: Core<O>) {
  const groups = groupsOf(core);
  const fresh = groupsOf(core, { fresh: true });
  const output = (trial: Trial<O>, x: NdArray): NdArray =>
    trial.linearize(x, { training: true, mask: undefined }).outputs[0];

  return {
    zeroMean: eachGroup(fresh, 'With its initial weights, the mean of the output is 0.', ({ y, error }, u) =>
      relative(mean(y), error / u + 1),
    ),

    shiftInvariant: eachGroup(
      fresh,
      'Adding a constant to x changes nothing.',
      ({ y, x, unit, length, error }, u, trial, at) => {
        const moved = groupsAt(core, trial, { x: map(trial.x, (value) => value + 2), fresh: true })[at]!;
        // The sum is rounded itself, which moves x̂ by 2 + |x̂| times as much over N.
        const rounded =
          (worst(x.map((value) => Math.abs(value + 2))) * (2 + worst(unit.map(Math.abs)))) / length;
        return worst(y.map((value, i) => relative(value - moved.y[i]!, (error + moved.error) / u + rounded)));
      },
    ),

    integerShift: {
      claim: 'Adding 1024 to small integers changes no bit, if the size of a group is a power of two.',
      applies: (trial) => Number.isInteger(Math.log2(groups(trial)[0]!.size)),
      deviation: (trial) => {
        const small = map(trial.x, (value) => Math.round(8 * Math.sin(value)));
        return distance(
          output(trial, small),
          output(
            trial,
            map(small, (value) => value + 1024),
          ),
        );
      },
      bound: exactly,
    } as Invariant<O>,

    constantRows: {
      claim: 'A constant group gives the shift exactly, whatever the constant.',
      deviation: (trial) => {
        const { x } = trial;
        const { shape, axes } = layoutOf(trial.witness(x));
        const first = reshape(x, shape).hi(...across(shape, axes)) as NdArray;
        const same = groupsAt(core, trial, { x: reshape(broadcastTo(first, shape), x.shape) });
        return worst(same.flatMap(({ y, shift }) => [...y.map((value, i) => Math.abs(value - shift[i]!))]));
      },
      bound: exactly,
    } as Invariant<O>,

    alone: {
      claim: 'A group of one number gives the shift exactly, and its gradient is 0.',
      applies: (trial) => groups(trial)[0]!.size === 1,
      deviation: (trial) =>
        worst(groups(trial).flatMap(({ y, shift, dx }) => [Math.abs(y[0]! - shift[0]!), Math.abs(dx[0]!)])),
      bound: exactly,
    } as Invariant<O>,

    zeroSumGradient: eachGroup(
      groups,
      'dx sums to 0 over every group, since shifting x changes nothing.',
      ({ dx, slack, size }, u) => relative(size * mean(dx), (size * slack) / u),
    ),

    blindToConstants: {
      claim:
        'With its initial weights, a gradient that is constant over a group gives dx = 0: the sum of y does not depend on x.',
      deviation: (trial) => {
        const { shape, dtype } = trial.x;
        const ones = groupsAt(core, trial, { fresh: true, seed: full(shape, 1, dtype) });
        return worst(
          ones.flatMap(({ dx, slack }) => [...dx.map((value) => relative(value, slack / u(trial)))]),
        );
      },
      bound: u,
    } as Invariant<O>,
  };
}

/** How x̂ = (x − x̄) / √(var + ε) is formed. */
export const standardizedCore: Core<WithEpsilon> = { total: 'mean', bound: 'added', centered: true };

/** The laws of every norm with y = gain · x̂ + shift and x̂ = (x − x̄) / √(var + ε). */
export const standardizedLaws = { ...unitLaws(standardizedCore), ...centeredLaws(standardizedCore) };
