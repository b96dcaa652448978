import { type Inapplicable, type Patch, all, both, change, laws, vectors } from '../patch.js';

const OWN = all('tests/norms/batch-norm.test.ts');
const batch = change('src/norms/definitions/batch-norm.ts');
const running = change('src/norms/parts/running.ts');

export const batches: readonly Patch[] = [
  {
    name: 'batch statistics taken for constants in the backward pass',
    stands: [37],
    edits: [
      batch(
        'x: pulled.x',
        'x: batch ? div(affine(x, axis, gamma).pullback(gradient).x, map(batch.variance(), (v) => Math.sqrt(v + epsilon))) : pulled.x',
        "import { div, map } from '../../array/index.js'; import { affine } from '../parts/affine.js';",
      ),
    ],
    red: both('batch_norm'),
  },
  {
    name: 'the backward pass of training in evaluation',
    stands: [38],
    edits: [
      batch(
        'x: pulled.x',
        'x: batch ? pulled.x : standardizeWhere(undefined, x, over, epsilon, weights).pullback(gradient).x',
      ),
    ],
    red: both('batch_norm'),
  },
  {
    name: 'the unbiased variance in the running one',
    stands: [39],
    edits: [
      batch(
        'moving_variance, batch.variance()',
        'moving_variance, map(batch.variance(), (v) => v / (1 - moving_variance.size / x.size || 1))',
        "import { map } from '../../array/index.js';",
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
      running(
        '=== 1) return running; if (momentum === 0) return alike(now)',
        '=== 1) return alike(now); if (momentum === 0) return running',
      ),
    ],
    red: [...vectors('batch_norm'), OWN],
  },
  {
    name: 'statistics over the batch alone, not over space',
    stands: [41],
    edits: [
      change('src/norms/parts/axes.ts')(
        'shape.map((_, i) => i).filter((i) => !features.includes(i))',
        '[features[0] === 0 ? 1 : 0]',
      ),
    ],
    red: [...vectors('batch_norm'), OWN],
  },
  {
    name: 'running statistics that move in evaluation',
    stands: [42],
    edits: [
      batch(
        '...(batch && {',
        '...(!batch && { state: { moving_mean: blend(moving_mean, standardizeWhere(undefined, x, over, epsilon, weights).center(), momentum), moving_variance } }), ...(batch && {',
      ),
    ],
    red: [OWN],
  },
  {
    name: 'running statistics that move in a frozen layer',
    stands: [42],
    edits: [change('src/norms')('this.training && this.trainable', 'this.training')],
    red: [OWN],
  },
  {
    name: 'what a mask leaves out in the gradient of the statistics',
    stands: [37],
    edits: [change('src/norms')('sub(g, counting(pulled, w))', 'sub(g, pulled)')],
    red: laws('batch_norm'),
  },
  {
    name: 'a mask that is not read',
    stands: [41],
    edits: [batch('= mask && reshape', '= mask && !mask && reshape')],
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
