import { LARGEST, type NdArray, reshape, scale, softmax, softmaxBack } from '../../array/index.js';
import { keepsShape, samplesApart, simplexLaws } from '../laws/index.js';
import { norm } from '../norm.js';
import * as option from '../option.js';
import { demandDivisor, splitBySize, splitShape, withinGroup } from '../parts/split.js';

export const simNorm = norm({
  type: 'sim_norm',
  title: 'SimNorm',
  alsoKnownAs: ['simplicial normalization', 'simplicial embeddings'],
  about: 'Applies a softmax to each group of features, so that every group lies on a simplex.',
  useCase:
    'Latent states of world models and encoders that learn without labels, which should be bounded and sparse.',
  reference: {
    authors: 'Nicklas Hansen, Hao Su, Xiaolong Wang',
    title: 'TD-MPC2: Scalable, Robust World Models for Continuous Control',
    year: 2024,
    url: 'https://arxiv.org/abs/2310.16828',
  },
  notes: [
    'The groups are those of Lavoie et al. 2022 (Simplicial Embeddings in Self-Supervised Learning and Downstream Classification). TD-MPC2 uses groups of 8 features and a temperature of 1.',
    '`groupSize: auto` is the largest size up to 8 that divides the number of features: 8 if the number is a multiple of 8.',
    'Adding a number to all features of a group changes nothing. Scaling them does: a larger x, or a lower temperature, gives a sparser output.',
    'A group of one feature is always 1, and passes no gradient.',
    'It has no epsilon. createNormalizationLayer ignores one, so that the same call works for every type; validateNormalizationConfig refuses it.',
  ],
  traits: { place: 'hidden', couples: 'group', cost: 25, guards: ['size', 'offset'] },

  options: {
    groupSize: option.numberOrWord(
      'auto',
      'The number V of features in a group, which must divide that of all features; auto is the largest up to 8 that does.',
      ['auto'],
      { min: 1, whole: true, explore: [1, 4] },
    ),
    temperature: option.number(1, 'The temperature τ: the lower, the sparser the output.', {
      above: 0,
      explore: [0.25, 4],
      symbol: 'τ',
    }),
    axis: option.axis(-1, 'The feature axis.'),
  },

  ignores: { epsilon: option.epsilon('SimNorm divides by a sum that is never 0, so it has no epsilon.') },

  parameters: {},

  accepts: (input, { axis, groupSize }) =>
    groupSize === 'auto' || demandDivisor(input, axis, 'groupSize', groupSize),

  formula(math, x, _, { axis, groupSize, temperature }) {
    const shape = math.shape(x);
    const along = withinGroup(shape, axis);
    const split = math.reshape(x, splitShape(shape, splitBySize(shape, axis, groupSize)));
    const z = math.name('z', math.div(math.sub(split, math.max(split, along)), temperature));
    const e = math.name('e', math.exp(z));
    const share = math.name('p', math.div(e, math.name('S', math.sum(e, along))));
    return { outputs: [math.reshape(share, shape)] };
  },

  /**
   * The gradients of z and x, from dy; the features of a group share one sum S. The largest x of a group, which keeps
   * exp from overflowing, cancels, and so do its gradients.
   *
   *     dp = dy               y = p
   *     dS = −Σ dp p / S      p = e / S
   *     de = dp / S + dS      S = Σ e
   *     dz = e de             e = exp(z)
   *     dx = dz / τ           z = (x − max(x)) / τ
   *        = p (dp + S dS) / τ
   */
  apply(x, _, { axis, groupSize, temperature }) {
    const shape = splitShape(x.shape, splitBySize(x.shape, axis, groupSize));
    const along = withinGroup(x.shape, axis);
    const steepness = Math.min(1 / temperature, LARGEST[x.dtype]);
    const cooled = (a: NdArray) => (temperature === 1 ? a : scale(a, steepness));
    const y = softmax(reshape(x, shape), along, steepness);
    return {
      value: reshape(y, x.shape),
      pullback: (gradient) => ({
        x: reshape(cooled(softmaxBack(reshape(gradient, shape), y, along)), x.shape),
      }),
    };
  },

  example: {
    options: { groupSize: 2, temperature: 0.5 },
    x: [
      [1, 2, 0, 0],
      [3, 1, -1, 0.5],
    ],
    parameters: {},
    y: [
      [0.1192, 0.8808, 0.5, 0.5],
      [0.98201, 0.01799, 0.04743, 0.95257],
    ],
  },

  invariants: { keepsShape, samplesApart, ...simplexLaws },
});
