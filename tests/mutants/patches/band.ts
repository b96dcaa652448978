import { type Patch, both, change, clamps, laws, vectors } from '../patch.js';

const FAMILY = ['band_rms', 'adaptive_band_rms', 'band_logit_norm'] as const;

const parts = change('src/norms');
const band = change('src/norms/parts/band.ts');
const adaptive = change('src/norms/parts/adaptive-band.ts');
const SLOPE = "curveBack('sigmoid', g, z, share)";
const STATISTICS = 'broadcastTo(ofLength, unit.short.shape)';
const MAP = "import { map } from '../../array/index.js';";

const ONE = ['band_rms', 'zero_centered_band_rms_norm'] as const;
const BY_SIZE = ['adaptive_band_rms', 'zero_centered_adaptive_band_rms_norm'] as const;

export const bands: readonly Patch[] = [
  {
    name: 'the factor 5 missing in the sigmoid',
    stands: [21],
    edits: [band('STEEPNESS = 5', 'STEEPNESS = 1')],
    red: both(...ONE, ...BY_SIZE),
  },
  {
    name: 'the factor 5 missing in the gradient of b alone',
    stands: [21],
    edits: [band('dot(g, unit.value)', 'dot(g, unit.value) / STEEPNESS')],
    red: both(...ONE),
  },
  {
    name: 'the factor 5 missing in the gradients of adaptive_band_rms alone',
    stands: [21],
    edits: [
      adaptive('s.pullback(', '((g: NdArray) => map(s.pullback(g), (slope) => slope / STEEPNESS))(', MAP),
    ],
    red: both(...BY_SIZE),
  },
  {
    name: 'α missing in the slope of the band',
    stands: [22],
    edits: [parts('steepness * width', 'steepness')],
    red: both(...FAMILY),
  },
  {
    name: 'σ′ missing in the slope of the band',
    stands: [23],
    edits: [band(SLOPE, 'g')],
    red: both(...FAMILY),
  },
  {
    name: 'σ for σ′ in the slope of the band',
    stands: [23],
    edits: [band(SLOPE, 'mul(g, share)')],
    red: both(...FAMILY),
  },
  {
    name: '1 + α σ for 1 − α + α σ',
    stands: [24],
    edits: [parts('share, width, 1 - width', 'share, width, 1')],
    red: both(...FAMILY),
  },
  {
    name: 'the gradient not cut where the clamp holds',
    stands: [25],
    edits: [change('src/kernels')('own; live = 0', 'own')],
    red: [...clamps('band_rms', 'adaptive_band_rms'), ...vectors('band_rms')],
  },
  {
    name: 'no clamp',
    stands: [25],
    edits: [parts("clamp: { total: 'mean', bound: 'clamped' }", "clamp: { total: 'mean', bound: 'added' }")],
    red: [
      ...vectors('band_rms'),
      { file: 'tests/norms/identities.test.ts', only: 'above ε = 1 the clamp of the band family' },
    ],
  },
  {
    name: 'the statistics detached',
    stands: [26],
    edits: [adaptive(STATISTICS, 'undefined')],
    red: both(...BY_SIZE),
  },
  {
    name: '1 / count missing in the gradient of the statistics',
    stands: [27],
    edits: [adaptive('scale(g, 1 / count)', 'g')],
    red: both(...BY_SIZE),
  },
  {
    name: '1 / q of the logarithm missing',
    stands: [28],
    edits: [adaptive("overShort(cast(ofLogarithm, 'float64'), size.value)", "cast(ofLogarithm, 'float64')")],
    red: both(...BY_SIZE),
  },
  {
    name: 'the largest N for the mean of them, forward and backward',
    stands: [29],
    edits: [
      adaptive('mean(lengths, rest)', 'max(lengths, rest)', "import { max } from '../../array/index.js';"),
      adaptive(
        'scale(g, 1 / count)',
        'mul(g, zip(lengths, max(max(lengths, rest), []), (a, b) => Number(a === b || count === 0)))',
        "import { zip } from '../../array/index.js';",
      ),
    ],
    red: both(...BY_SIZE),
  },
  {
    name: 'the first sample alone in the gradient of c',
    stands: [30],
    edits: [adaptive('sumTo(ofZ, layout)', 'sumTo(ofZ.hi(1, ...ofZ.shape.slice(1)) as NdArray, layout)')],
    red: both(...BY_SIZE),
  },
  {
    name: 'the gradient of c averaged over the batch',
    stands: [30],
    edits: [adaptive('sumTo(ofZ, layout)', 'scale(sumTo(ofZ, layout), 1 / shape[0]!)')],
    red: both(...BY_SIZE),
  },
  {
    name: 'the gradient of K averaged over the batch',
    stands: [30],
    edits: [
      adaptive(
        'sumTo(mul(logarithm, ofZ), layout)',
        'scale(sumTo(mul(logarithm, ofZ), layout), 1 / shape[0]!)',
      ),
    ],
    red: both(...BY_SIZE),
  },
  {
    name: 'the steps so far without the step itself, forward and backward',
    stands: [29],
    edits: [
      adaptive('{ reverse: false, exclusive: false }', '{ reverse: false, exclusive: true }'),
      adaptive('{ reverse: true, exclusive: false }', '{ reverse: true, exclusive: true }'),
    ],
    red: vectors('adaptive_band_rms'),
  },
  {
    name: 'earlier steps for later ones in the gradient of the steps so far',
    stands: [27],
    edits: [adaptive('{ reverse: true,', '{ reverse: false,')],
    // The vectors of the zero-centered one have no causal case.
    red: [...both('adaptive_band_rms'), ...laws('zero_centered_adaptive_band_rms_norm')],
  },
];
