import type { Figure } from '../../report/figure.js';
import type { Table } from '../../report/table.js';
import { showSpread } from '../../spread.js';
import { count } from '../../words.js';
import type { Findings } from '../experiment.js';
import type { Plan } from './plan.js';
import { type Rank, ranksOf } from './results.js';
import type { Epoch, Run } from './training.js';

/** What the runs say: one table of both kinds of networks, and their curves. */
export function findingsOf(plan: Plan, runs: readonly Run[]): Findings {
  const ranks = ranksOf(plan, runs);
  const names = ranks.map(({ variant }) => variant);
  const convnext = ranks.filter(({ network }) => network === 'convnext');
  const residual = ranks.filter(({ network }) => network === 'resnet');
  const responses = tableOf(convnext, true);
  const batches = tableOf(residual, false);
  const { train, test } = plan.split;
  const figures = (ranks: readonly Rank[]) => figuresOf(ranks, runs);
  return {
    data: {
      data: {
        source: plan.source,
        trainSamples: train.labels.length,
        testSamples: test.labels.length,
        classes: train.classes,
      },
      ranking: ranks,
      runs,
    },
    tables: [responses, batches].filter(({ rows }) => rows.length > 0),
    remarks: divergences(runs),
    names,
    sections: [
      {
        id: 'responses',
        title: 'Responses in ConvNeXt V2',
        note: 'Mean ± standard deviation over seeds, on the test samples after the last epoch. Diversity: how far apart the channels of each block are, 0 where they repeat each other and 0.5 where they are orthogonal.',
        table: responses,
        figures: figures(convnext),
      },
      {
        id: 'batches',
        title: 'Batch sizes of a residual network',
        note: 'Mean ± standard deviation over seeds. The training loss is that of the steps of the last epoch as they were made, with the statistics of their batches.',
        table: batches,
        figures: figures(residual),
      },
    ],
  };
}

function tableOf(ranks: readonly Rank[], diverse: boolean): Table {
  const best = Math.max(...ranks.map(({ accuracy }) => accuracy?.mean ?? -1));
  const columns = [
    { title: 'network', align: 'left' } as const,
    ...['test accuracy', 'test loss', 'training loss', ...(diverse ? ['diversity'] : []), 'diverged'].map(
      (title) => ({ title }),
    ),
  ];
  return {
    columns,
    rows: ranks.map(({ variant, accuracy, loss, trainLoss, diversity, diverged, runs }) => ({
      name: variant,
      cells: [
        variant,
        accuracy ? `${showSpread(accuracy, 2, 100)} %` : '–',
        showSpread(loss, 3),
        showSpread(trainLoss, 4),
        ...(diverse ? [diversity.map((spread) => showSpread(spread, 3)).join(', ') || '–'] : []),
        diverged ? `${diverged} of ${runs}` : '–',
      ],
      ...(accuracy?.mean === best && { best: [1] }),
      ...(diverged && { bad: [columns.length - 1] }),
    })),
  };
}

/** A mean over the seeds that got so far, by epoch. */
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
      const values = x.map((_, i) => {
        const known = own.flatMap(({ epochs }) => (epochs[i] ? quantity(epochs[i]) : []));
        return known.length === 0 ? null : known.reduce((sum, value) => sum + value, 0) / known.length;
      });
      return { name: variant, values };
    });
  const figure = { x, axis: 'epoch' } as const;
  return [
    { ...figure, title: 'Test accuracy', format: 'percent', zoomed: true, lines: lines((e) => e.accuracy) },
    { ...figure, title: 'Test loss', format: 'plain', log: true, lines: lines((e) => e.loss) },
    { ...figure, title: 'Training loss', format: 'plain', log: true, lines: lines((e) => e.trainLoss) },
  ];
}

function divergences(runs: readonly Run[]): readonly string[] {
  const diverged = runs.filter((run) => run.diverged !== undefined);
  if (diverged.length === 0) return [];
  const first = diverged[0]!;
  return [
    `${count(diverged.length, 'training')} diverged and ${diverged.length === 1 ? 'is' : 'are'} left out of the means; ` +
      `the first was ${first.variant}, seed ${first.seed}: ${first.diverged}`,
  ];
}
