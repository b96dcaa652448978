import { type Shape, linear, onto, positiveAxes, reshape } from '../../array/index.js';
import { activation, matrixProduct } from '../formula.js';
import { evenGradient, modulationLaws } from '../laws/index.js';
import { norm } from '../norm.js';
import * as option from '../option.js';
import { addend } from '../parts/addend.js';
import { featureMask } from '../parts/masked.js';
import { type PlainType, plainNorms } from '../parts/plain.js';
import { projected } from '../parts/projection.js';
import { momentum, runningMoments } from '../parts/running.js';

interface Parts {
  readonly axis: number;
  readonly conditionSize: number | null;
  readonly perPosition: boolean;
}

const featuresOf = (input: Shape, axis: number): number => input[positiveAxes(axis, input.length)[0]!]!;

/** The shape of a part beside an x of this shape. */
const partShape = (input: Shape, { axis, perPosition }: Parts): Shape =>
  perPosition ? input : [input[0]!, featuresOf(input, axis)];

/** The axes that a part has in common with x. */
const partAxes = (input: Shape, { axis, perPosition }: Parts): readonly number[] =>
  perPosition ? input.map((_, i) => i) : [0, positiveAxes(axis, input.length)[0]!];

const isGiven = ({ conditionSize }: { readonly conditionSize: number | null }): boolean =>
  conditionSize === null;

const isBatch = ({ norm: type }: { readonly norm: PlainType }): boolean => type === 'batch_norm';

const sizes = 'batch and features, or that of x with `perPosition`';

export const modulatedNorm = norm({
  type: 'modulated_norm',
  title: 'Modulated normalization',
  alsoKnownAs: [
    'AdaLN',
    'adaLN-Zero',
    'AdaRMS',
    'AdaGroupNorm',
    'FiLM',
    'AdaIN',
    'conditional batch normalization',
    'SPADE',
  ],
  about: 'Normalizes x, and scales and shifts it by inputs besides x or by projections of a condition.',
  useCase: 'Networks that a class, a time step, a text or a style decides, such as diffusion transformers.',
  reference: {
    authors: 'William Peebles, Saining Xie',
    title: 'Scalable Diffusion Models with Transformers',
    year: 2022,
    url: 'https://arxiv.org/abs/2212.09748',
  },
  notes: [
    'It is one form for the conditional norms: docs/modulation.md says which options make AdaLN, FiLM, AdaIN, SPADE and others.',
    'N is layer_norm, rms_norm, group_norm, instance_norm or batch_norm without weights of its own, or none; what an output depends on follows from it.',
    'A projected layer splits φ(c) K + b in the order shift, scale, gate, as DiT does; guided-diffusion has scale first, so its weights must be exchanged when they are loaded. No shape tells the orders apart.',
    'A new projected layer, with K and b at 0, gives N(x) if the offset is 1, and a gate of 0: a block x + gate ⊙ F(y) then starts as the identity.',
    'The gate is the second output, which the block multiplies its branch by.',
    'The batch_norm of this layer reads a mask as the other norms do: a batch in which nothing counts leaves the running statistics as they are. The division inside batch_norm itself adds 1e-7 to the count.',
  ],
  traits: { place: 'hidden', couples: 'group', cost: 11, guards: ['size', 'offset'] },

  options: {
    norm: option.choice('layer_norm', 'The norm N, without weights of its own.', [
      'layer_norm',
      'rms_norm',
      'group_norm',
      'instance_norm',
      'batch_norm',
      'none',
    ]),
    groups: option.number(1, 'The number of groups of group_norm; it must divide the number of features.', {
      min: 1,
      whole: true,
      explore: [1, 4],
    }),
    axis: option.axis(-1, 'The feature axis; it cannot be the batch, axis 0.'),
    epsilon: option.epsilon('Added to the mean square or the variance to avoid division by zero.'),
    momentum,
    offset: option.number(
      1,
      'The number o that is added to the scale; 0 if the scale is the whole factor. If its magnitude is below 2⁻¹²⁶, o counts as 0.',
      {
        explore: [-1, 2],
        symbol: 'o',
      },
    ),
    conditionSize: option.numberOrNull(
      null,
      'The size of a condition that shift, scale and gate are projected from; null if they are given.',
      { min: 1, whole: true, explore: [1, 3] },
    ),
    activation: option.choice('silu', 'The activation φ of the condition.', ['silu', 'linear']),
    gate: option.flag(false, 'Whether there is a gate, the second output.'),
    perPosition: option.flag(false, 'Whether given parts differ between positions, in the shape of x.'),
    kernelInitializer: option.initializer('zeros', 'Initializer of K.'),
    biasInitializer: option.initializer('zeros', 'Initializer of b.'),
    ...runningMoments.options,
  },

  parameters: {
    kernel: {
      symbol: 'K',
      about: 'The kernel K of the projection.',
      sizes: 'the size of the condition, and the features for each part',
      shape: (input, { axis, conditionSize, gate }) => [
        conditionSize ?? 0,
        (gate ? 3 : 2) * featuresOf(input, axis),
      ],
      initial: ({ kernelInitializer }) => kernelInitializer,
      when: (options) => !isGiven(options),
    },
    bias: {
      symbol: 'b',
      about: 'The bias b of the projection.',
      sizes: 'the features for each part',
      shape: (input, { axis, gate }) => [(gate ? 3 : 2) * featuresOf(input, axis)],
      initial: ({ biasInitializer }) => biasInitializer,
      when: (options) => !isGiven(options),
    },
  },

  state: {
    moving_mean: { ...runningMoments.state.moving_mean, when: isBatch },
    moving_variance: { ...runningMoments.state.moving_variance, when: isBatch },
  },

  inputs: [
    {
      name: 'shift',
      about: 'The shift.',
      sizes,
      shape: (input, options) => partShape(input, options),
      when: (options) => isGiven(options),
      condition: 'without `conditionSize`',
    },
    {
      name: 'scale',
      about: 'The scale, to which the offset is added.',
      sizes,
      shape: (input, options) => partShape(input, options),
      when: (options) => isGiven(options),
      condition: 'without `conditionSize`',
    },
    {
      name: 'gate',
      symbol: 'h',
      about: 'The gate, which the second output is.',
      sizes,
      shape: (input, options) => partShape(input, options),
      when: (options) => options.gate && isGiven(options),
      condition: 'with `gate`, without `conditionSize`',
    },
    {
      name: 'condition',
      symbol: 'c',
      about: 'The condition c that the parts are projected from.',
      sizes: 'batch and `conditionSize`',
      shape: (input, { conditionSize }) => [input[0]!, conditionSize],
      when: (options) => !isGiven(options),
      condition: 'with `conditionSize`',
    },
  ],

  outputs: [
    { name: 'y', about: 'The modulated x, in its shape.' },
    {
      name: 'gate',
      about: 'The gate, by which a block multiplies its branch.',
      when: ({ gate }) => gate,
      condition: 'with `gate`',
    },
  ],

  mask: featureMask,

  accepts(input, { axis, norm: type, groups, conditionSize, perPosition }) {
    if (input.length < 2) return { expected: 'an input of rank 2 or more, with the batch first' };
    const [at] = positiveAxes(axis, input.length);
    if (at === 0) return { option: 'axis', expected: 'an axis other than the batch, which is axis 0' };
    if (perPosition && conditionSize !== null)
      return { option: 'perPosition', expected: 'false with a conditionSize, which gives one part a sample' };
    const features = input[at!]!;
    if (type !== 'group_norm' || features % groups === 0) return true;
    return { option: 'groups', expected: `a divisor of ${features} features` };
  },

  coupling: ({ norm: type }) => plainNorms[type].couples,

  formula(math, x, { kernel, bias }, options, setting) {
    const { norm: type, axis, offset, gate: isGated, activation: name } = options;
    const { value, state } = plainNorms[type].formula(math, x, options, setting);
    const shape = math.shape(x);
    const features = featuresOf(shape, axis);
    const names = ['shift', 'scale', ...(isGated ? ['gate'] : [])];
    const partsOf = (): readonly (typeof x | undefined)[] => {
      const { inputs } = setting;
      if (isGiven(options)) return names.map((each) => inputs[each]);
      const open = math.name('φ', activation(math, inputs['condition']!, name));
      const p = math.name('p', math.add(matrixProduct(math, open, kernel!), bias!));
      return names.map((each, k) =>
        math.name(each === 'gate' ? 'h' : each, math.slice(p, 1, k * features, (k + 1) * features, each)),
      );
    };
    const [shift, scale, gate] = partsOf();
    const laid = (a: typeof x) => math.reshape(a, onto(shape, partAxes(shape, options)));
    const y = math.add(math.mul(math.add(addend(offset), laid(scale!)), value), laid(shift!));
    return { outputs: gate === undefined ? [y] : [y, gate], ...(state && { state }) };
  },

  /**
   * The gradients of shift, scale, x̂ and x, from dy; the n numbers of a group share one mean and one N.
   *
   *     dshift = Σ dy
   *     dscale = Σ dy x̂
   *     dx̂ = dy (o + scale)    y = (o + scale) x̂ + shift
   *     dx = (dx̂ − mean(dx̂) − x̂ mean(dx̂ x̂)) / N   x̂ = (x − x̄) / N
   *
   * The last line is derived for layer_norm, and holds for group_norm, instance_norm and batch_norm too.
   *
   * With `{ norm: 'rms_norm' }` no mean is taken off:
   *
   *     dx = (dx̂ − x̂ mean(dx̂ x̂)) / N   x̂ = x / N
   *
   * With `{ norm: 'none' }` x stands for x̂:
   *
   *     dscale = Σ dy x
   *     dx = dy (o + scale)
   *
   * With `{ gate: true }` the gate passes, and so does its gradient:
   *
   *     dh = dgate
   *
   * With `{ conditionSize: 3, gate: true }` the parts are projected:
   *
   *     dp = [dshift, dscale, dgate]       p = [shift, scale, gate]
   *     dK = φᵀ dp                         p = φ K + b
   *     db = Σ dp
   *     dφ = dp Kᵀ
   *     dc = dφ σ(c) (1 + c (1 − σ(c)))    φ = c σ(c)
   */
  apply(x, { kernel, bias }, options, { training, state, mask, inputs }) {
    const { norm: type, axis, offset, gate: isGated, activation: name } = options;
    const { condition } = inputs;
    const projection = condition && projected(condition, kernel!, bias!, name, featuresOf(x.shape, axis));
    const [shift, scale, gate] = projection?.parts ?? [inputs.shift!, inputs.scale!, inputs.gate];
    const weights = {
      gain: linear(scale!, 1, addend(offset)),
      shift: shift!,
      along: partAxes(x.shape, options),
    };
    const modulated = plainNorms[type].apply(x, weights, options, { training, state, mask });
    return {
      value: isGated ? [modulated.value, gate!] : [modulated.value],
      pullback([ofY, ofGate]) {
        const back = (g: typeof x, ...gates: readonly (typeof x)[]) => {
          const pulled = modulated.pullback(g);
          const parts = [pulled.shift!, pulled.gain!].map((a) => reshape(a, shift!.shape));
          return { x: pulled.x, parts: [...parts, ...gates] };
        };
        const gates = ofGate ? [ofGate] : [];
        const { x: ofX, parts } = back(ofY, ...gates);
        if (!projection) return { x: ofX, shift: parts[0], scale: parts[1], gate: ofGate };
        const pulled = projection.pullback(parts, (short) => back(short(ofY), ...gates.map(short)).parts);
        return { x: ofX, ...pulled };
      },
      ...(modulated.state && { state: modulated.state }),
    };
  },

  example: {
    x: [
      [
        [1, 4, 7],
        [2, 2, 2],
      ],
    ],
    parameters: {},
    inputs: { shift: [[0, 1, -1]], scale: [[1, -0.5, 2]] },
    y: [
      [
        [
          [-2.44949, 1, 2.67423],
          [0, 1, -1],
        ],
      ],
    ],
  },

  invariants: { evenGradient, ...modulationLaws },
});
