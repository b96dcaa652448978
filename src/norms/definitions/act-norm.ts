import { across, cast, flat, full, map, onto, scale } from '../../array/index.js';
import { momentsWhere } from '../formula.js';
import { keepsShape, startLaws } from '../laws/index.js';
import { type Situation, norm } from '../norm.js';
import * as option from '../option.js';
import { allButFeatures, demandBatch } from '../parts/axes.js';
import { shiftAndGrow, shrinkAndShift, standardizingStart } from '../parts/exponential.js';
import { featureMask } from '../parts/masked.js';
import { perFeature } from '../parts/running.js';

export const actNorm = norm({
  type: 'act_norm',
  title: 'Activation normalization',
  alsoKnownAs: ['ActNorm', "Glow's actnorm", 'ActNorm2d'],
  about:
    'Shifts and scales each feature by learned numbers, which the first training batch sets to its mean and deviation.',
  useCase: 'Normalizing flows, which need an invertible layer, and batches of few samples.',
  reference: {
    authors: 'Diederik P. Kingma, Prafulla Dhariwal',
    title: 'Glow: Generative Flow with Invertible 1×1 Convolutions',
    year: 2018,
    url: 'https://arxiv.org/abs/1807.03039',
  },
  notes: [
    'The first call in training is the start: it sets b = −x̄ and l = −ln(√v + ε) from its batch before it computes y, and its gradient is taken at the new weights. Later calls treat both as ordinary weights.',
    'Inference never starts it: before the first training call it uses the weights as they are, 0 at first, so that y = x. Many copies start in inference as well.',
    '`initialized` is 1 after the start. It is saved and loaded with the weights, so a layer that loads the state of a started one does not start again.',
    'A frozen layer is at inference, and does not start either: train it for one call first.',
    'ln |det| of the Jacobian is Σ l times the number of positions in a sample.',
    'With `invert` it is the inverse of a layer with the same weights: load the state of that layer. It never starts.',
    'ε is added to the deviation, not to the variance, as in the code of Glow: a constant feature starts at l = −ln ε. A first batch of one position makes every feature constant.',
    'The code of Glow uses exp(3 l) for exp(l), which trebles the learning rate of l: load three times its logarithm.',
  ],
  traits: { place: 'hidden', couples: 'nothing', cost: 2, guards: [] },
  coupling: ({ invert }, situation) => (!invert && situation && isStart(situation) ? 'batch' : 'nothing'),

  options: {
    axis: option.axis(-1, 'The feature axis; it cannot be the batch, axis 0.'),
    epsilon: option.epsilon('Added to the deviation of the first batch, whose logarithm l starts from.'),
    invert: option.flag(false, 'Whether it computes the inverse, x exp(−l) − b.'),
  },

  parameters: {
    bias: {
      symbol: 'b',
      about: 'The shift b, which the first training call sets.',
      ...perFeature,
      initial: () => 'zeros',
    },
    log_scale: {
      symbol: 'l',
      about: 'The logarithm l of the factor, which the first training call sets.',
      ...perFeature,
      initial: () => 'zeros',
    },
  },

  state: {
    initialized: {
      symbol: 's',
      about: 'Whether the weights have started: 1 after the first training call, and 0 before.',
      sizes: 'one number',
      shape: () => [],
      initial: () => 'zeros',
    },
  },

  mask: {
    ...featureMask,
    about:
      'The positions of the first training batch that enter its mean and deviation, in the shape of x without the feature axis. ' +
      'If none counts, the layer does not start. Later calls ignore the mask.',
  },

  accepts: demandBatch,

  atInference: ({ bias, log_scale }, { axis, invert }) => {
    const gain = map(cast(log_scale!, 'float64'), (l) => Math.exp(invert ? -l : l));
    const opposite = scale(bias!, -1);
    return { axis, gain, ...(invert ? { shift: opposite } : { center: opposite }) };
  },

  formula(math, x, { bias, log_scale }, { axis, epsilon, invert }, { training, state, mask }) {
    const shape = math.shape(x);
    const [b, l] = [bias!, log_scale!].map((a) => math.reshape(a, onto(shape, axis))) as [typeof x, typeof x];
    if (invert) return { outputs: [math.sub(math.mul(x, math.exp(math.sub(0, l))), b)] };
    if (!training) return { outputs: [math.mul(math.add(x, b), math.exp(l))] };
    const weight = mask && math.reshape(mask, across(shape, axis));
    const { mean, variance } = momentsWhere(math, weight, x, allButFeatures(shape, axis));
    const waiting = math.sub(1, math.positive(state.initialized));
    const count = mask && math.sum(mask, [...math.shape(mask).keys()]);
    const starts = count ? math.mul(waiting, math.reshape(math.positive(count), [])) : waiting;
    const logarithm = math.log(math.add(math.sqrt(variance), epsilon));
    const shift = math.name('b', math.sub(b, math.stop(math.mul(starts, math.add(b, mean)))));
    const log = math.name('l', math.sub(l, math.stop(math.mul(starts, math.add(l, logarithm)))));
    return {
      outputs: [math.mul(math.add(x, shift), math.exp(log))],
      state: { initialized: math.add(state.initialized, starts) },
      parameters: {
        bias: math.reshape(shift, math.shape(bias!)),
        log_scale: math.reshape(log, math.shape(log_scale!)),
      },
    };
  },

  /**
   * The gradients of l, b and x, from dy. The start takes no part in them: they are those at the weights that it sets.
   *
   *     dl = Σ dy (x + b) exp(l)   y = (x + b) exp(l)
   *     db = Σ dy exp(l)
   *     dx = dy exp(l)
   *
   * With `{ invert: true }`:
   *
   *     dl = −Σ dy x exp(−l)   y = x exp(−l) − b
   *     db = −Σ dy
   *     dx = dy exp(−l)
   */
  apply(x, { bias, log_scale }, { axis, epsilon, invert }, { training, state, mask }) {
    if (invert) return shrinkAndShift(x, axis, { bias: bias!, log_scale: log_scale! });
    const start = isStart({ training, state }) ? standardizingStart(x, axis, epsilon, mask) : undefined;
    const { value, pullback } = shiftAndGrow(x, axis, start ?? { bias: bias!, log_scale: log_scale! });
    return {
      value,
      pullback,
      ...(start && { parameters: start, state: { initialized: full([], 1, x.dtype) } }),
    };
  },

  gradient: {
    about: 'At the start the weights that it sets are constants, though they change with x.',
    kind: ({ invert }, situation) => (!invert && isStart(situation) ? 'detached' : 'slope'),
  },

  example: {
    options: { epsilon: 0.5 },
    x: [
      [1, 0],
      [2, 3],
      [6, 0],
    ],
    parameters: { bias: [7, 7], log_scale: [-1, 2] },
    y: [
      [-0.75181, -0.52241],
      [-0.3759, 1.04482],
      [1.12771, -0.52241],
    ],
    state: { initialized: 1 },
  },

  invariants: { keepsShape, ...startLaws },
});

/** Whether a call in this situation sets the weights. */
const isStart = ({ training, state }: Situation<'initialized'>): boolean =>
  training && !(flat(state.initialized)[0]! > 0);
