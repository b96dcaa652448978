import type { Invariant } from '../norms/law.js';
import { descriptionOf } from '../norms/description.js';
import { type Norm, gradientKind } from '../norms/norm.js';
import { trial } from '../norms/trial.js';
import type { Case } from './cases.js';
import type { Claim, Tried } from './claim.js';
import { extremes } from './extremes.js';
import { formulaClaims } from './formula.js';
import { general } from './general.js';
import { gradients } from './gradients.js';
import { layers } from './layers.js';
import { type Owed, owed } from './owed.js';
import { computation } from './trials.js';

/** Sets a case up; all claims that are tried on it share what they compute of it. */
export const attempt = (norm: Norm, given: Case): Tried => ({
  norm,
  given,
  trial: trial(norm, given.x, given.options, given),
});

/** A law as a claim; it is a corollary only if the norm states the formula that it follows from. */
const ofLaw = (norm: Norm, name: string, law: Invariant<never>): Claim => {
  const { claim, corollary = false, applies, deviation, bound } = law as Invariant<unknown>;
  return {
    name,
    claim,
    corollary: corollary && typeof descriptionOf(norm).formula === 'function',
    sort: 'ordinary',
    measure: ({ trial: tried }) =>
      applies && !applies(tried) ? undefined : { deviation: deviation(tried), bound: bound(tried) },
  };
};

const ofOwed = ({ measure, linear = false, ...claim }: Owed): Claim => ({
  ...claim,
  sort: 'ordinary',
  measure: ({ norm, given, trial: tried }) =>
    linear && gradientKind(norm, given.options, given) === 'approximate'
      ? undefined
      : measure(computation(tried)),
});

/** The claims of every norm, as far as its declaration says that they apply. */
export const generalClaims = (norm: Norm): readonly Claim[] => [
  gradients,
  ...owed.map(ofOwed),
  ...Object.entries(general(norm)).map(([name, law]) => ofLaw(norm, name, law as Invariant<never>)),
  ...layers,
  ...extremes(norm),
  ...formulaClaims(norm),
];

/** All claims of a norm: first those of every norm, then its own laws. */
export const claimsOf = (norm: Norm): readonly Claim[] => [
  ...generalClaims(norm),
  ...Object.entries(descriptionOf(norm).invariants).map(([name, law]) =>
    ofLaw(norm, name, law as Invariant<never>),
  ),
];
