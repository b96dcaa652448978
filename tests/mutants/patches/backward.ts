import { type Patch, both, change, laws } from '../patch.js';

const CENTERED = ['layer_norm', 'zero_centered_rms_norm', 'batch_norm', 'group_norm'] as const;
const LEARNED = ['layer_norm', 'rms_norm', 'zero_centered_rms_norm', 'batch_norm'] as const;
/** Every type whose gradient goes through the shared pullback of x̂, by mean and by sum. */
const BY_MEAN = [...LEARNED, 'band_rms', 'adaptive_band_rms'] as const;
const BY_SUM = [
  'logit_norm',
  'max_logit_norm',
  'dml_plus_focal',
  'decoupled_max_logit',
  'band_logit_norm',
] as const;

const kernel = change('src/kernels');
const squashing = change('src/kernels/js/squash.ts');
const SHARE = '1 / n : 1;';
/** The two ways to the gradients of γ and β: in one pass with x̂, and after it. */
const ARRAY = "import * as array from '../../array/index.js';";
const inOne = (fields: string, append?: string) =>
  change('src/norms')('fused.back(g, ofLength)', `{ ...fused.back(g, ofLength), ${fields} }`, append);
const after = change('affine');
const gainAfter = (other: string, append?: string) =>
  after('gain: gain &&', `gain: gain && ${other} ||`, append);
const shiftAfter = (other: string, append?: string) =>
  after('shift: shift &&', `shift: shift && ${other} ||`, append);
/** The norm by tanh has one way of its own. */
const SQUASHED_GAIN = 'ofGain[i]! += g * value';
const SQUASHED_SHIFT = 'ofShift[i]! += g';
const squashedGain = (other: string) => squashing(SQUASHED_GAIN, other);
const squashedShift = (other: string) => squashing(SQUASHED_SHIFT, other);
const MEAN_SQUARE =
  'measures[measuresOf(groups, group).at + POWER * measuresOf(groups, group).run]! * scale * scale';

/** The norms with a gain, and how each makes x̂: without weights, that is all it makes. */
const LEARNING = [
  ['layer-norm', 'gamma', 'layer_norm', 'standardizeWhere(counting, x, axis, epsilon, { along: axis })'],
  ['rms-norm', 'scale', 'rms_norm', "unitizeWith(x, axis, epsilon, 'mean', { along: axis })"],
  [
    'zero-centered-rms-norm',
    'scale',
    'zero_centered_rms_norm',
    'standardizeWith(x, axis, epsilon, { along: axis })',
  ],
  [
    'batch-norm',
    'gamma',
    'batch_norm',
    'standardizeWhere(counting, x, over, epsilon, { along: axis }, FUZZ)',
  ],
] as const;

const definition = (file: string) => change(`src/norms/definitions/${file}.ts`);
/** Lets a definition that does not do so use affine. */
const AFFINE = "import { affine } from '../parts/affine.js';";

/** The gradient of a parameter summed over the leading axes, wherever its own axes lie. */
const leading = (g: string, weight: string) =>
  `reshape(array.sum(reshape(${g}, [x.size / ${weight}.size, ${weight}.size]), 0), ${weight}.shape)`;

/** The gradient of a shift with its axes in the opposite order. */
const turned = (shape: string) =>
  `array.sumTo(g, ${shape}).transpose(...x.shape.map((_, i) => x.shape.length - 1 - i))`;

export const backward: readonly Patch[] = [
  {
    name: 'the mean term of dx dropped',
    stands: [1],
    edits: [kernel('offset /= n', 'offset = 0')],
    red: both(...CENTERED),
  },
  {
    name: 'the projection dropped',
    stands: [2],
    edits: [kernel('radial *= share', 'radial = 0')],
    red: both(...BY_MEAN, ...BY_SUM),
  },
  {
    name: 'the gain left out of dx',
    stands: [3],
    edits: [
      after('x: gamma ?', 'x: gamma && !g ?'),
      inOne('x: normalize(x, axes, recipe).back(g).x'),
      squashing('gain ? g * gain[i]! : g', 'g'),
    ],
    red: both(...LEARNED, 'dynamic_tanh', 'band_logit_norm'),
  },
  ...LEARNING.map(([file, gain, type, unit]): Patch => ({
    name: `the gain of ${type} outside its correction terms`,
    stands: [3],
    edits: [
      definition(file)(
        'x: pulled.x',
        `x: ${file === 'batch-norm' ? '!batch ? pulled.x : ' : ''}affine(${unit}.pullback(gradient).x, axis, ${gain}).value`,
        AFFINE,
      ),
    ],
    red: both(type),
    ...(type === 'batch_norm' && {
      equivalent: 'All numbers that share statistics share γ too, so that it may be taken before or after.',
    }),
  })),
  ...(
    [
      ['parts/band', 'unit.pullback(mul(g, s.value))', 'unit.pullback(g)', 'band_rms'],
      ['parts/adaptive-band', 'mul(g, s.value)', 'g', 'adaptive_band_rms'],
      ['definitions/band-logit-norm', 'mul(g, s.value)', 'g', 'band_logit_norm'],
    ] as const
  ).map(([file, find, by, type]): Patch => ({
    name: `the scale of ${type} left out of dx`,
    stands: [3],
    edits: [change(`src/norms/${file}.ts`)(find, by)],
    red: both(type),
  })),
  {
    name: 'ε missing from N, in the backward pass only',
    stands: [4],
    edits: [kernel('- offset) / root', `- offset) / (Math.sqrt(${MEAN_SQUARE}) || 1)`)],
    red: both(...BY_MEAN, ...BY_SUM),
  },
  {
    name: 'n − 1 for n in the projection',
    stands: [5],
    edits: [kernel(SHARE, SHARE.replace('n', '(n - 1 || 1)'))],
    red: both(...BY_MEAN),
  },
  {
    name: 'n − 1 for n in the mean of dx',
    stands: [5],
    edits: [kernel('offset /= n', 'offset /= n - 1 || 1')],
    red: both(...CENTERED),
  },
  {
    name: 'a sum for the mean in the projection',
    stands: [6],
    edits: [kernel(SHARE, SHARE.replace('1 / n', '1'))],
    red: both(...BY_MEAN),
  },
  {
    name: 'a sum for the mean of dx',
    stands: [6],
    edits: [kernel('offset /= n', '')],
    red: both(...CENTERED),
  },
  {
    name: 'groups along the last axis, whatever the axes',
    stands: [7],
    edits: [change('grouped')('positiveAxes(axes, shape.length)', '[shape.length - 1]')],
    red: both(...BY_MEAN, 'max_logit_norm', 'logit_norm', 'global_response_norm'),
  },
  {
    name: 'the gradient of a gain summed over the leading axes, whatever its own',
    stands: [7],
    edits: [
      gainAfter(leading('mul(g, x)', 'gain'), ARRAY),
      inOne(`gain: gain && ${leading('array.mul(g, normalize(x, axes, recipe).value)', 'gain')}`, ARRAY),
      squashedGain(SQUASHED_GAIN.replace('[i]', '[p % n]')),
    ],
    red: [...both('layer_norm', 'dynamic_tanh', 'batch_norm'), ...laws('rms_norm')],
  },
  {
    name: 'c for x̂ in the projection',
    stands: [8],
    edits: [kernel('unit * radial', 'unit * root * radial')],
    red: both(...BY_MEAN, ...BY_SUM),
  },
  {
    name: 'x for x̂ in the projection',
    stands: [8],
    edits: [kernel('unit * radial', 'scale * x[p]! * radial')],
    red: both(...BY_MEAN, ...BY_SUM),
  },
  {
    name: 'the sign of the projection turned around',
    stands: [8],
    edits: [kernel('radial *= share', 'radial *= -share')],
    red: both(...BY_MEAN, ...BY_SUM),
  },
  ...LEARNING.map(([file, gain, type]): Patch => ({
    name: `x for x̂ in the gradient of the gain of ${type}`,
    stands: [9],
    edits: [
      definition(file)(
        `${gain}: pulled.gain`,
        `${gain}: affine(x, axis, ${gain}).pullback(gradient).gain`,
        AFFINE,
      ),
    ],
    red: both(type),
  })),
  {
    name: 'the gradients of gain and shift averaged',
    stands: [10],
    edits: [
      gainAfter(
        'times(reshape(sumTo(mul(g, x), shape), kept), sumTo(g, shape).size / g.size)',
        "import { scale as times } from '../../array/index.js';",
      ),
      shiftAfter(
        'shrunk(reshape(sumTo(g, shape), kept), sumTo(g, shape).size / g.size)',
        "import { scale as shrunk } from '../../array/index.js';",
      ),
      inOne(
        'gain: gain && scale(fused.back(g, ofLength).gain, gain.size / g.size), shift: shift && scale(fused.back(g, ofLength).shift, shift.size / g.size)',
      ),
      squashedGain('ofGain[i]! += (g * value * n) / x.length'),
      squashedShift('ofShift[i]! += (g * n) / x.length'),
    ],
    red: both(...LEARNED, 'dynamic_tanh'),
  },
  {
    name: 'the last row alone in the gradients of gain and shift',
    stands: [11],
    edits: [
      kernel('totals[j]! += x[p++]!', 'totals[j] = x[p++]!'),
      kernel('ofGain[w]! += dy', 'ofGain[w] = dy'),
      kernel('ofShift[w]! += dy', 'ofShift[w] = dy'),
      squashedGain(SQUASHED_GAIN.replace('! +=', ' =')),
      squashedShift(SQUASHED_SHIFT.replace('! +=', ' =')),
    ],
    red: both(...LEARNED, 'dynamic_tanh'),
  },
  {
    name: 'the gradient of a shift summed over the leading axes, whatever its own',
    stands: [12],
    edits: [
      shiftAfter(leading('g', 'shift'), ARRAY),
      inOne(`shift: shift && ${leading('g', 'shift')}`, ARRAY),
      squashedShift(SQUASHED_SHIFT.replace('[i]', '[p % n]')),
    ],
    red: both('layer_norm', 'dynamic_tanh', 'batch_norm'),
  },
  {
    name: 'the gradient of a shift summed as if its axes were in another order',
    stands: [12],
    edits: [
      shiftAfter(`reshape(${turned('shape')}, kept)`, ARRAY),
      inOne(`shift: shift && reshape(${turned('onto(x.shape, own)')}, shift.shape)`, ARRAY),
      change('src/array')(
        'gathered(ofShift, shift)',
        'gathered(reshape(ofShift!.transpose(...stretch.map((_, i) => stretch.length - 1 - i)), stretch), shift)',
      ),
    ],
    red: both('layer_norm', 'dynamic_tanh'),
  },
];
