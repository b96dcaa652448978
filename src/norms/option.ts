import { type StatedConstraint, constraints } from '../nn/constraints.js';
import { type StatedInitializer, initializers } from '../nn/initializers.js';
import { type StatedRegularizer, regularizers } from '../nn/regularizers.js';
import {
  type ChoiceOption,
  type NumberOption,
  type PartOption,
  choice,
  number,
  part,
} from '../option/index.js';

export * from '../option/index.js';
export { type StatedInitializer, initializers };

/** The ε of a norm: one default, one bound and one alias for all of them. */
export const epsilon = (about: string): NumberOption<'eps'> =>
  number(1e-6, about, { above: 0, explore: [1e-6, 1], aliases: ['eps'], symbol: 'ε' });

/** The places of ε in the length that a norm divides by. */
const PLACEMENTS = ['inside', 'outside', 'floor'] as const;

export type Placement = (typeof PLACEMENTS)[number];

/** The option for the place of ε. */
export const epsilonPlacement = (about: string): ChoiceOption<Placement> =>
  choice('inside', about, PLACEMENTS);

/** α, the width of the band below 1 that a norm of the band family may move in. */
export const maxBandWidth = (fallback: number): NumberOption =>
  number(fallback, 'The width α of the band below 1 that contains the scale.', {
    above: 0,
    below: 1,
    explore: [0.05, 0.95],
    symbol: 'α',
  });

/** The option that says how a weight starts. */
export const initializer = (fallback: StatedInitializer, about: string): PartOption<StatedInitializer> =>
  part(initializers, fallback, about);

/** The option that selects the regularizer of a weight. */
export const regularizer = (fallback: StatedRegularizer, about: string): PartOption<StatedRegularizer> =>
  part(regularizers, fallback, about);

/** The option that says which values a weight may take. */
export const constraint = (fallback: StatedConstraint, about: string): PartOption<StatedConstraint> =>
  part(constraints, fallback, about);
