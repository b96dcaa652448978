import { type Patch, both, change, extremes, far, vectors } from '../patch.js';

// Forward and backward wrong together: no check of the gradient can see these.

const CENTERED = ['layer_norm', 'zero_centered_rms_norm', 'batch_norm', 'group_norm'] as const;
const BY_MEAN = [...CENTERED, 'rms_norm'] as const;
const BY_SUM = ['max_logit_norm', 'dml_plus_focal', 'dml_plus_center', 'decoupled_max_logit'] as const;
const FLOORED = ['logit_norm', 'band_logit_norm'] as const;
const BAND = ['band_rms', 'adaptive_band_rms'] as const;

const kernel = change('src/kernels');
const lengths = change('src/norms');
const SHARE = '1 / n : 1;';
const SIZE = 'squares / n : squares';
/** ε where all squares are 0, and everywhere else. */
const LEAST = '0 ? epsilon';
const SCALED = 'scaledEpsilon = epsilon * scale';

export const forward: readonly Patch[] = [
  {
    name: 'the variance in one pass',
    stands: [13],
    edits: [
      kernel('c = scale * x[p]! - mean - rest', 'c = scale * x[p]!'),
      kernel(SIZE, 'Math.max(0, squares / n - mean * mean) : squares'),
    ],
    red: [...vectors('layer_norm', 'zero_centered_rms_norm', 'batch_norm'), ...far(...CENTERED)],
  },
  {
    name: 'the mean taken off once, with its rounding',
    stands: [13],
    edits: [kernel('rest = offset / n', 'rest = 0')],
    red: extremes('layer_norm', 'zero_centered_rms_norm'),
  },
  {
    name: 'the variance over n − 1',
    stands: [14],
    edits: [kernel(SIZE, 'squares / (n - 1 || 1) : squares'), kernel(SHARE, '1 / (n - 1 || 1) : 1;')],
    red: [...vectors(...BY_MEAN, ...BAND), ...both('layer_norm', 'zero_centered_rms_norm', 'rms_norm')],
  },
  {
    name: 'ε outside the root',
    stands: [15],
    edits: [
      kernel('Math.sqrt(size + least)', 'Math.sqrt(size) + epsilon * own'),
      kernel(
        'radial *= share',
        'radial *= (share * root) / (Math.sqrt(measures[measuresOf(groups, group).at + POWER * measuresOf(groups, group).run]!) * scale || 1)',
      ),
    ],
    red: [
      ...both('layer_norm', 'zero_centered_rms_norm', 'rms_norm', ...BAND),
      ...vectors('batch_norm', ...BY_SUM),
    ],
  },
  {
    name: 'ε squared',
    stands: [16],
    edits: [
      kernel(SCALED, SCALED.replace('epsilon', 'epsilon * epsilon')),
      kernel(LEAST, `${LEAST} * epsilon`),
    ],
    red: both(...BY_MEAN, ...BAND, ...BY_SUM, ...FLOORED, 'global_response_norm'),
  },
  {
    name: 'no ε',
    stands: [17],
    edits: [kernel(SCALED, 'scaledEpsilon = 0 * scale'), kernel(LEAST, '0 ? 0')],
    red: both(...BY_MEAN, ...BAND, ...BY_SUM, ...FLOORED, 'global_response_norm'),
  },
  {
    name: 'the mean of |x| for the root mean square',
    stands: [18],
    edits: [
      kernel(
        'c = scale * x[p]!; squares += c * c',
        "c = scale * x[p]!; squares += recipe.total === 'mean' ? Math.abs(c) : c * c",
      ),
      kernel(SIZE, '(recipe.centered ? squares / n : (squares / n) ** 2) : squares'),
      kernel(
        'unit * radial',
        "(recipe.centered || recipe.total === 'sum' ? unit : (Math.sign(unit) * Math.sqrt(measures[measuresOf(groups, group).at + POWER * measuresOf(groups, group).run]!) * scale) / root) * radial",
      ),
    ],
    red: both('rms_norm', ...BAND),
  },
  {
    name: 'max(·, ε) for + ε in the lengths of sums',
    stands: [19],
    edits: [lengths("sum: { total: 'sum', bound: 'added' }", "sum: { total: 'sum', bound: 'floor' }")],
    red: both(...BY_SUM, 'global_response_norm'),
  },
  {
    name: 'max(·, ε) for + ε in the lengths of means',
    stands: [19],
    edits: [lengths("mean: { total: 'mean', bound: 'added' }", "mean: { total: 'mean', bound: 'floor' }")],
    red: both(...BY_MEAN),
  },
  {
    name: '+ ε for max(·, ε)',
    stands: [19],
    edits: [lengths("floor: { total: 'sum', bound: 'floor' }", "floor: { total: 'sum', bound: 'added' }")],
    red: both(...FLOORED),
  },
  {
    name: 'a mean for the sum in the lengths of logits',
    stands: [20],
    edits: [lengths("sum: { total: 'sum', bound: 'added' }", "sum: { total: 'mean', bound: 'added' }")],
    red: both(...BY_SUM, 'global_response_norm'),
  },
  {
    name: 'a mean for the sum above a floor',
    stands: [20],
    edits: [lengths("floor: { total: 'sum', bound: 'floor' }", "floor: { total: 'mean', bound: 'floor' }")],
    red: both(...FLOORED),
  },
];
