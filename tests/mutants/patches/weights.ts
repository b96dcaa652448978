import { type Patch, all, both, change, laws } from '../patch.js';

// Mistakes in the norms of a weight.

const spectral = change('src/norms/weights/spectral-norm.ts');
const direction = change('src/norms/weights/weight-norm.ts');
const standardized = change('src/norms/weights/weight-standardization.ts');

const SPECTRAL = all('tests/norms/weights/spectral-norm.test.ts');
const LAYERS = all('tests/norms/weights/normalize-weights.test.ts');

export const weights: readonly Patch[] = [
  {
    name: 'u and v of spectral_norm that start anywhere, so that inference before training is wrong',
    stands: [64],
    edits: [
      spectral(
        'return { u: vector(u, x), v: vector(v, x) }',
        'return { u: full([u.size], 1 / Math.sqrt(u.size), x.dtype), v: full([v.size], 1 / Math.sqrt(v.size), x.dtype) }',
      ),
    ],
    red: [SPECTRAL],
  },
  {
    name: 'u and v of spectral_norm that start anew from random vectors where a kernel is loaded without them',
    stands: [64],
    edits: [change('KernelLayer')('by.startFrom(stored)', 'by.stateDict()')],
    red: [LAYERS],
  },
  {
    name: 'u and v of spectral_norm that carry gradient',
    stands: [65],
    edits: [
      spectral('math.stop(unit(math, p, epsilon))', 'unit(math, p, epsilon)'),
      spectral('math.stop(unit(math, q, epsilon))', 'unit(math, q, epsilon)'),
    ],
    red: laws('spectral_norm'),
  },
  {
    name: 'u and v from before the step in the backward pass of spectral_norm',
    stands: [65],
    edits: [
      spectral('reshape(scale(v, radial)', 'reshape(scale(before.v, radial)'),
      spectral('reshape(u, onto(x.shape, outputs))', 'reshape(before.u, onto(x.shape, outputs))'),
    ],
    red: [...both('spectral_norm'), SPECTRAL],
  },
  {
    name: 'σ of spectral_norm as a constant of the backward pass',
    stands: [65],
    edits: [spectral('isHeld ? 0 : Math.sign(sigma)', 'isHeld || sigma ? 0 : Math.sign(sigma)')],
    red: [...both('spectral_norm'), SPECTRAL],
  },
  {
    name: 'a negative σ of spectral_norm, which turns the sign of the weight',
    stands: [66],
    edits: [
      spectral('isHeld ? epsilon : Math.abs(sigma)', 'isHeld ? epsilon : sigma'),
      spectral('Math.sign(sigma) * dot(dy, y)', 'dot(dy, y)'),
    ],
    red: [SPECTRAL, ...laws('spectral_norm')],
  },
  {
    name: 'a negative σ of spectral_norm that counts as one below ε',
    stands: [66],
    edits: [spectral('Math.abs(sigma) < epsilon / size', 'sigma < epsilon / size')],
    red: [SPECTRAL, ...laws('spectral_norm')],
  },
  {
    name: 'a gain of weight_norm that starts at 1, so that wrapping a layer changes it',
    stands: [67],
    edits: [direction('start: lengths,', '')],
    red: [LAYERS],
  },
  {
    name: 'weight_norm over the outputs of an input',
    stands: [67],
    edits: [
      direction(
        'unitizeWith(x, within, epsilon',
        'unitizeWith(x, x.shape.length > 1 ? axis : within, epsilon',
      ),
    ],
    red: [...both('weight_norm'), LAYERS],
  },
  {
    name: 'the unbiased variance of weight_standardization with ε that is scaled like the variance',
    stands: [67],
    edits: [standardized('epsilon * share, {', 'epsilon, {')],
    red: both('weight_standardization'),
  },
  {
    name: 'weight_standardization divided by the number of weights of an output and not by its root',
    stands: [67],
    edits: [standardized('fanInScale ? 1 / Math.sqrt(n) : 1', 'fanInScale ? 1 / n : 1')],
    red: both('weight_standardization'),
  },
];
