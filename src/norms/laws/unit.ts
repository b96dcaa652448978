import { map } from '../../array/index.js';
import type { Invariant, Trial } from '../law.js';
import { type WithEpsilon, exactly, u } from './bounds.js';
import {
  type Core,
  type Group,
  boundOf,
  euclid,
  groupsAt,
  groupsOf,
  inner,
  mean,
  relative,
  total,
  worst,
} from './groups.js';

/** A corollary of the formula, measured group by group in the scale that rounding has there. */
export function eachGroup<O extends WithEpsilon>(
  of: (trial: Trial<O>) => readonly Group[],
  claim: string,
  deviation: (group: Group, unit: number, trial: Trial<O>, at: number) => number,
): Invariant<O> {
  return {
    claim,
    corollary: true,
    // Of what lies on a floor, rounding decides on which side it is.
    applies: (trial) => of(trial).some(({ edge }) => !edge),
    deviation: (trial) =>
      worst(of(trial).map((group, at) => (group.edge ? 0 : deviation(group, u(trial), trial, at)))),
    bound: u,
  };
}

/** The N of zeros, and the radial gradient, in words. */
function textsOf<O>({ bound }: Core<O>, c: string, power: string, known: string) {
  const ofUnit = '⟨x̂, g⟩, where g is the gradient of x̂';
  const inside = `⟨${c}, dx⟩ = ε / (${power} + ε) · ⟨x̂, g⟩ in every group, where ${power} is the ${known} and g the gradient of x̂ (Euler's theorem).`;
  const floored = `Above the floor ⟨x, dx⟩ = 0, since the length of x does not matter; below it ⟨x, dx⟩ = ${ofUnit}.`;
  const outside = `⟨${c}, dx⟩ = ε / N · ${ofUnit}.`;
  if (typeof bound !== 'function') {
    return {
      least: { added: '√ε', floor: '√ε', clamped: 'max(√ε, ε)', rootAdded: 'ε', rootFloor: 'ε' }[bound],
      radial: { added: inside, floor: floored, clamped: inside, rootAdded: outside, rootFloor: floored }[
        bound
      ],
    };
  }
  return {
    least: 'N, which is √ε for an ε inside the root, and else ε',
    radial: `⟨${c}, dx⟩ = s ${ofUnit}. With ε inside the root s = ε / (${power} + ε), where ${power} is the ${known}; outside of it ε / N; above a floor 0, and below it 1.`,
  };
}

/**
 * The laws of every norm with y = gain · x̂ + shift and x̂ = (x − x̄) / N: what x̂ is, what bounds it, and what that
 * says of its Jacobian J = (I − x̂ x̂ᵀ / n) / N, without a difference being taken.
 */
export function unitLaws<O extends WithEpsilon>(core: Core<O>) {
  const groups = groupsOf(core);
  const fresh = groupsOf(core, { fresh: true });
  const others = groupsOf(core, { stream: 1 });
  const c = core.centered ? 'x − x̄' : 'x';
  const power = core.centered ? 'v' : core.total === 'mean' ? 'm' : 'Q';
  const known = core.centered ? 'variance' : `${core.total} of the squares`;
  const { least, radial } = textsOf(core, c, power, known);

  return {
    unitFormula: {
      ...eachGroup(
        groups,
        `The output is gain · x̂ + shift, element by element (a missing gain is 1, a missing shift 0), with x̂ = ${core.centered ? `(${c})` : c} / N as the formula says.`,
        ({ unit, gain, shift, y, error, size }, u, trial) => {
          const own = 12 + (core.roundings?.(trial) ?? 0);
          return worst(
            unit.map((n, i) => {
              const [grown, off] = [gain[i]! * n, shift[i]!];
              // Where no mean is taken off, every x̂ is right relative to itself.
              const apart = core.centered ? error / u : (size + 8) * Math.abs(n);
              const allowed = Math.abs(gain[i]!) * apart + own * (Math.abs(grown) + Math.abs(off));
              return relative(y[i]! - (grown + off), allowed);
            }),
          );
        },
      ),
      // The formula itself, of which the others are corollaries.
      corollary: false,
    },

    boundedUnit: eachGroup(
      fresh,
      core.total === 'sum'
        ? 'No |x̂| exceeds 1.'
        : core.centered
          ? 'No |x̂| exceeds √(n − 1), for n numbers in a group (Samuelson).'
          : 'No |x̂| exceeds √n, for n numbers in a group.',
      ({ size, y, gain, error }, u) => {
        const most = core.total === 'sum' ? 1 : Math.sqrt(core.centered ? size - 1 : size);
        return worst(
          y.map((value, i) =>
            relative(Math.max(0, Math.abs(value / gain[i]!) - most), error / u + 12 * most),
          ),
        );
      },
    ),

    radialGradient: eachGroup(
      groups,
      radial,
      ({ c: offset, unit, dx, g, power: p, length, live, slack }, u, { options }) => {
        const { epsilon } = options;
        const inside = epsilon / (p + epsilon);
        const moving = {
          added: inside,
          clamped: inside,
          rootAdded: epsilon / length,
          floor: 0,
          rootFloor: 0,
        };
        const share = live ? moving[boundOf(core, options)] : 1;
        return relative(inner(offset, dx) - share * inner(unit, g), (total(offset) * slack) / u);
      },
    ),

    shorterGradient: eachGroup(
      groups,
      '‖dx‖ ≤ ‖g‖ / N in every group, where g is the gradient of x̂.',
      ({ dx, g, length, slack, size }, u) =>
        relative(Math.max(0, euclid(dx) - euclid(g) / length), (Math.sqrt(size) * slack) / u),
    ),

    positiveJacobian: eachGroup(
      groups,
      'The Jacobian J of x̂ is positive semidefinite: ⟨g, J g⟩ ≥ 0 in every group.',
      ({ dx, g, slack }, u) => relative(Math.min(0, inner(g, dx)), (total(g) * slack) / u),
    ),

    symmetricJacobian: eachGroup(
      groups,
      'The Jacobian J of x̂ is symmetric: ⟨h, J g⟩ = ⟨g, J h⟩ in every group.',
      ({ dx, g, slack }, u, trial, at) => {
        const { dx: other, g: h, slack: loose } = others(trial)[at]!;
        return relative(inner(h, dx) - inner(g, other), (total(h) * slack + total(g) * loose) / u);
      },
    ),

    zeroRows: {
      claim: `A group of zeros gives the shift exactly, and dx = ${core.centered ? '(g − ḡ)' : 'g'} / ${least}, where g is the gradient of x̂.`,
      deviation: (trial) =>
        worst(
          groupsAt(core, trial, { x: map(trial.x, () => 0) }).map(({ y, shift, g, dx, length, size }) => {
            if (y.some((value, i) => value !== shift[i])) return Infinity;
            const taken = core.centered ? mean(g) : 0;
            const scale = ((size + 12) * worst(g.map(Math.abs))) / length;
            return worst(dx.map((value, i) => relative(value - (g[i]! - taken) / length, scale)));
          }),
        ),
      bound: u,
    } as Invariant<O>,

    sameOrder: {
      claim:
        'With its initial weights, it preserves the order within a group: a larger x never gives a smaller y.',
      deviation: (trial) =>
        worst(
          fresh(trial).flatMap(({ x, y }) => {
            const order = [...x.keys()].sort((i, j) => x[i]! - x[j]! || y[i]! - y[j]!);
            return order.slice(1).map((j, at) => Math.max(0, y[order[at]!]! - y[j]!));
          }),
        ),
      bound: exactly,
    } as Invariant<O>,
  };
}
