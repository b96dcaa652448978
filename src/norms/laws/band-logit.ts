import { type NdArray, flat, onto, positiveAxes } from '../../array/index.js';
import type { Invariant, Trial } from '../law.js';
import { type WithBand, most } from './band.js';
import { type WithEpsilon, count, exactly, u } from './bounds.js';
import { type Core, centered, groupsOf, inner, relative, rows, size, worst } from './groups.js';
import { unitLaws } from './unit.js';

const bandLogitCore: Core<{ readonly axis: number } & WithEpsilon & WithBand> = {
  total: 'sum',
  bound: 'floor',
  centered: false,
  // The lengths are off by n + 8 roundings, which their own deviation D may magnify; σ' is at most 1/4.
  roundings: (trial) => {
    const { x, weights, options } = trial;
    const formula = trial.witness(x);
    const [lengths, units] = [rows(formula.of('N'), -1), rows(formula.of('u'), -1)];
    const deviations = flat(formula.of('D'));
    const errors = lengths.map((row, i) => {
      const d = ((row.length + count(trial, options.axis) + 10) * u(trial) * worst(row)) / deviations[i]!;
      const top = worst(units[i]!.map(Math.abs));
      return (d * (2 + 2 * top) + d * d) / u(trial) + (row.length + 8) * (1 + top);
    });
    const z = most(weights['gamma']) * (worst(errors) + 8) + 8 * most(weights['beta']);
    return (2 * options.maxBandWidth * z) / (1 - options.maxBandWidth) + 8;
  },
};

type BandLogitTrial = Trial<{ readonly axis: number } & WithEpsilon & WithBand>;

const onLast = ({ x, options }: BandLogitTrial): boolean =>
  positiveAxes(options.axis, x.shape.length)[0] === x.shape.length - 1;

const logitLaws = unitLaws(bandLogitCore);
const logitGroups = groupsOf(bandLogitCore);

/** A law of unit length, which a norm keeps where its scale does not depend on x. */
const lastAxis = <O>(law: Invariant<O>, applies: (trial: Trial<O>) => boolean): Invariant<O> => ({
  ...law,
  claim: `On the last axis: ${law.claim[0]!.toLowerCase()}${law.claim.slice(1)}`,
  applies: (trial) => applies(trial) && (law.applies?.(trial) ?? true),
});

/** The laws of a norm whose scale depends on the lengths of rows relative to each other. */
export const bandLogitLaws = {
  unitFormula: logitLaws.unitFormula,
  radialGradient: lastAxis(logitLaws.radialGradient, onLast),
  shorterGradient: lastAxis(logitLaws.shorterGradient, onLast),
  positiveJacobian: lastAxis(logitLaws.positiveJacobian, onLast),
  symmetricJacobian: lastAxis(logitLaws.symmetricJacobian, onLast),

  idleGain: {
    claim: 'On the last axis γ never learns: dγ is exactly 0.',
    applies: onLast,
    deviation: ({ x, linearize }) => most(linearize(x).pullback().weights['gamma']),
    bound: exactly,
  },

  lengthReaches: {
    claim:
      'Above the floor ⟨x, dx⟩ = ε / (v + ε) · ⟨γ, dγ⟩ over rows whose lengths are standardized together, where v is the variance of their lengths.',
    corollary: true,
    applies: (trial) => !onLast(trial) && logitGroups(trial).every(({ live, edge }) => live && !edge),
    deviation: (trial) => {
      const { x, options, weights, linearize, normal } = trial;
      const { axis, epsilon, maxBandWidth } = options;
      // One row of lengths: every axis but these two is cut to 1.
      const cut = onto(x.shape, [axis, -1]);
      const one = x.hi(...cut) as NdArray;
      const { outputs, pullback } = linearize(one);
      const seed = normal(cut);
      const pulled = pullback([seed]);
      const row = rows(trial.witness(one).of('N'), -1)[0]!;
      const c = centered(row);
      const variance = inner(c, c) / row.length;
      const gamma = flat(weights['gamma']!);
      const claimed = [...flat(pulled.weights['gamma']!)].reduce((sum, g, j) => sum + g * gamma[j]!, 0);
      // Its terms: ⟨dy, y⟩ for the unit, and twice γ ds · x̂ for the lengths, as far as rounding moves them.
      const moved = size(Float64Array.from(flat(seed)), Float64Array.from(flat(outputs[0])));
      const root = Math.sqrt(variance + epsilon);
      const top = worst(c.map((value) => Math.abs(value / root)));
      const steep = (2 * maxBandWidth * most(weights['gamma'])) / (1 - maxBandWidth);
      const longest = worst(row) / root;
      const noise =
        4 * (2 * count(trial) + 40) * (1 + longest) ** 2 * (1 + top) ** 2 +
        2 * (bandLogitCore.roundings?.(trial) ?? 0) * (1 + longest);
      const dx = Float64Array.from(flat(pulled.x));
      const along = inner(Float64Array.from(flat(one)), dx);
      return relative(along - (epsilon / (variance + epsilon)) * claimed, moved * (1 + steep) ** 2 * noise);
    },
    bound: u,
  },
} satisfies Record<string, Invariant<{ readonly axis: number } & WithEpsilon & WithBand>>;
