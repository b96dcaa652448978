import type { WithEpsilon } from './bounds.js';
import { type Core, type Group, groupsOf, inner, relative, total } from './groups.js';
import { eachGroup, unitLaws } from './unit.js';

/** The mean square of a group and of the entry that it lacks, −Σ x. */
function fullPower({ x }: Group): number {
  return (inner(x, x) + sumOf(x) ** 2) / (x.length + 1);
}

const sumOf = (row: Float64Array): number => row.reduce((sum, value) => sum + value, 0);

/** How far a dx may be off: x̂ + Σ x̂, no larger than √n + √(n + 1), takes the place of one x̂ in that of a root mean square. */
const slackOf = ({ slack, size }: Group): number => 2 * (Math.sqrt(size) + 1) * slack;

/** The laws of y = γ x̂ with x̂ = x / N, where N is the root mean square of x and of −Σ x. */
export function complementLaws() {
  const core: Core<WithEpsilon> = { total: 'mean', bound: 'added', centered: false };
  const groups = groupsOf(core);
  const fresh = groupsOf(core, { fresh: true });
  const others = groupsOf(core, { stream: 1 });
  const { unitFormula, boundedUnit, zeroRows, sameOrder } = unitLaws(core);
  return {
    unitFormula,
    boundedUnit,
    zeroRows,
    sameOrder,

    fullMeanSquare: eachGroup(
      fresh,
      'With its initial weights, Σ y² + (Σ y)² = (n + 1) m / (m + ε), where m = (Σ x² + (Σ x)²) / (n + 1).',
      (group, u, { options: { epsilon } }) => {
        const { y, size } = group;
        const m = fullPower(group);
        const claimed = ((size + 1) * m) / (m + epsilon);
        // Each y is off by (n + 8) roundings, and no (Σ |y|)² exceeds n times Σ y².
        const sum = total(y);
        return relative(
          inner(y, y) + sumOf(y) ** 2 - claimed,
          2 * (size + 12) * (inner(y, y) + sum * sum) + u,
        );
      },
    ),

    radialGradient: eachGroup(
      groups,
      "⟨x, dx⟩ = ε / (m + ε) · ⟨x̂, g⟩ in every group, where g is the gradient of x̂ (Euler's theorem).",
      (group, u, { options: { epsilon } }) => {
        const { x, unit, dx, g } = group;
        const share = epsilon / (fullPower(group) + epsilon);
        return relative(inner(x, dx) - share * inner(unit, g), (total(x) * slackOf(group)) / u);
      },
    ),

    metricJacobian: eachGroup(
      groups,
      'The Jacobian is symmetric in the metric of the full vector: ⟨h, J g⟩ − Σ h Σ J g / (n + 1) = ⟨g, J h⟩ − Σ g Σ J h / (n + 1).',
      (group, u, trial, at) => {
        const other = others(trial)[at]!;
        const product = (h: Float64Array, dx: Float64Array) =>
          inner(h, dx) - (sumOf(h) * sumOf(dx)) / (h.length + 1);
        const room = 2 * (total(other.g) * slackOf(group) + total(group.g) * slackOf(other));
        return relative(product(other.g, group.dx) - product(group.g, other.dx), room / u);
      },
    ),
  };
}
