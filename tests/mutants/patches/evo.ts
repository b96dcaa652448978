import { type Patch, both, change, laws, vectors } from '../patch.js';

const larger = change('src/norms/parts/evo-batch.ts');
const division = change('src/kernels/js/larger.ts');
const self = change('src/norms/parts/gated-self.ts');
const gate = change('src/kernels/js/swish.ts');

/** Norms with two variances, and with a gate of their own. */
export const evolved: readonly Patch[] = [
  {
    name: 'the variance of the batch in evo_norm_b0 taken for a constant',
    stands: [78],
    edits: [larger('batch ? sub(near,', 'batch && x.size < 0 ? sub(near,')],
    red: both('evo_norm_b0'),
  },
  {
    name: 'the variance of the sample in evo_norm_b0 taken for a constant',
    stands: [78],
    edits: [larger('instance && added ?', 'instance && added && x.size < 0 ?')],
    red: both('evo_norm_b0'),
  },
  {
    name: 'the sum in place of the larger of the two in evo_norm_b0',
    stands: [78],
    edits: [
      division(
        'Math.max(factor[i]! * value + added[sample + i]!, least[i]!)',
        '(factor[i]! * value + added[sample + i]! + least[i]!)',
      ),
      division('Math.max(R, B)', 'R + B'),
    ],
    red: both('evo_norm_b0'),
  },
  {
    name: 'the variance of the sample in evo_norm_b0 frozen at inference',
    stands: [78],
    edits: [larger('added: instance ?', 'added: instance && !running ?')],
    red: vectors('evo_norm_b0'),
  },
  {
    name: 'a tie in evo_norm_b0 given to the deviation of the batch alone',
    stands: [78],
    edits: [division('R === B ? h / 2 : 0 * h', '0 * h')],
    red: [{ file: 'tests/kernels/gates.test.ts' }],
  },
  {
    name: 'N of evo_norm_s0 taken for a constant',
    stands: [79],
    edits: [self('reshape(turn, length.shape)', 'scale(reshape(turn, length.shape), 0)')],
    red: both('evo_norm_s0'),
  },
  {
    name: 'the gradient of N in evo_norm_s0 not divided by the count of its group',
    stands: [79],
    edits: [self('-length.size / x.size', '-1')],
    red: vectors('evo_norm_s0'),
  },
  {
    name: 'the slope of the gate in evo_norm_s0 without 1 − σ',
    stands: [79],
    edits: [gate('open * shareOf(-z, t[p]!)', 'open')],
    red: both('evo_norm_s0'),
  },
  {
    name: 'positions that do not count pulled by N in evo_norm_s0',
    stands: [79],
    edits: [self('kept(turned, counting)', 'turned')],
    red: laws('evo_norm_s0'),
  },
  {
    name: 'gradients of evo_norm_b0 where w x overflows computed in float64 alone',
    stands: [78],
    edits: [
      change('src/norms/parts/apart.ts')('if (!apartBack) return pulled;', 'if (pulled) return pulled;'),
    ],
    red: [{ file: 'tests/norms/magnitudes.test.ts', only: 'lost a factor times x' }],
  },
];
