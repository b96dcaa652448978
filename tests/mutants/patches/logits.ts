import { type Patch, all, both, change, extremes, far, laws, vectors } from '../patch.js';

const edit = (name: string, find: string, replace: string, append?: string) =>
  change(`src/norms/definitions/${name}.ts`)(find, replace, append);
const kernel = change('src/kernels');
const TIES = all('tests/ops/ties.test.ts');
const UNSHARED = kernel('gradient[group]! / count', 'gradient[group]!');
const BOTH_PATHS = 'mul(g, s.value), ofLength';

export const logits: readonly Patch[] = [
  {
    name: 'the gradient of a length that its floor holds still',
    stands: [44],
    edits: [kernel('size >= least ? 1 : 0', '1')],
    red: both('logit_norm', 'band_logit_norm'),
  },
  {
    name: 'the temperature missing in the backward pass',
    stands: [45],
    edits: [edit('logit-norm', 'scale(gradient, 1 / temperature)', 'gradient')],
    red: both('logit_norm'),
  },
  {
    name: 'the constant missing in the backward pass',
    stands: [46],
    edits: [
      edit('decoupled-max-logit', 'add(scale(gCombined, constant), gCosine)', 'add(gCombined, gCosine)'),
    ],
    red: both('decoupled_max_logit'),
  },
  {
    name: 'the gradient of a maximum to all that tie',
    stands: [47],
    edits: [UNSHARED],
    red: [
      ...vectors('decoupled_max_logit', 'dml_plus_focal'),
      all('tests/conformance/ops.test.ts'),
      all('tests/ops/ties.test.ts'),
    ],
  },
  {
    name: 'the gradient of a maximum to the first that ties',
    stands: [47],
    edits: [UNSHARED, kernel('out[q] = share', '{ out[q] = share; if (count) break; }')],
    red: [
      ...vectors('decoupled_max_logit', 'dml_plus_focal'),
      all('tests/conformance/ops.test.ts'),
      all('tests/ops/ties.test.ts'),
    ],
  },
  {
    name: 'the gradient of the op maximum to both that tie',
    stands: [47],
    edits: [change('src/ops')('return gradient / 2', 'return gradient')],
    red: [TIES],
  },
  {
    name: 'no gradient of the combined score through the length',
    stands: [48],
    edits: [edit('decoupled-max-logit', 'add(gCombined, gLength)', 'gLength')],
    red: both('decoupled_max_logit'),
  },
  {
    name: 'no gradient of the length itself',
    stands: [48],
    edits: [edit('decoupled-max-logit', 'add(gCombined, gLength)', 'gCombined')],
    red: both('decoupled_max_logit'),
  },
  {
    name: 'no gradient of the cosine itself',
    stands: [48],
    edits: [
      edit('decoupled-max-logit', 'add(scale(gCombined, constant), gCosine)', 'scale(gCombined, constant)'),
    ],
    red: both('decoupled_max_logit'),
  },
  {
    name: 'the first output of dml_plus_center alone in the backward pass',
    stands: [48],
    edits: [edit('dml-plus-center', 'add(reshape(g, kept), gKept)', 'reshape(g, kept)')],
    red: both('dml_plus_center'),
  },
  {
    name: 'the second output of dml_plus_center alone in the backward pass',
    stands: [48],
    edits: [edit('dml-plus-center', 'add(reshape(g, kept), gKept)', 'gKept')],
    red: both('dml_plus_center'),
  },
  {
    name: 'the path through the length dropped',
    stands: [49],
    edits: [edit('decoupled-max-logit', 'pullback(ofCosine), ofLength', 'pullback(ofCosine)')],
    red: both('decoupled_max_logit'),
  },
  {
    name: 'the path through the normalized lengths detached',
    stands: [50],
    edits: [edit('band-logit-norm', BOTH_PATHS, 'mul(g, s.value)')],
    red: both('band_logit_norm'),
  },
  {
    name: 'the path through a single normalized length detached',
    stands: [50],
    edits: [
      edit(
        'band-logit-norm',
        BOTH_PATHS,
        'mul(g, s.value), unit.length.shape.at(-1) === 1 ? undefined : ofLength',
      ),
    ],
    red: both('band_logit_norm'),
    equivalent: 'A single number standardized is 0 whatever it is, and its gradient exactly 0.',
  },
  {
    name: 'the factor 4 of the tanh missing',
    stands: [51],
    edits: [edit('band-logit-norm', 'STEEPNESS = 8', 'STEEPNESS = 2')],
    red: both('band_logit_norm'),
  },
  {
    name: 'the factor 4 of the tanh missing in the backward pass',
    stands: [51],
    edits: [
      edit(
        'band-logit-norm',
        's.pullback(ofScale)',
        'map(s.pullback(ofScale), (slope) => slope * 2 / STEEPNESS)',
        "import { map } from '../../array/index.js';",
      ),
    ],
    red: both('band_logit_norm'),
  },
];

export const responses: readonly Patch[] = [
  {
    name: 'the input not added to its response',
    stands: [52],
    edits: [edit('global-response-norm', 'gammaWide), 1, 1', 'gammaWide), 1, 0')],
    red: both('global_response_norm'),
  },
  {
    name: 'the input not added in the backward pass',
    stands: [52],
    edits: [
      edit('global-response-norm', 'to(gain), to(unit.value)', 'linear(to(gain), 1, -1), to(unit.value)'),
    ],
    red: both('global_response_norm'),
  },
  {
    name: 'the path through the mean over the channels dropped',
    stands: [53],
    edits: [
      edit('global-response-norm', 'sub(ofResponse, mean(mul(ofResponse, response), -1))', 'ofResponse'),
    ],
    red: both('global_response_norm'),
  },
  {
    name: 'strengths taken over the batch too',
    stands: [54],
    edits: [
      edit(
        'global-response-norm',
        'x.shape.map((_, axis) => axis).slice(1, -1)',
        'x.shape.map((_, axis) => axis).slice(0, -1)',
      ),
    ],
    red: both('global_response_norm'),
  },
  {
    name: 'the slope of tanh taken from y',
    stands: [55],
    edits: [
      kernel('alpha, offset, gain }, t, gradient', 'alpha, offset, gain, shift }, t, gradient'),
      kernel('z, value)', 'z, (gain ? gain[i]! * value : value) + (shift ? shift[i]! : 0))'),
    ],
    red: both('dynamic_tanh'),
  },
  {
    name: 'the gradient of α averaged',
    stands: [56],
    edits: [change('src/kernels/js/squash.ts')('return ofAlpha', 'return ofAlpha / x.length')],
    red: both('dynamic_tanh'),
  },
  {
    name: 'α missing in the gradient of x',
    stands: [56],
    edits: [kernel('ofX[p] = alpha * q', 'ofX[p] = q')],
    red: both('dynamic_tanh'),
  },
];

/** Beyond the list: what only the ends of the numbers show. */
export const ends: readonly Patch[] = [
  {
    name: 'squares that overflow',
    stands: [13],
    edits: [kernel('given === undefined &&', 'false &&')],
    red: far('layer_norm', 'rms_norm', 'batch_norm', 'max_logit_norm', 'logit_norm'),
  },
  {
    name: 'ε left as it is where x is scaled',
    stands: [16],
    edits: [kernel('scaledEpsilon = epsilon * scale * (ofRoot ? 1 : scale)', 'scaledEpsilon = epsilon')],
    red: [...extremes('layer_norm', 'rms_norm', 'batch_norm', 'max_logit_norm'), ...laws('rms_norm')],
  },
];
