import { positiveAxes } from '../../array/index.js';
import { learned, momentsWhere } from '../formula.js';
import {
  keepsShape,
  learnedLaws,
  maskLaws,
  samplesAlwaysApart,
  selfGatedLaws,
  switchedOff,
} from '../laws/index.js';
import { norm } from '../norm.js';
import * as option from '../option.js';
import { demandBatch } from '../parts/axes.js';
import { innerFactor } from '../parts/evo.js';
import { gateByItself } from '../parts/gated-self.js';
import { gainAndShift } from '../parts/index.js';
import { featureMask } from '../parts/masked.js';
import { demandDivisor, positionsSplit, sharedAxes, splitShape } from '../parts/split.js';

const { unseenPositions, emptyMask } = maskLaws();

export const evoNormS0 = norm({
  type: 'evo_norm_s0',
  title: 'EvoNorm-S0',
  alsoKnownAs: ['EvoNorm2dS0', 'EvoNormSample2d'],
  about:
    'Gates each number by its own sigmoid, and divides by the standard deviation of its group of features.',
  useCase:
    'Convolutional networks with small batches; it takes the place of a norm and of the activation after it.',
  reference: {
    authors: 'Hanxiao Liu, Andrew Brock, Karen Simonyan, Quoc V. Le',
    title: 'Evolving Normalization-Activation Layers',
    year: 2020,
    url: 'https://arxiv.org/abs/2004.02967',
  },
  notes: [
    'It is a norm and an activation in one: no ReLU belongs after it. x σ(w x) is a swish with a learned steepness w, which the paper calls v₁.',
    'The numerator is not centered: the mean of x stays, though N is the deviation from it.',
    'In a group of one number, and in a constant one, N is √ε, so the output is 1000 times x σ(w x) at the default ε.',
    'The default is one group; the paper uses 32, and its code lowers that until it divides the number of features. Here it must divide it.',
    'The default ε is 1e-6; the code of the paper and timm use 1e-5, the variants of timm with an "a" 1e-3.',
    'The option of the paper’s code to leave the nonlinearity out leaves out the division too; use group_norm instead.',
    'A gradient of w that exceeds the largest number, as constant inputs of a huge size may give, is that number.',
  ],
  traits: {
    place: 'hidden',
    couples: 'sample',
    cost: 28,
    takesLonger: 'it computes a sigmoid for each number beside its groups',
    guards: ['size'],
  },

  options: {
    groups: option.number(1, 'The number of groups; it must divide the number of features.', {
      min: 1,
      whole: true,
      explore: [1, 4],
    }),
    axis: option.axis(-1, 'The feature axis; it cannot be the batch, axis 0.'),
    epsilon: option.epsilon('Added to the variance to avoid division by zero.'),
    ...gainAndShift.options,
    ...innerFactor.options,
  },

  parameters: { ...gainAndShift.parameters, ...innerFactor.parameters },

  accepts(input, { axis, groups }) {
    const verdict = demandBatch(input, { axis });
    return verdict === true ? demandDivisor(input, axis, 'groups', groups) : verdict;
  },

  mask: featureMask,

  formula(math, x, { gamma, beta, v }, { axis, groups, epsilon }, { mask }) {
    const shape = math.shape(x);
    const own = splitShape(shape, { axis, groups });
    const [at = 0] = positiveAxes(axis, shape.length);
    const split = math.reshape(x, own);
    const weight = mask && math.reshape(mask, positionsSplit(shape, axis));
    const { variance, some } = momentsWhere(math, weight, split, sharedAxes(shape, axis));
    const length = math.name('N', math.sqrt(math.add(variance, epsilon)));
    const laid = math.reshape(
      v!,
      own.map((n, i) => (i === at || i === at + 1 ? n : 1)),
    );
    const open = math.name('s', math.sigmoid(math.name('z', math.mul(laid, split))));
    const gated = math.div(math.mul(split, open), length);
    const unit = math.name('u', some === undefined ? gated : math.mul(some, gated));
    return { outputs: [learned(math, math.reshape(unit, shape), axis, gamma, beta)] };
  },

  /**
   * The gradients of γ, β, w and x, from dy; the n numbers of a group share one mean and one N.
   *
   *     dγ = Σ dy u            y = γ u + β
   *     dβ = Σ dy
   *     du = γ dy
   *     ds = du x / N          u = x s / N
   *     dz = ds s (1 − s)      s = σ(z)
   *     dw = Σ dz x            z = w x
   *     dN = −Σ du u / N
   *     dv = dN / (2 N)        N² = v + ε
   *     dx = du s / N + w dz + 2 (x − x̄) dv / n
   *
   * By a mask, the last term is 2 m (x − x̄) dv / W for a mask m of ones and zeros with W = Σ m.
   */
  apply(x, { gamma, beta, v }, { axis, groups, epsilon }, { mask }) {
    const weights = { steepness: v!, gain: gamma, shift: beta };
    const { value, pullback } = gateByItself(mask, x, weights, { axis, groups, epsilon });
    return {
      value,
      pullback(gradient) {
        const pulled = pullback(gradient);
        return { x: pulled.x, gamma: pulled.gain, beta: pulled.shift, v: pulled.steepness };
      },
    };
  },

  example: {
    options: { groups: 2 },
    x: [
      [
        [1, 3, 2, 6],
        [5, 7, 2, 2],
      ],
    ],
    parameters: { gamma: [1, 2, -1, 3], beta: [0, 1, 0.5, -2], v: [1, -0.5, 2, 0.25] },
    y: [
      [
        [0.32694, 1.4895, -0.63393, 6.49648],
        [2.2211, 1.18352, -0.63393, 0.15626],
      ],
    ],
  },

  invariants: {
    keepsShape,
    samplesAlwaysApart,
    unseenPositions,
    emptyMask,
    ...selfGatedLaws,
    ...learnedLaws({ gain: 'gamma', shift: 'beta' }),
    weightsAtStart: switchedOff({ scale: false, center: false }, { gamma: 1, beta: 0 }),
  },
});
