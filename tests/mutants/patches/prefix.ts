import { type Patch, both, change } from '../patch.js';

const cumulative = change('src/norms/parts/cumulative-steps.ts');

/** Norms of all steps so far. */
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
];
