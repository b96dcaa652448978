import { meanLine } from '../../report/curve.js';
import type { Figure } from '../../report/figure.js';
import type { Section } from '../../report/document.js';
import { type Table, headed } from '../../report/table.js';
import { PLUS_MINUS, fewSeeds, significance, significantSide } from '../estimate.js';
import { divergences } from '../divergences.js';
import { showEstimate } from '../../statistics/estimate.js';
import type { Findings } from '../experiment.js';
import { inWords } from '../recipe.js';
import type { Plan } from './plan.js';
import { type Rank, ranksOf } from './results.js';
import type { Epoch, Run } from './training.js';

/** The findings: tables of both kinds of networks, and their curves. */
export function findingsOf(plan: Plan, runs: readonly Run[]): Findings {
  const ranks = ranksOf(plan, runs);
  const names = ranks.map(({ variant }) => variant);
  const { train, test } = plan.split;
  const compared = ranks.filter(({ baseline }) => baseline !== undefined).length;
  const sections = (['convnext', 'resnet'] as const).flatMap((network): readonly Section[] => {
    const own = ranks.filter((rank) => rank.network === network);
    if (own.length === 0) return [];
    const diverse = own.some(({ diversity }) => diversity.length > 0);
    return [
      {
        id: network,
        title: TITLES[network],
        table: accuracyOf(own, compared),
        figures: figuresOf(own, runs),
      },
      { id: `${network}-losses`, title: 'Losses', note: LOSSES, table: lossesOf(own) },
      ...(diverse ? [{ id: 'diversity', title: 'Diversity', note: DIVERSITY, table: diversityOf(own) }] : []),
      { id: `${network}-recipes`, title: 'Recipes', note: RECIPES, table: recipesOf(own) },
    ];
  });
  const reading = `${PLUS_MINUS} Differences are to the first network of the kind with the same batch, seed by seed. ${significance(compared)}`;
  return {
    data: {
      data: {
        source: plan.source,
        trainSamples: train.labels.length,
        testSamples: test.labels.length,
        classes: train.classes,
      },
      ranking: ranks,
      tuning: plan.rates.tried,
      runs,
    },
    tables: sections.flatMap(({ table }) => table ?? []),
    reading: `${reading} ${LOSSES} ${DIVERSITY} ${RECIPES}`,
    remarks: [...fewSeeds(plan.settings.seeds), ...divergences(runs, ({ variant }) => variant)],
    names,
    sections: sections.map((section, i) => (i === 0 ? { ...section, note: reading } : section)),
  };
}

const TITLES = {
  convnext: 'Responses in ConvNeXt V2',
  resnet: 'Batch sizes of a residual network',
} as const;

const LOSSES =
  'The training loss is the mean over the steps of the last epoch, with batch statistics and the weights of each step.';

const DIVERSITY =
  'Diversity: the distance between the channels of each block, 0 if they repeat each other and 0.5 if they are orthogonal.';

const RECIPES =
  'Rates were chosen by the loss on validation images, a part of the training images, with a seed that no final training uses.';

/** The accuracy after the last epoch, and its difference from the baseline. */
const accuracyOf = (ranks: readonly Rank[], compared: number): Table => ({
  columns: headed('network', 'test accuracy, %', 'difference', 'diverged'),
  rows: ranks.map(({ variant, accuracy, baseline, difference, diverged, runs }) => {
    const side = difference && significantSide(difference, compared);
    return {
      name: variant,
      cells: [
        variant,
        showEstimate(accuracy, 2, { factor: 100 }),
        baseline === undefined ? 'baseline' : showEstimate(difference, 2, { factor: 100, signed: true }),
        diverged ? `${diverged} of ${runs}` : '–',
      ],
      best: side === 'above' ? [2] : [],
      bad: [...(side === 'below' ? [2] : []), ...(diverged ? [3] : [])],
    };
  }),
});

const lossesOf = (ranks: readonly Rank[]): Table => ({
  columns: headed('network', 'test loss', 'training loss'),
  rows: ranks.map(({ variant, loss, trainLoss }) => ({
    name: variant,
    cells: [variant, showEstimate(loss, 3), showEstimate(trainLoss, 4)],
  })),
});

const diversityOf = (ranks: readonly Rank[]): Table => ({
  columns: headed('network', 'diversity, block 1', 'block 2'),
  rows: ranks.map(({ variant, diversity }) => ({
    name: variant,
    cells: [variant, ...[0, 1].map((block) => showEstimate(diversity[block], 3))],
  })),
});

/** The settings of each network. */
const recipesOf = (ranks: readonly Rank[]): Table => ({
  columns: [...headed('network'), { title: 'options of its norm', align: 'left' }, { title: 'rate' }],
  rows: ranks.map(({ variant, normalization, learningRate }) => ({
    name: variant,
    cells: [variant, inWords(normalization), String(learningRate)],
  })),
});

/** Figures over the epochs: the mean over the seeds that got so far. */
function figuresOf(ranks: readonly Rank[], runs: readonly Run[]): readonly Figure[] {
  const most = Math.max(
    ...runs
      .filter(({ variant }) => ranks.some((rank) => rank.variant === variant))
      .map(({ epochs }) => epochs.length),
    0,
  );
  const x = Array.from({ length: most }, (_, i) => i + 1);
  const lines = (quantity: (epoch: Epoch) => number) =>
    ranks.map(({ variant }) => {
      const own = runs.filter((run) => run.variant === variant);
      return meanLine(variant, x, (epoch) =>
        own.map(({ epochs }) => epochs[epoch - 1] && quantity(epochs[epoch - 1]!)),
      );
    });
  const figure = { x, axis: 'epoch' } as const;
  return [
    { ...figure, title: 'Test accuracy', format: 'percent', zoomed: true, lines: lines((e) => e.accuracy) },
    { ...figure, title: 'Test loss', format: 'plain', log: true, lines: lines((e) => e.loss) },
    { ...figure, title: 'Training loss', format: 'plain', log: true, lines: lines((e) => e.trainLoss) },
  ];
}
