import { type Axes, type Shape, along, positiveAxes } from '../../array/index.js';
import type { Refusal } from '../norm.js';
import type { Owned } from '../owned.js';
import * as option from '../option.js';

// The parts that the norms of a weight share: the statistics of one output are those of the weights that lead to it.

interface WithOutputs {
  readonly axis: Axes;
}

/** The option that names the axes of a weight along which its outputs lie. */
export const outputAxes = option.axes(-1, 'The output axes. The weights of each output share one statistic.');

/** The axes along which the weights of one output lie: all but those of the outputs. */
export function withinOutput({ length }: Shape, axis: Axes): number[] {
  const outputs = positiveAxes(axis, length);
  return Array.from({ length }, (_, i) => i).filter((i) => !outputs.includes(i));
}

/** Refuses a weight that has no axes but those of its outputs, such as a vector. */
export const acceptsWeight = (input: Shape, { axis }: WithOutputs): true | Refusal =>
  withinOutput(input, axis).length > 0 || {
    expected: 'a weight with at least one axis besides those of its outputs, such as [inputs, outputs]',
  };

/** The ε of a norm that divides by a length. */
export const leastLengthOption = option.number(1e-12, 'The least length, to avoid division by zero.', {
  above: 0,
  explore: [1e-6, 1],
  aliases: ['eps'],
  symbol: 'ε',
});

const startOptions = { gainInitializer: option.initializer('ones', 'Initializer of g.') };

const ruleOptions = {
  gainRegularizer: option.regularizer('none', 'Regularizer of g.'),
  gainConstraint: option.constraint('none', 'Constraint on g.'),
};

const gain: Owned<WithOutputs & option.Values<typeof ruleOptions>> = {
  symbol: 'g',
  about: 'The gain g of each output.',
  sizes: 'the sizes of the output axes, ascending',
  shape: (input, { axis }) => along(input, axis),
  initial: () => 'ones',
  regularizer: ({ gainRegularizer }) => gainRegularizer,
  constraint: ({ gainConstraint }) => gainConstraint,
};

/** A gain of each output that starts from data: its options, and the weight these make. */
export const startedGain = { options: ruleOptions, parameters: { gain } };

const initialGain: Owned<
  WithOutputs & option.Values<typeof ruleOptions> & option.Values<typeof startOptions>
> = { ...gain, initial: ({ gainInitializer }) => gainInitializer };

/** A gain of each output that starts at 1, or as an option says. */
export const outputGain = {
  options: { ...startOptions, ...ruleOptions },
  parameters: { gain: initialGain },
};
