import { positiveAxes } from '../../array/index.js';
import { square } from '../formula.js';
import { evenGradient, keepsShape, oddFunction, samplesApart, windowLaws } from '../laws/index.js';
import { norm } from '../norm.js';
import * as option from '../option.js';
import { divideByWindow } from '../parts/window.js';

/** How many numbers of a window of this size lie before and after its middle: an even one leans to the lower features. */
const reach = (size: number) => ({ before: Math.floor(size / 2), after: Math.floor((size - 1) / 2) });

export const localResponseNorm = norm({
  type: 'local_response_norm',
  title: 'Local response normalization',
  about: 'Divides each feature by a power of the sum of squares over neighbouring features.',
  useCase: 'Convolutional networks such as AlexNet and GoogLeNet, to load or to compare with.',
  reference: {
    authors: 'Alex Krizhevsky, Ilya Sutskever, Geoffrey E. Hinton',
    title: 'ImageNet Classification with Deep Convolutional Neural Networks',
    year: 2012,
    url: 'https://papers.nips.cc/paper/4824-imagenet-classification-with-deep-convolutional-neural-networks',
  },
  notes: [
    'It is also called LRN, cross-channel normalization or brightness normalization.',
    'α is divided by the size of the window, as in PyTorch, Caffe and ONNX. The paper and TensorFlow multiply the undivided sum by α: use average: false for these. The divisor stays the size also at the ends, where a window holds fewer features.',
    'A window of an even size leans to the lower features, as in PyTorch: of size 4 it holds two before and one after its feature. In ONNX and cuDNN it leans to the higher ones: flip the features before and after to load such a model.',
    'The paper uses k = 2, α = 1e-4 and β = 0.75 with an undivided sum over 5 features. TensorFlow counts a depth radius r, where size is 2 r + 1, and has the defaults r = 5, α = 1 and β = 0.5.',
    'k takes the place of ε. createNormalizationLayer ignores an epsilon, so that the same call works for every type; validateNormalizationConfig refuses it.',
    'With α = 1e-4 it changes numbers near 1 little: it is the large ones that it damps, to about |x|^(1 − 2β).',
  ],
  traits: { place: 'hidden', couples: 'group', cost: 30, guards: ['size'] },

  options: {
    size: option.number(5, 'The number of features in a window.', { min: 1, whole: true, explore: [1, 6] }),
    alpha: option.number(1e-4, 'The factor α of the sum of squares.', {
      min: 0,
      explore: [0, 4],
      symbol: 'α',
    }),
    beta: option.number(0.75, 'The power β of the divisor.', { min: 0, explore: [0, 1.5], symbol: 'β' }),
    k: option.number(1, 'The number k that is added to the sum.', {
      above: 0,
      explore: [0.25, 4],
      symbol: 'k',
    }),
    axis: option.axis(-1, 'The feature axis, along which windows lie.'),
    average: option.flag(true, 'Whether α is divided by the size of a window.'),
  },

  ignores: { epsilon: option.epsilon('Local response normalization has k in the place of an epsilon.') },

  parameters: {},

  formula(math, x, _, { size, alpha, beta, k, axis, average }) {
    const { before, after } = reach(size);
    const shape = math.shape(x);
    const [at] = positiveAxes(axis, shape.length);
    const n = shape[at!]!;
    const squares = square(math, x);
    const sums = Array.from({ length: n }, (_, c) => {
      const window = math.slice(squares, axis, Math.max(0, c - before), Math.min(n, c + after + 1), 'window');
      return math.sum(window, axis);
    });
    const total = math.name('S', math.concat(sums, axis));
    const factor = average ? math.name('a', math.div(alpha, size)) : alpha;
    const divisor = math.name('D', math.add(k, math.mul(factor, total)));
    const power = math.name('P', math.exp(math.mul(beta, math.log(divisor))));
    return { outputs: [math.div(x, power)] };
  },

  /**
   * The gradient of x, from dy. A feature is in the windows of others; `holding` sums over those whose windows hold it,
   * which for an even size lean the other way.
   *
   *     dP = −dy x / P²                 y = x / P
   *     dD = β P dP / D                 P = D^β
   *     dS = a dD                       D = k + a S
   *     dx = dy / P + 2 x holding(dS)   S = Σ x² over the window
   */
  apply(x, _, { size, alpha, beta, k, axis, average }) {
    const factor = average ? alpha / size : alpha;
    const { value, pullback } = divideByWindow(x, { axis, ...reach(size), factor, offset: k, power: beta });
    return { value, pullback: (gradient) => ({ x: pullback(gradient) }) };
  },

  example: {
    options: { size: 2, alpha: 3, beta: 0.5, k: 0.5 },
    x: [
      [1, 2, -3],
      [0, 1, 4],
    ],
    parameters: {},
    y: [
      [0.70711, 0.70711, -0.67082],
      [0, 0.70711, 0.78446],
    ],
  },

  invariants: {
    keepsShape,
    oddFunction,
    evenGradient,
    samplesApart,
    ...windowLaws,
  },
});
