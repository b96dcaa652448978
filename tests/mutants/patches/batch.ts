import { type Patch, all, both, change, laws, vectors } from '../patch.js';

const OWN = all('tests/norms/batch-norm.test.ts');
const AVERAGES = all('tests/norms/averages.test.ts');
const batch = change('src/norms/definitions/batch-norm.ts');
const uncentered = change('src/norms/parts/uncentered.ts');
const merging = change('src/norms/parts/merged.ts');
const averaging = change('src/norms/parts/averages.ts');
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
    edits: [averaging("=== 'unbiased' ? n / Math.max", '!== undefined ? n / Math.max')],
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
        '...(!batch && { state: averaged(state, standardizeWhere(undefined, x, over, epsilon, weights), 1, options) }), ...(batch && {',
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
    edits: [change('src/norms')('sub(incoming, counting(taken, w))', 'sub(incoming, taken)')],
    red: laws('batch_norm'),
  },
  {
    name: 'a mask that is not read',
    stands: [41],
    edits: [batch('= mask && reshape', '= mask && !mask && reshape')],
    red: [OWN],
  },
  {
    name: 'steps that are not counted',
    stands: [63],
    edits: [averaging('linear(before.steps, 1, 1)', 'linear(before.steps, 1, 0)')],
    red: [...both('batch_norm'), AVERAGES],
  },
  {
    name: 'a plain mean in which the start counts as one step',
    stands: [63],
    edits: [averaging('given.momentum ?? s / (s + 1)', 'given.momentum ?? (s + 1) / (s + 2)')],
    red: [...both('batch_norm'), AVERAGES],
  },
  {
    name: 'n + 1 for n − 1 in the unbiased variance',
    stands: [63],
    edits: [averaging("'unbiased' ? n / Math.max(n - 1, 1)", "'unbiased' ? n / Math.max(n + 1, 1)")],
    red: [...laws('batch_norm'), AVERAGES],
  },
  {
    name: 'a variance that is 0 over 0 if the batch has one number',
    stands: [63],
    edits: [averaging("'unbiased' ? n / Math.max(n - 1, 1)", "'unbiased' ? n / (n - 1)")],
    red: [...vectors('batch_norm'), AVERAGES],
  },
  {
    name: 'a share of the start that is divided out one step late',
    stands: [63],
    edits: [averaging('-Math.expm1(s *', '-Math.expm1((s + 1) *')],
    red: [...both('batch_norm'), AVERAGES],
  },
  {
    name: 'old statistics that normalize the batch that is merged',
    stands: [76],
    edits: [change('src/norms/definitions/running-standardization.ts')('batch ?? known', 'known')],
    red: both('running_standardization'),
  },
  {
    name: 'a merge without the variance between batches',
    stands: [76],
    edits: [
      merging('share * v + kept * old + (between * d) ** 2', 'share * v + kept * old + 0 * (between * d)'),
    ],
    red: both('running_standardization'),
  },
  {
    name: 'an average in place of a merge, by a share that does not fall',
    stands: [76],
    edits: [
      merging('const seen = flat(before.count)[0]!', 'const seen = Math.min(flat(before.count)[0]!, 1)'),
    ],
    red: both('running_standardization'),
  },
  {
    name: 'a mean taken off in bias_free_batch_norm',
    stands: [43],
    edits: [
      uncentered('mul(to(x), to(factor)))', 'mul(to(centered.value), to(grown(map(inverse!, () => 1)))))'),
    ],
    red: laws('bias_free_batch_norm'),
  },
  {
    name: 'the gradient of the variance of bias_free_batch_norm with x for x − x̄',
    stands: [43],
    edits: [uncentered('to(centered.value)', 'to(mul(x, cast(inverse!, x.dtype)))')],
    red: laws('bias_free_batch_norm'),
  },
];
