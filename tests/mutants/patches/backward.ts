import { type Patch, both, laws } from '../patch.js';

const KERNEL = 'src/kernels/js/normalize.ts';
const PARTS = 'src/norms/parts.ts';
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

const PULLED = '((g - unit * radial - offset) / root) * scale';
const SHARE = "const share = recipe.total === 'mean' ? 1 / n : 1;";
/** The two ways to the gradients of γ and β: in one pass with x̂, and after it. */
const GAIN_IN_ONE = 'pulled.gain && mended(pulled.gain, () => gainAfresh(g))';
const GAIN_AFTER = 'gain && reshape(contract(g, x, shape), kept)';
const SHIFT_IN_ONE = 'gain: ofGain, shift: pulled.shift }';
const SHIFT_AFTER = 'shift && reshape(sumTo(g, shape), kept)';
const kernel = (find: string, replace: string) => ({ file: KERNEL, find, replace });
/** The norm by tanh has one way of its own. */
const squash = (find: string, replace: string) => ({ file: 'src/kernels/js/squash.ts', find, replace });
const SQUASHED_GAIN = 'ofGain[i]! += g * value;';
const SQUASHED_SHIFT = 'ofShift[i]! += g;';
const parts = (find: string, replace: string) => ({ file: PARTS, find, replace });

/** The norms with a gain, and how each makes x̂: without weights, that is all it makes. */
const LEARNING = [
  ['layer-norm', 'gamma', 'layer_norm', 'standardizeWith(x, axis, epsilon, { along: axis })'],
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
    '(mask ? standardizeWhere(reshape(mask, across(x.shape, axis)), x, over, epsilon, { along: axis }) : standardizeWith(x, over, epsilon, { along: axis }))',
  ],
] as const;

/** Lets a definition that does not do so use affine. */
const importing = (file: string) =>
  file === 'batch-norm'
    ? []
    : [
        {
          file: `src/norms/definitions/${file}.ts`,
          find: "} from '../parts.js';",
          replace: ", affine } from '../parts.js';",
        },
      ];

/** The gradient of a parameter summed over the leading axes, wherever its own axes lie. */
const leading = (g: string, weight: string) =>
  `reshape(sum(reshape(${g}, [x.size / ${weight}.size, ${weight}.size]), 0), ${weight}.shape)`;

/** The gradient of a shift with its axes in the opposite order. */
const turned = (shape: string) =>
  `sumTo(g, ${shape}).transpose(...x.shape.map((_, i) => x.shape.length - 1 - i))`;

export const backward: readonly Patch[] = [
  {
    name: 'the mean term of dx dropped',
    stands: [1],
    edits: [kernel('offset /= n;', 'offset = 0;')],
    red: both(...CENTERED),
  },
  {
    name: 'the projection dropped',
    stands: [2],
    edits: [kernel('radial *= share;', 'radial = 0;')],
    red: both(...BY_MEAN, ...BY_SUM),
  },
  {
    name: 'the gain left out of dx',
    stands: [3],
    edits: [
      parts('x: gamma ? product(g, gamma) : g,', 'x: g,'),
      parts('return { x: pulled.x,', 'return { x: normalize(x, axes, recipe).back(g).x,'),
      squash('(gain ? g * gain[i]! : g) *', 'g *'),
    ],
    red: both(...LEARNED, 'dynamic_tanh', 'band_logit_norm'),
  },
  ...LEARNING.map(([file, gain, type, unit]): Patch => ({
    name: `the gain of ${type} outside its correction terms`,
    stands: [3],
    edits: [
      ...importing(file),
      {
        file: `src/norms/definitions/${file}.ts`,
        find: 'x: pulled.x,',
        replace: `x: affine(${unit}.pullback(gradient).x, axis, ${gain}).value,`,
      },
    ],
    red: both(type),
    ...(type === 'batch_norm' && {
      equivalent: 'All numbers that share statistics share γ too, so that it may be taken before or after.',
    }),
  })),
  ...(
    [
      ['band-rms', 'unit.pullback(mul(g, s.value))', 'unit.pullback(g)', 'band_rms'],
      ['adaptive-band-rms', 'unit.pullback(mul(g, spread), ', 'unit.pullback(g, ', 'adaptive_band_rms'],
      ['band-logit-norm', 'unit.pullback(mul(g, s.value), ', 'unit.pullback(g, ', 'band_logit_norm'],
    ] as const
  ).map(([file, find, replace, type]): Patch => ({
    name: `the scale of ${type} left out of dx`,
    stands: [3],
    edits: [{ file: `src/norms/definitions/${file}.ts`, find, replace }],
    red: both(type),
  })),
  {
    name: 'ε missing from N, on the way back only',
    stands: [4],
    edits: [
      kernel(
        PULLED,
        PULLED.replace(
          '/ root',
          '/ (Math.sqrt(measures[measuresOf(groups, group).at + POWER * measuresOf(groups, group).run]!) * scale || 1)',
        ),
      ),
    ],
    red: both(...BY_MEAN, ...BY_SUM),
  },
  {
    name: 'n − 1 for n in the projection',
    stands: [5],
    edits: [kernel(SHARE, SHARE.replace('1 / n ', '1 / (n - 1 || 1) '))],
    red: both(...BY_MEAN),
  },
  {
    name: 'n − 1 for n in the mean of dx',
    stands: [5],
    edits: [kernel('offset /= n;', 'offset /= n - 1 || 1;')],
    red: both(...CENTERED),
  },
  {
    name: 'a sum for the mean in the projection',
    stands: [6],
    edits: [kernel(SHARE, 'const share = 1;')],
    red: both(...BY_MEAN),
  },
  {
    name: 'a sum for the mean of dx',
    stands: [6],
    edits: [kernel('offset /= n;', '')],
    red: both(...CENTERED),
  },
  {
    name: 'groups along the last axis, whatever the axes',
    stands: [7],
    edits: [
      {
        file: 'src/array/groups.ts',
        find: 'const along = positiveAxes(axes, shape.length);',
        replace: 'const along = [shape.length - 1];',
      },
    ],
    red: both(...BY_MEAN, 'max_logit_norm', 'logit_norm', 'global_response_norm'),
  },
  {
    name: 'the gradient of a gain summed over the leading axes, whatever its own',
    stands: [7],
    edits: [
      parts(GAIN_AFTER, `gain && ${leading('mul(g, x)', 'gain')}`),
      parts(GAIN_IN_ONE, `gain && ${leading('mul(g, normalize(x, axes, recipe).value)', 'gain')}`),
      squash(SQUASHED_GAIN, SQUASHED_GAIN.replace('[i]', '[p % n]')),
    ],
    red: [...both('layer_norm', 'dynamic_tanh', 'batch_norm'), ...laws('rms_norm')],
  },
  {
    name: 'c for x̂ in the projection',
    stands: [8],
    edits: [kernel(PULLED, PULLED.replace('unit * radial', 'unit * root * radial'))],
    red: both(...BY_MEAN, ...BY_SUM),
  },
  {
    name: 'x for x̂ in the projection',
    stands: [8],
    edits: [kernel(PULLED, PULLED.replace('unit * radial', 'scale * x[p]! * radial'))],
    red: both(...BY_MEAN, ...BY_SUM),
  },
  {
    name: 'the sign of the projection turned around',
    stands: [8],
    edits: [kernel('radial *= share;', 'radial *= -share;')],
    red: both(...BY_MEAN, ...BY_SUM),
  },
  ...LEARNING.map(([file, gain, type]): Patch => ({
    name: `x for x̂ in the gradient of the gain of ${type}`,
    stands: [9],
    edits: [
      ...importing(file),
      {
        file: `src/norms/definitions/${file}.ts`,
        find: `${gain}: pulled.gain`,
        replace: `${gain}: affine(x, axis, ${gain}).pullback(gradient).gain`,
      },
    ],
    red: both(type),
  })),
  {
    name: 'the gradients of gain and shift averaged',
    stands: [10],
    edits: [
      parts(
        'contract(g, x, shape), kept)',
        'times(contract(g, x, shape), sumTo(g, shape).size / g.size), kept)',
      ),
      parts('sumTo(g, shape), kept)', 'times(sumTo(g, shape), sumTo(g, shape).size / g.size), kept)'),
      parts(GAIN_IN_ONE, 'pulled.gain && times(pulled.gain, pulled.gain.size / g.size)'),
      parts(
        SHIFT_IN_ONE,
        SHIFT_IN_ONE.replace(
          'pulled.shift',
          'pulled.shift && times(pulled.shift, pulled.shift.size / g.size)',
        ),
      ),
      squash(SQUASHED_GAIN, 'ofGain[i]! += (g * value * n) / x.length;'),
      squash(SQUASHED_SHIFT, 'ofShift[i]! += (g * n) / x.length;'),
    ],
    red: both(...LEARNED, 'dynamic_tanh'),
  },
  {
    name: 'the last row alone in the gradients of gain and shift',
    stands: [11],
    edits: [
      {
        file: 'src/kernels/js/reduce.ts',
        find: 'totals[j]! += x[p++]!;',
        replace: 'totals[j] = x[p++]!;',
      },
      kernel('ofGain[w]! += dy * unit;', 'ofGain[w] = dy * unit;'),
      kernel('ofShift[w]! += dy;', 'ofShift[w] = dy;'),
      squash(SQUASHED_GAIN, SQUASHED_GAIN.replace('! +=', ' =')),
      squash(SQUASHED_SHIFT, SQUASHED_SHIFT.replace('! +=', ' =')),
    ],
    red: both(...LEARNED, 'dynamic_tanh'),
  },
  {
    name: 'the gradient of a shift summed over the leading axes, whatever its own',
    stands: [12],
    edits: [
      parts(SHIFT_AFTER, `shift && ${leading('g', 'shift')}`),
      parts(SHIFT_IN_ONE, SHIFT_IN_ONE.replace('pulled.shift', `shift && ${leading('g', 'shift')}`)),
      squash(SQUASHED_SHIFT, SQUASHED_SHIFT.replace('[i]', '[p % n]')),
    ],
    red: both('layer_norm', 'dynamic_tanh', 'batch_norm'),
  },
  {
    name: 'the gradient of a shift summed as if its axes were in another order',
    stands: [12],
    edits: [
      parts(SHIFT_AFTER, `shift && reshape(${turned('shape')}, kept)`),
      parts(
        SHIFT_IN_ONE,
        SHIFT_IN_ONE.replace(
          'pulled.shift',
          `shift && reshape(${turned('onto(x.shape, own)')}, shift.shape)`,
        ),
      ),
      {
        file: 'src/array/squash.ts',
        find: 'shift && gathered(ofShift, shift)',
        replace:
          'shift && gathered(reshape(ofShift!.transpose(...stretch.map((_, i) => stretch.length - 1 - i)), stretch), shift)',
      },
    ],
    red: both('layer_norm', 'dynamic_tanh'),
  },
];
