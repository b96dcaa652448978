import type { Owned } from '../owned.js';
import * as option from '../option.js';
import { perFeature } from './running.js';

const options = {
  vInitializer: option.initializer('ones', 'Initializer of w.'),
  vRegularizer: option.regularizer('none', 'Regularizer of w.'),
  vConstraint: option.constraint('none', 'Constraint on w.'),
};

const v: Owned<option.Values<typeof options> & { readonly axis: number }> = {
  symbol: 'w',
  about: 'The factor w of x in the nonlinearity.',
  ...perFeature,
  initial: ({ vInitializer }) => vInitializer,
  regularizer: ({ vRegularizer }) => vRegularizer,
  constraint: ({ vConstraint }) => vConstraint,
};

/** The factor of x in the nonlinearity of an EvoNorm, which its paper calls v₁: its options, and the weight these make. */
export const innerFactor = { options, parameters: { v } };
