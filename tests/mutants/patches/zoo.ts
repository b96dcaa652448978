import { type Patch, all, both, change, laws, vectors } from '../patch.js';

// The hardest points of norms that came later: windows, statistics of a part, first calls, and backward passes with state.

const STATE = all('tests/norms/state.test.ts');
const SWITCHABLE = all('tests/norms/switchable-norm.test.ts');
const REVERSIBLE = all('tests/norms/rev-in.test.ts');

const window = change('src/norms/parts/window.ts');
const head = change('src/norms/parts/head.ts');
const renorm = change('src/norms/parts/renorm.ts');
const act = change('src/norms/definitions/act-norm.ts');
const power = change('src/norms/definitions/power-norm.ts');
const layer = change('src/norms/layer.ts');
const running = change('src/norms/running.ts');
const switchable = change('src/norms/parts/switchable.ts');
const switchableNarrow = change('src/norms/parts/switchable-narrow.ts');
const reversible = change('src/norms/parts/reversible.ts');
const gated = change('src/norms/parts/gated.ts');
const modulated = change('src/norms/definitions/modulated-norm.ts');
const root = change('src/norms/definitions/rms-norm.ts');

export const zoo: readonly Patch[] = [
  {
    name: 'an even window that leans the same way in the backward pass',
    stands: [68],
    edits: [window('windowSum(a, axis, after, before)', 'windowSum(a, axis, before, after)')],
    red: both('local_response_norm'),
  },
  {
    name: 'windows at the ends divided by the numbers that they have',
    stands: [68],
    edits: [
      window(
        'linear(around(square(z), recipe), 1, recipe.offset)',
        'linear(mul(around(square(z), recipe), map(around(map(z, () => 1), recipe), (count) => (recipe.before + recipe.after + 1) / count)), 1, recipe.offset)',
      ),
    ],
    red: both('local_response_norm'),
  },
  {
    name: 'the sum of the backward pass over the first k alone',
    stands: [69],
    edits: [
      head(
        'wide(sum(mul(g, grown().value), axis))',
        'wide(sum(mul(sliceView(g, ranges), sliceView(grown().value, ranges)), axis))',
      ),
      head(
        'fused.sums(g)',
        'fused.sums(placed(contiguous(sliceView(g, ranges)), x.shape, (zeros) => sliceView(zeros, ranges)))',
      ),
    ],
    red: both('partial_rms_norm'),
  },
  {
    name: 'the first ⌊n p⌋ numbers, not ⌈n p⌉',
    stands: [69],
    edits: [
      change('src/norms/definitions/partial-rms-norm.ts')('Math.ceil(n * p - 1e-9)', 'Math.floor(n * p)'),
    ],
    red: vectors('partial_rms_norm'),
  },
  {
    name: 'r and d from running statistics that have already moved',
    stands: [70],
    edits: [
      renorm(
        'mean: wide(running.mean), length',
        'mean: zip(wide(running.mean), batch.mean, (m, now) => 0.9 * m + 0.1 * now), length',
      ),
    ],
    red: both('batch_renorm'),
  },
  {
    name: 'the gradient of γ from x̂ without d',
    stands: [70],
    edits: [
      renorm('add(mul(own.r, wide(ofUnit!)), mul(own.d, wide(ofShift!)))', 'mul(own.r, wide(ofUnit!))'),
    ],
    red: both('batch_renorm'),
  },
  {
    name: 'the gradient of the start at the weights before it',
    stands: [71],
    edits: [
      act(
        'value, pullback, ...(start',
        'value, pullback: shiftAndGrow(x, axis, { bias: bias!, log_scale: log_scale! }).pullback, ...(start',
      ),
    ],
    red: both('act_norm'),
  },
  {
    name: 'a start at inference',
    stands: [71],
    edits: [act('training && !(flat', '!(flat')],
    red: [...both('act_norm'), STATE],
  },
  {
    name: 'a start that is not noted, so that every call starts',
    stands: [71],
    edits: [act('initialized: full([], 1, x.dtype)', 'initialized: full([], 0, x.dtype)')],
    red: both('act_norm'),
  },
  {
    name: 'ψ² moved before it divides',
    stands: [72],
    edits: [
      power(
        'constant = rootOf(moving_square, epsilon)',
        'constant = rootOf(squares ? blend(moving_square, squares.value, momentum) : moving_square, epsilon)',
      ),
    ],
    red: both('power_norm'),
  },
  {
    name: 'ν as a plain running mean, without Γ',
    stands: [72],
    edits: [change('src/norms/parts/power.ts')('nu - gone + added', 'momentum * nu + added')],
    red: both('power_norm'),
  },
  {
    name: 'a backward pass that moves its statistics whenever it runs',
    stands: [72],
    edits: [running('if (!hasMoved)', 'if (hasMoved || !hasMoved)')],
    red: [STATE],
  },
  {
    name: 'a backward pass that moves its statistics in every replay',
    stands: [72],
    edits: [layer('!isRepeatedReplay()', '!isRepeatedReplay() || true')],
    red: [STATE],
  },
  {
    name: 'the gate before the norm and after it, exchanged',
    stands: [73],
    edits: [
      change('src/norms/definitions/gated-rms-norm.ts')(
        '(normFirst ? dividedFirst',
        '(!normFirst ? dividedFirst',
      ),
    ],
    red: both('gated_rms_norm'),
  },
  {
    name: 'no gradient for a gate that is closed',
    stands: [73],
    edits: [
      gated(
        'const { a, z: ofGate } = gated.pullback(ofGated)',
        'const { a, z: all } = gated.pullback(ofGated);\n  const ofGate = zip(all, activated(z, name).value, (d, o) => (o === 0 ? 0 : d))',
        "import { zip } from '../../array/index.js';",
      ),
    ],
    red: both('gated_rms_norm'),
  },
  {
    name: 'the projection split with the scale first',
    stands: [74],
    edits: [
      modulated(
        '= projection?.parts ??',
        '= (projection && [projection.parts[1]!, projection.parts[0]!, ...projection.parts.slice(2)]) ??',
      ),
    ],
    red: both('modulated_norm'),
  },
  {
    name: 'the gradients of the parts averaged over the positions',
    stands: [74],
    edits: [
      modulated(
        'reshape(a, shift!.shape));',
        'shrunk(reshape(a, shift!.shape), shift!.size / x.size));',
        "import { scale as shrunk } from '../../array/index.js';",
      ),
    ],
    red: both('modulated_norm'),
  },
  {
    name: 'ε added to the root where it should be its floor',
    stands: [75],
    edits: [
      root(
        'LENGTHS[epsilonPlacement], weights',
        "LENGTHS[epsilonPlacement === 'floor' ? 'outside' : epsilonPlacement], weights",
      ),
    ],
    red: both('rms_norm'),
  },
  {
    name: 'the backward pass of ε inside the root where it is outside',
    stands: [75],
    edits: [
      change('src/kernels/js')(
        'live = length > 0 ? Math.min(root / length, Number.MAX_VALUE) : 0',
        'live = 1',
      ),
    ],
    red: [...laws('rms_norm'), ...vectors('rms_norm')],
  },
  {
    name: 'the mean and the deviation of rev_in as constants of the backward pass',
    stands: [80],
    edits: [reversible('if (isConstant)', 'if (isConstant || true)')],
    red: both('rev_in'),
  },
  {
    name: 'no gradient of x from the mean that rev_in returns',
    stands: [80],
    edits: [reversible('add(pulled.x, shareOfMean(ofMean))', 'pulled.x')],
    red: both('rev_in'),
  },
  {
    name: 'no gradient of x from the deviation that rev_in returns',
    stands: [80],
    edits: [reversible('unit.pullback(ofY, ofLength)', 'unit.pullback(ofY)')],
    red: both('rev_in'),
  },
  {
    name: 'an inverse of rev_in that divides by γ + ε², as the code of the paper does',
    stands: [80],
    edits: [
      change('src/norms/definitions/rev-in.ts')(
        'weights = { gain: gamma, shift: beta, along: axis }',
        'weights = { gain: invert && gamma ? linear(gamma, 1, epsilon ** 2) : gamma, shift: beta, along: axis }',
        "import { linear } from '../../array/index.js';",
      ),
    ],
    // The vectors have an ε whose square is below their bound.
    red: [REVERSIBLE, ...laws('rev_in')],
  },
  {
    name: 'the gradient of β in the inverse of rev_in without its division by γ',
    stands: [80],
    edits: [reversible('broadcastTo(factor, mean.shape)', 'broadcastTo(s, mean.shape)')],
    red: both('rev_in'),
  },
  {
    name: 'a γ of 0 that the inverse of rev_in lets through',
    stands: [80],
    edits: [change('demandDivisors')('!specs[name]!.divides?.(options)', '!specs[name]')],
    red: [REVERSIBLE],
  },
  {
    name: 'the variances of switchable_norm mixed by the shares of the means',
    stands: [81],
    edits: [switchable('scale(spread(v), q[k]!)', 'scale(spread(v), p[k]!)')],
    red: both('switchable_norm'),
  },
  {
    name: 'a gradient of the mean of a layer or batch that is averaged over its parts and its numbers both',
    stands: [81],
    edits: [
      switchable(
        'scale(sumTo(a, length.shape), 1 / n)',
        'scale(sumTo(a, length.shape), length.size / (a.size * n))',
      ),
    ],
    red: both('switchable_norm'),
  },
  {
    name: 'the gradient of a deviation of switchable_norm without its share',
    stands: [81],
    edits: [switchable('scale(deviation, q[k]!)', 'deviation')],
    red: both('switchable_norm'),
  },
  {
    name: 'the gradient of a softmax that does not weigh the other shares',
    stands: [81],
    edits: [switchable('sum + share * w * (', 'sum + share * (')],
    red: both('switchable_norm'),
  },
  {
    name: 'the variances of switchable_norm in float32 mixed by the shares of the means',
    stands: [81],
    edits: [switchableNarrow('linear(v, q[k]!,', 'linear(v, p[k]!,')],
    red: [SWITCHABLE],
  },
  {
    name: 'a slope of switchable_norm in float32 that does not take the mean of its statistic off x',
    stands: [81],
    edits: [switchableNarrow('sub(shared(sum, p[k]!), mul(slopes[k]!, centers[k]!))', 'shared(sum, p[k]!)')],
    red: [SWITCHABLE],
  },
  {
    name: 'the gradient of x of switchable_norm in float32 in another unit than x',
    stands: [81],
    edits: [switchableNarrow('unit === 1 ? whole : after(whole, inUnit)', 'whole')],
    red: [SWITCHABLE],
  },
  {
    name: 'the gradient of a softmax of switchable_norm in float32 that does not weigh the other shares',
    stands: [81],
    edits: [switchableNarrow('share * w * (', 'share * (')],
    red: [SWITCHABLE],
  },
  {
    name: 'N of equal numbers from an ε that has lost its digits in the unit of huge numbers',
    stands: [75],
    edits: [
      change('src/norms/parts/masked-steps.ts')(
        'return v === 0 ? Math.sqrt(epsilon) * s : Math.sqrt(v + epsilon * s * s)',
        'return Math.max(Math.sqrt(v + epsilon * s * s), Math.sqrt(epsilon) * s)',
      ),
    ],
    red: [{ file: 'tests/norms/magnitudes.test.ts', only: 'equal numbers of any size' }],
  },
];
