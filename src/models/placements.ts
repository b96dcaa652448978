import { NormtapeError } from '../error.js';
import { flag, number, numberOrWord } from '../option/index.js';
import { withZeroGain } from './normalization.js';
import { type Site, type Source, type StatedWiring, define, each } from './placement.js';
import { DEEP_NORM, STACK, SUB_LN, byStack } from './stack.js';

const arxiv = (name: string, id: string): Source => ({ name, url: `https://arxiv.org/abs/${id}` });

const pre = (site: Site): StatedWiring => each(site, (norm) => ({ before: norm }));

const post = (site: Site): StatedWiring => ({
  ...each(site, (norm) => ({ after: norm })),
  endsWithNorm: false,
});

/** All placements of norms in a block, by name. */
export const placements = {
  pre: define({
    about: 'A norm before each sublayer.',
    formula: 'x + f(N(x))',
    sources: [arxiv('Xiong et al. 2020', '2002.04745')],
    options: {},
    wire: pre,
  }),

  post: define({
    about: 'A norm after each sum.',
    formula: 'N(x + f(x))',
    sources: [arxiv('Vaswani et al. 2017', '1706.03762')],
    options: {},
    wire: post,
  }),

  sandwich: define({
    about: 'A norm before each sublayer, and another of its output.',
    formula: 'x + N′(f(N(x)))',
    sources: [arxiv('Ding et al. 2021', '2105.13290'), arxiv('Kim et al. 2025', '2502.02732')],
    options: {},
    wire: (site) => each(site, (norm) => ({ before: norm, output: norm })),
  }),

  output: define({
    about: 'A norm of the output of each sublayer, and of queries and keys.',
    formula: 'x + N(f(x))',
    start: 'with `zeroGain`, γ = 0: a block returns x',
    sources: [arxiv('Team OLMo 2025', '2501.00656'), arxiv('Liu et al. 2021', '2111.09883')],
    options: {
      queryKey: flag(true, 'Whether queries and keys are normalized too, each head by itself.'),
      zeroGain: flag(false, 'Whether the gains of the norms start at 0, as in Swin Transformer V2.'),
    },
    wire: (site, { queryKey, zeroGain }) => ({
      ...each(site, (norm) => ({ output: zeroGain ? withZeroGain(`${site.where}.zeroGain`, norm) : norm })),
      inside: { attention: queryKey ? { queryKeyNormalization: site.attention } : {} },
    }),
  }),

  deep_norm: define({
    about: 'A norm after each sum, in which x has a weight above 1.',
    formula: 'N(α x + f(x))',
    start: 'in N blocks, α = (2N)^¼; kernels of values, output layer and MLP times (8N)^−¼',
    sources: [arxiv('Wang et al. 2022', '2203.00555')],
    options: STACK,
    wire(site, options) {
      const { alpha, beta } = byStack(site, options, DEEP_NORM);
      return {
        ...each(site, (norm) => ({ skip: alpha, after: norm })),
        inside: { attention: { kernelGain: beta }, mlp: { kernelGain: beta } },
        endsWithNorm: false,
      };
    },
  }),

  layer_norm_scaling: define({
    about: 'A norm before each sublayer, divided by √ℓ in the ℓ-th block.',
    formula: 'x + f(N(x) / √ℓ)',
    sources: [arxiv('Sun et al. 2025', '2502.05795')],
    options: {},
    wire: (site) => each(site, (norm) => ({ before: norm, scale: 1 / Math.sqrt(site.index() + 1) })),
  }),

  sub_ln: define({
    about: 'A norm before each sublayer, and one before its last layer.',
    formula: 'x + f(N(x)), with N′ before the last layer of f',
    start: 'in N blocks, kernels of values, output layer and MLP times √(ln 2N)',
    sources: [arxiv('Wang et al. 2022', '2210.06423')],
    options: STACK,
    wire(site, options) {
      const kernelGain = byStack(site, options, SUB_LN);
      return {
        ...pre(site),
        inside: {
          attention: { innerNormalization: site.attention, kernelGain },
          mlp: { innerNormalization: site.mlp, kernelGain },
        },
      };
    },
  }),

  layer_scale: define({
    about: 'A norm before each sublayer, and a small learned factor for each feature of its output.',
    formula: 'x + λ ⊙ f(N(x))',
    start: 'λ = `initial`, by default 1e-5',
    sources: [arxiv('Touvron et al. 2021', '2103.17239')],
    options: { initial: number(1e-5, 'The initial value of λ.', { explore: [1e-6, 1] }) },
    wire: (site, { initial }) =>
      each(site, (norm) => ({ before: norm, output: { type: 'layer_scale', initial } })),
  }),

  re_zero: define({
    about: 'No norm, but one learned factor for the output of each sublayer.',
    formula: 'x + α f(x)',
    start: 'α = 0: a block returns x',
    sources: [arxiv('Bachlechner et al. 2020', '2003.04887')],
    options: {},
    wire: (site) => ({
      ...each(site, () => ({ output: { type: 'layer_scale', axis: [], initial: 0 } })),
      endsWithNorm: false,
    }),
  }),

  hybrid: define({
    about: 'Norms of queries, keys and values; for the MLP, one of both terms of the sum.',
    formula: 'y = x + a(x), with N of queries, keys and values; then N(y) + m(N(y))',
    sources: [arxiv('Zhuo et al. 2025', '2503.04598')],
    options: {
      firstPre: flag(false, 'Whether the first block also has norms as pre does, as in HybridNorm*.'),
    },
    wire(site, { firstPre }) {
      const { attention, mlp } = site;
      const inside = { attention: { queryKeyNormalization: attention, valueNormalization: attention } };
      return firstPre && site.index() === 0
        ? { ...pre(site), inside }
        : { attention: {}, mlp: { before: mlp, skip: 'read' }, inside };
    },
  }),

  mix: define({
    about: 'Like post in the first k blocks, like pre in the others.',
    formula: 'N(x + f(x)) in the first k blocks, then x + f(N(x))',
    sources: [arxiv('Li et al. 2024', '2412.13795')],
    options: {
      first: numberOrWord(
        'quarter',
        'The number k of the first blocks; or quarter for a fourth of all, rounded down.',
        ['quarter'],
        { min: 0, whole: true, explore: [0, 4] },
      ),
    },
    wire(site, { first }) {
      const depth = site.depth();
      const count = first === 'quarter' ? Math.floor(depth / 4) : first;
      if (count > depth) {
        const expected = `a whole number from 0 to ${depth}, the number of blocks, or quarter`;
        throw new NormtapeError({ where: `${site.where}.first`, expected, received: first });
      }
      return site.index() < count ? post(site) : pre(site);
    },
  }),

  parallel: define({
    about: 'One norm before attention and the MLP, and one sum.',
    formula: 'x + a(N(x)) + m(N(x))',
    sources: [arxiv('Chowdhery et al. 2022', '2204.02311')],
    options: {},
    wire: ({ attention }) => ({ attention: { before: attention }, mlp: undefined }),
  }),
};
