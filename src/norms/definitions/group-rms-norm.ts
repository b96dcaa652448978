import { learned, rootMeanSquare, unitOf } from '../formula.js';
import {
  evenGradient,
  groupsApart,
  keepsShape,
  learnedLaws,
  oddFunction,
  samplesApart,
  scaledGradient,
  scalingLaw,
  switchedOff,
  unitLaws,
  unitMeanSquareOfGroups,
} from '../laws/index.js';
import { norm } from '../norm.js';
import * as option from '../option.js';
import { gainAlone } from '../parts/affine.js';
import { unitizeGroups } from '../parts/groups.js';
import { demandDivisor, splitShape, withinGroup } from '../parts/split.js';

export const groupRmsNorm = norm({
  type: 'group_rms_norm',
  title: 'GroupRMSNorm',
  about: 'Divides each group of features of a position by its root mean square.',
  useCase: 'State space models such as Mamba-2, whose groups of features lie on different devices.',
  reference: {
    authors: 'Tri Dao, Albert Gu',
    title:
      'Transformers are SSMs: Generalized Models and Efficient Algorithms Through Structured State Space Duality',
    year: 2024,
    url: 'https://arxiv.org/abs/2405.21060',
  },
  notes: [
    'Groups consist of neighbouring features of one position: of 6 features in 2 groups, the first three share a root mean square, and so do the last three. group_norm also shares statistics between the positions of a sample.',
    'The code of Mamba-2 states the size of a group, not their number: `groups` here is the number of features divided by its `group_size`.',
    'The default is one group, which works for any number of features; then it is rms_norm. In a group of one feature x becomes x / √(x² + ε).',
    'The default ε is 1e-6, as in the other norms; the code of Mamba-2 uses 1e-5.',
  ],
  traits: { place: 'hidden', couples: 'group', cost: 4, guards: ['size', 'shift'] },

  options: {
    groups: option.number(1, 'The number of groups; it must divide the number of features.', {
      min: 1,
      whole: true,
      explore: [1, 4],
    }),
    axis: option.axis(-1, 'The feature axis.'),
    epsilon: option.epsilon('Added to the mean square to avoid division by zero.'),
    ...gainAlone.options,
  },

  parameters: gainAlone.parameters,

  accepts: (input, { axis, groups }) => demandDivisor(input, axis, 'groups', groups),

  formula(math, x, { scale }, { axis, groups, epsilon }) {
    const shape = math.shape(x);
    const split = math.reshape(x, splitShape(shape, { axis, groups }));
    const length = math.name('N', rootMeanSquare(math, split, withinGroup(shape, axis), epsilon));
    const unit = unitOf(math, split, length);
    return { outputs: [learned(math, math.reshape(unit, shape), axis, scale)] };
  },

  /**
   * The gradients of γ, x̂ and x, from dy; the n numbers of a group share one N.
   *
   *     dγ = Σ dy x̂
   *     dx̂ = γ dy                    y = γ x̂
   *     dN = −Σ dx̂ x̂ / N             x̂ = x / N
   *     dx = dx̂ / N + x dN / (n N)   N² = mean(x²) + ε
   *        = (dx̂ − x̂ mean(dx̂ x̂)) / N
   */
  apply(x, { scale }, { axis, groups, epsilon }) {
    const { value, pullback } = unitizeGroups(x, { axis, groups }, epsilon, scale);
    return {
      value,
      pullback(gradient) {
        const pulled = pullback(gradient);
        return { x: pulled.x, scale: pulled.gain };
      },
    };
  },

  example: {
    options: { groups: 2 },
    x: [
      [3, 4, -5, 12],
      [1, 1, 0, 2],
    ],
    parameters: { scale: [1, 2, -1, 3] },
    y: [
      [0.84853, 2.26274, 0.54393, 3.91628],
      [1, 2, 0, 4.24264],
    ],
  },

  invariants: {
    keepsShape,
    scalingLaw,
    unitMeanSquareOfGroups,
    oddFunction,
    samplesApart,
    groupsApart,
    scaledGradient,
    evenGradient,
    ...unitLaws({ total: 'mean', bound: 'added', centered: false }),
    ...learnedLaws({ gain: 'scale' }),
    scaleAtOne: switchedOff({ useScale: false }, { scale: 1 }),
  },
});
