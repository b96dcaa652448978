import { type Patch, both, change, vectors } from '../patch.js';

const cumulative = change('src/norms/parts/cumulative.ts');
const larger = change('src/norms/parts/evo-batch.ts');

/** Norms of all steps so far, and of two variances. */
export const prefixes: readonly Patch[] = [
  {
    name: 'a cumulative variance whose squares are not divided by their count',
    stands: [77],
    edits: [
      cumulative(
        'deviation = hypotenuse(deviation * kept, deviations[i]! * unit * own, gap * kept * own)',
        'deviation = Math.sqrt(Math.max(0, (deviation ** 2 * count + deviations[i]! ** 2 * n) - mean ** 2))',
      ),
    ],
    red: both('cumulative_layer_norm'),
  },
  {
    name: 'a cumulative backward pass whose sums have no center that moves',
    stands: [77],
    edits: [cumulative('shifted += along * moved[i + 1]!', 'shifted += 0')],
    red: both('cumulative_layer_norm'),
  },
  {
    name: 'a cumulative backward pass that leaves out the later steps',
    stands: [77],
    edits: [cumulative('along += Q / length[i]!', 'along = Q / length[i]!')],
    red: both('cumulative_layer_norm'),
  },
  {
    name: 'the variance of the batch in evo_norm_b0 taken for a constant',
    stands: [78],
    edits: [larger('batch ? sub(nearer,', 'batch && x.size < 0 ? sub(nearer,')],
    red: both('evo_norm_b0'),
  },
  {
    name: 'the variance of the sample in evo_norm_b0 taken for a constant',
    stands: [78],
    edits: [larger('instance ? add(near,', 'instance && x.size < 0 ? add(near,')],
    red: both('evo_norm_b0'),
  },
  {
    name: 'the sum in place of the larger of the two in evo_norm_b0',
    stands: [78],
    edits: [larger('const divisor = maximum(R, B)', 'const divisor = add(R, B)')],
    red: both('evo_norm_b0'),
  },
  {
    name: 'the variance of the sample in evo_norm_b0 frozen at inference',
    stands: [78],
    edits: [larger('const S = instance ?', 'const S = instance && !running ?')],
    red: vectors('evo_norm_b0'),
  },
];
