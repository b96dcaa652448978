import { type Inapplicable, type Patch, all, both, laws, vectors } from '../patch.js';

const FILE = 'src/norms/definitions/batch-norm.ts';
const OWN = all('tests/norms/batch-norm.test.ts');
const batch = (find: string, replace: string) => ({ file: FILE, find, replace });
const running = (find: string, replace: string) => ({ file: 'src/norms/parts/running.ts', find, replace });
const masked = (find: string, replace: string) => ({ file: 'src/norms/parts/masked.ts', find, replace });
/** Lets the definition use what only wrong ones do. */
const IMPORTS = batch(
  "{ norm } from '../norm.js';",
  "{ norm } from '../norm.js';\nimport { affine } from '../parts/affine.js';\nimport { div, map } from '../../array/index.js';",
);
const BACK = 'x: pulled.x,';
const VARIANCE = 'blend(moving_variance, batch.variance(),';

export const batches: readonly Patch[] = [
  {
    name: 'batch statistics taken for constants on the way back',
    stands: [37],
    edits: [
      IMPORTS,
      batch(
        BACK,
        'x: batch ? div(affine(x, axis, gamma).pullback(gradient).x, map(batch.variance(), (v) => Math.sqrt(v + epsilon))) : pulled.x,',
      ),
    ],
    red: both('batch_norm'),
  },
  {
    name: 'the way back of training in evaluation',
    stands: [38],
    edits: [
      batch(BACK, 'x: batch ? pulled.x : standardizeWith(x, over, epsilon, weights).pullback(gradient).x,'),
    ],
    red: both('batch_norm'),
  },
  {
    name: 'the unbiased variance in the running one',
    stands: [39],
    edits: [
      IMPORTS,
      batch(
        VARIANCE,
        'blend(moving_variance, map(batch.variance(), (v) => v / (1 - moving_variance.size / x.size || 1)),',
      ),
    ],
    red: [...both('batch_norm'), OWN],
  },
  {
    name: 'momentum as the share of what is new',
    stands: [40],
    edits: [running('mix(running, alike(now), momentum)', 'mix(alike(now), running, momentum)')],
    red: [...both('batch_norm'), OWN],
  },
  {
    name: 'momentum 1 that replaces, and 0 that keeps',
    stands: [40],
    edits: [
      running('if (momentum === 1) return running;', 'if (momentum === 1) return alike(now);'),
      running('if (momentum === 0) return alike(now);', 'if (momentum === 0) return running;'),
    ],
    red: [...vectors('batch_norm'), OWN],
  },
  {
    name: 'statistics over the batch alone, not over space',
    stands: [41],
    edits: [
      batch('shape.map((_, i) => i).filter((i) => !features.includes(i))', '[features[0] === 0 ? 1 : 0]'),
    ],
    red: [...vectors('batch_norm'), OWN],
  },
  {
    name: 'running statistics that move in evaluation',
    stands: [42],
    edits: [
      batch(
        '...(batch && {',
        '...(!batch && { state: { moving_mean: blend(moving_mean, standardizeWith(x, over, epsilon, weights).center(), momentum), moving_variance } }),\n      ...(batch && {',
      ),
    ],
    red: [OWN],
  },
  {
    name: 'running statistics that move in a frozen layer',
    stands: [42],
    edits: [
      {
        file: 'src/norms/layer.ts',
        find: 'training: this.training && this.trainable,',
        replace: 'training: this.training,',
      },
    ],
    red: [OWN],
  },
  {
    name: 'what a mask leaves out in the gradient of the statistics',
    stands: [37],
    edits: [masked('sub(g, counting(div(pulled, weight)))', 'sub(g, div(pulled, weight))')],
    red: laws('batch_norm'),
  },
  {
    name: 'a mask that is not read',
    stands: [41],
    edits: [batch(': mask\n', ': mask && !mask\n')],
    red: [OWN],
  },
];

export const inapplicable: readonly Inapplicable[] = [
  {
    name: 'bias_free_batch_norm: centred output; variance gradient with x for x − x̄',
    stands: [43],
    reason: 'bias_free_batch_norm is not in the catalog.',
  },
];
