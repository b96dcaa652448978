import { reshape, without } from '../../array/index.js';
import { pair, training } from '../dml-plus.js';
import { addedRoot, dropped, unitOf } from '../formula.js';
import {
  cosineGradient,
  cosineLaw,
  samplesApart,
  scaledGradient,
  scalingLaw,
  withinOne,
} from '../laws/index.js';
import { norm } from '../norm.js';
import { peak, tieGap, unitize } from '../parts/index.js';

export const dmlPlusFocal = norm({
  ...pair,
  recipes: {
    detection: {
      source:
        'Zhang and Xiang 2023, section 3, and the code of the authors: features of length 40 for CIFAR-100, a focal loss with γ = 2. The smaller scales are ours, for fewer classes',
      cosineScales: [10, 20, 40],
      training,
    },
  },
  type: 'dml_plus_focal',
  title: 'DML+ focal',
  alsoKnownAs: ['MFNorm'],
  about: 'Computes an out-of-distribution score of logits from their largest cosine.',
  outputs: [{ name: 'max_cosine', about: 'The largest cosine c.' }],

  formula(math, x, _, { axis, epsilon }) {
    const length = addedRoot(math, x, axis, epsilon);
    const cosine = math.name('c', math.max(unitOf(math, x, length), axis));
    return { outputs: [dropped(math, cosine, axis)] };
  },

  /**
   * The gradients of x̂ and x, from dc. [x̂ = c] is 1 at the largest number and 0 elsewhere; numbers that tie share it.
   *
   *     dc = dmax_cosine
   *     dx̂ = dc [x̂ = c]      c = max(x̂)
   *     dN = −Σ dx̂ x̂ / N     x̂ = x / N
   *     dx = dx̂ / N + x̂ dN   N² = Σ x² + ε
   */
  apply(x, _, { axis, epsilon }) {
    const unit = unitize(x, axis, epsilon, 'sum');
    const cosine = peak(unit.value, axis, x);
    return {
      value: reshape(cosine.value, without(x.shape, axis)),
      pullback: (g) => ({ x: unit.pullback(cosine.pullback(reshape(g, cosine.value.shape))) }),
    };
  },

  kinks: (x, { axis }) => tieGap(x, axis),

  example: {
    x: [
      [3, 4],
      [-12, 5],
    ],
    parameters: {},
    y: [0.8, 0.38462],
  },
  invariants: {
    cosineLaw,
    withinOne,
    scalingLaw,
    samplesApart,
    scaledGradient,
    cosineGradient: cosineGradient(0),
  },
});
