import { across, add, mul, reshape, without } from '../../array/index.js';
import { pair, training } from '../dml-plus.js';
import { addedRoot, dropped } from '../formula.js';
import {
  evenFunction,
  lengthAtLeast,
  lengthGradient,
  lengthLaw,
  outputsAddUp,
  sameTwice,
  samplesApart,
} from '../laws/index.js';
import { norm } from '../norm.js';
import { unitize } from '../parts/index.js';

export const dmlPlusCenter = norm({
  ...pair,
  recipes: {
    detection: {
      source:
        'Zhang and Xiang 2023, section 3, and the code of the authors: class weights of length 1, a center loss with a weight of 0.001 after 30 % of training and 0.005 after 40 %',
      training,
    },
  },
  type: 'dml_plus_center',
  title: 'DML+ center',
  alsoKnownAs: ['MCNorm'],
  about: 'Computes an out-of-distribution score of logits from their length.',
  outputs: [
    { name: 'max_norm', about: 'The length N.' },
    { name: 'norm', about: 'The same, with the axis kept at size 1.' },
  ],

  formula(math, x, _, { axis, epsilon }) {
    const length = addedRoot(math, x, axis, epsilon);
    return { outputs: [dropped(math, length, axis), length] };
  },

  /**
   * The gradient of x, from those of both outputs, which equal N.
   *
   *     dN = dmax_norm + dnorm
   *     dx = x dN / N   N² = Σ x² + ε
   */
  apply(x, _, { axis, epsilon }) {
    const unit = unitize(x, axis, epsilon, 'sum');
    const kept = across(x.shape, axis);
    return {
      value: [reshape(unit.length, without(x.shape, axis)), unit.length],
      // dN = ⟨x̂, dx⟩, and both outputs are N.
      pullback: ([g, gKept]) => ({ x: mul(add(reshape(g, kept), gKept), unit.value) }),
    };
  },

  example: {
    x: [
      [3, 4],
      [-12, 5],
    ],
    parameters: {},
    y: [
      [5, 13],
      [[5], [13]],
    ],
  },
  invariants: {
    lengthLaw,
    sameTwice,
    samplesApart,
    lengthAtLeast,
    lengthGradient: lengthGradient(0, 1),
    outputsAddUp,
    evenFunction,
  },
});
