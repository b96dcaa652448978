import { activation, learned, rootMeanSquare, unitOf } from '../formula.js';
import {
  evenGradient,
  gatedLaws,
  keepsShape,
  learnedLaws,
  oddFunction,
  samplesApart,
  scaledGradient,
  scalingLaw,
  switchedOff,
} from '../laws/index.js';
import { norm } from '../norm.js';
import * as option from '../option.js';
import { gainAlone } from '../parts/affine.js';
import { dividedFirst, gatedFirst } from '../parts/gated.js';
import { demandDivisor, splitShape, withinGroup } from '../parts/split.js';

export const gatedRmsNorm = norm({
  type: 'gated_rms_norm',
  title: 'Gated RMSNorm',
  about: 'Divides by the root mean square, and multiplies by an activation of a second input, the gate.',
  useCase: 'The output of linear attention and of state space layers, as in Mamba-2 and Qwen3-Next.',
  reference: {
    authors: 'Tri Dao, Albert Gu',
    title:
      'Transformers are SSMs: Generalized Models and Efficient Algorithms Through Structured State Space Duality',
    year: 2024,
    url: 'https://arxiv.org/abs/2405.21060',
  },
  notes: [
    'The order matters, and no shape tells it: Qwen3-Next and the FusedRMSNormGated of flash-linear-attention divide first (`normFirst: true`); Mamba-2 and its descendants multiply first. The function in the code of Mamba divides first by default, but its Mamba2 module asks for the other order.',
    'If it divides first, a gate acts on its own number alone. If it multiplies first, the gate only redistributes: the root mean square of y / γ is that of rms_norm, whatever the gate.',
    'A gate of 0 gives 0 under silu and linear, and ½ γ x̂ under sigmoid. If silu multiplies first, a row of gates of 0 gets the gradient ½ γ x dy / √ε, which is large.',
    'Groups consist of neighbouring features of one position. The code of Mamba-2 states the size of a group, and an ε of 1e-5.',
    'With a linear activation and a gate of 1 it is rms_norm, in groups.',
  ],
  traits: { place: 'hidden', couples: 'group', cost: 28, guards: ['size', 'shift'] },

  options: {
    normFirst: option.flag(
      true,
      'Whether x is divided by its root mean square before the gate, or after it.',
    ),
    activation: option.choice('silu', 'The activation φ of the gate.', ['silu', 'sigmoid', 'linear']),
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

  inputs: [
    {
      name: 'gate',
      symbol: 'z',
      about: 'The gate z, whose activation multiplies x̂ or x.',
      sizes: 'the shape of x',
      shape: (input) => input,
    },
  ],

  accepts: (input, { axis, groups }) => demandDivisor(input, axis, 'groups', groups),

  formula(math, x, { scale }, { axis, groups, epsilon, normFirst, activation: name }, { inputs }) {
    const shape = math.shape(x);
    const open = math.name('φ', activation(math, inputs['gate']!, name));
    const divided = normFirst ? x : math.name('u', math.mul(x, open));
    const split = math.reshape(divided, splitShape(shape, { axis, groups }));
    const length = math.name('N', rootMeanSquare(math, split, withinGroup(shape, axis), epsilon));
    const unit = math.reshape(unitOf(math, split, length), shape);
    const grown = learned(math, unit, axis, scale);
    return { outputs: [normFirst ? math.mul(grown, open) : grown] };
  },

  /**
   * The gradients of γ, z, x̂ and x, from dy; the n numbers of a group share one N. If it divides first:
   *
   *     dγ = Σ dy φ x̂
   *     dφ = dy γ x̂                        y = γ x̂ φ
   *     dz = dφ σ(z) (1 + z (1 − σ(z)))    φ = z σ(z)
   *     dx̂ = dy φ γ
   *     dN = −Σ dx̂ x̂ / N                   x̂ = x / N
   *     dx = dx̂ / N + x dN / (n N)         N² = mean(x²) + ε
   *        = (dx̂ − x̂ mean(dx̂ x̂)) / N
   *
   * With `{ normFirst: false }`, u = x φ is divided in place of x:
   *
   *     dγ = Σ dy x̂
   *     dx̂ = dy γ                          y = γ x̂
   *     du = (dx̂ − x̂ mean(dx̂ x̂)) / N       x̂ = u / N   N² = mean(u²) + ε
   *     dφ = du x                          u = x φ
   *     dz = dφ σ(z) (1 + z (1 − σ(z)))
   *     dx = du φ
   */
  apply(x, { scale }, { axis, groups, epsilon, normFirst, activation: name }, { inputs: { gate } }) {
    const open = { z: gate, name };
    return (normFirst ? dividedFirst : gatedFirst)(x, open, { axis, groups }, epsilon, scale);
  },

  example: {
    options: { groups: 2 },
    x: [
      [3, 4, -5, 12],
      [1, 1, 0, 2],
    ],
    parameters: { scale: [1, 2, -1, 3] },
    inputs: {
      gate: [
        [1, -1, 2, 0],
        [-2, 3, 0.5, 1],
      ],
    },
    y: [
      [0.62032, -0.60854, 0.95818, 0],
      [-0.23841, 5.71544, 0, 3.10162],
    ],
  },

  invariants: {
    keepsShape,
    scalingLaw,
    oddFunction,
    samplesApart,
    scaledGradient,
    evenGradient,
    ...gatedLaws,
    ...learnedLaws({ gain: 'scale' }),
    scaleAtOne: switchedOff({ useScale: false }, { scale: 1 }),
  },
});
