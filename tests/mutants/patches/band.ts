import { type Patch, both, change, clamps, vectors } from '../patch.js';

const FAMILY = ['band_rms', 'adaptive_band_rms', 'band_logit_norm'] as const;

const parts = change('src/norms');
const band = change('src/norms/definitions/band-rms.ts');
const adaptive = change('src/norms/definitions/adaptive-band-rms.ts');
const SLOPE = "curveBack('sigmoid', g, z, share)";
const STATISTICS = 'broadcastTo(reshape(ofLength, each), unit.length.shape)';

export const bands: readonly Patch[] = [
  {
    name: 'the factor 5 missing in the sigmoid of band_rms',
    stands: [21],
    edits: [band('STEEPNESS = 5', 'STEEPNESS = 1')],
    red: both('band_rms'),
  },
  {
    name: 'the factor 5 missing in the gradient of b alone',
    stands: [21],
    edits: [band('full(s.value.shape, ofScale', 'full(s.value.shape, ofScale / STEEPNESS')],
    red: both('band_rms'),
  },
  {
    name: 'the factor 5 missing in the sigmoid of adaptive_band_rms',
    stands: [21],
    edits: [adaptive('STEEPNESS = 5', 'STEEPNESS = 1')],
    red: both('adaptive_band_rms'),
  },
  {
    name: 'the factor 5 missing in the gradients of adaptive_band_rms alone',
    stands: [21],
    edits: [adaptive('s.pullback(ofScale)', 'map(s.pullback(ofScale), (slope) => slope / STEEPNESS)')],
    red: both('adaptive_band_rms'),
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
    edits: [parts(SLOPE, 'g')],
    red: both(...FAMILY),
  },
  {
    name: 'σ for σ′ in the slope of the band',
    stands: [23],
    edits: [parts(SLOPE, 'mul(g, share)', "import { mul } from '../../array/index.js';")],
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
    red: both('adaptive_band_rms'),
  },
  {
    name: '1 / count missing in the gradient of the statistics',
    stands: [27],
    edits: [adaptive('slope / groups', 'slope')],
    red: both('adaptive_band_rms'),
  },
  {
    name: '1 / q of the logarithm missing',
    stands: [28],
    edits: [adaptive('overShort(ofMean, q)', 'ofMean')],
    red: both('adaptive_band_rms'),
  },
  {
    name: 'the largest N for the mean of them, forward and backward',
    stands: [29],
    edits: [
      adaptive('mean(unit.short', 'max(unit.short', "import { max } from '../../array/index.js';"),
      adaptive(
        STATISTICS,
        `mul(${STATISTICS}, cast(zip(unit.short, reshape(q, each), (a, most) => (a === most ? groups : 0)), 'float64'))`,
        "import { zip } from '../../array/index.js';",
      ),
    ],
    red: both('adaptive_band_rms'),
  },
  {
    name: 'the first sample alone in the gradient of c',
    stands: [30],
    edits: [adaptive('sumTo(ofZ, bias!.shape)', 'reshape(ofZ.hi(1, bias!.shape[0]!) as never, bias!.shape)')],
    red: both('adaptive_band_rms'),
  },
  {
    name: 'the gradient of c averaged over the batch',
    stands: [30],
    edits: [adaptive('sumTo(ofZ, bias!.shape)', 'map(sumTo(ofZ, bias!.shape), (total) => total / batch)')],
    red: both('adaptive_band_rms'),
  },
  {
    name: 'the gradient of K averaged over the batch',
    stands: [30],
    edits: [
      adaptive(
        'sumTo(mul(logarithm, ofZ), kernel!.shape)',
        'map(sumTo(mul(logarithm, ofZ), kernel!.shape), (total) => total / batch)',
      ),
    ],
    red: both('adaptive_band_rms'),
  },
];
