import { meanLine } from '../report/curve.js';
import type { Figure, Line } from '../report/figure.js';
import { type Results, finalRuns } from './results.js';
import { WORDS } from './task.js';
import type { Epoch } from './training.js';

/** The figures of the report. */
export function figuresOf(results: Results): Readonly<Record<'accuracy' | 'loss' | 'activations', Figure[]>> {
  const figure = (
    title: string,
    quantity: Quantity,
    look: Pick<Figure, 'format' | 'log' | 'zoomed'> = { format: 'plain' },
  ): Figure => ({ title, x: epochsOf(results), axis: 'epoch', lines: curves(results, quantity), ...look });
  const { score } = WORDS[results.data.task];
  const share = { format: results.data.task === 'classes' ? 'percent' : 'plain', zoomed: true } as const;
  const loss = { format: 'plain', log: true } as const;
  return {
    accuracy: [
      figure(`Test ${score}`, ({ accuracy }) => accuracy, share),
      figure(`Training ${score}`, ({ trainAccuracy }) => trainAccuracy, share),
    ],
    loss: [
      figure('Test loss', (epoch) => epoch.loss, loss),
      figure('Training loss', ({ trainLoss }) => trainLoss, loss),
    ],
    activations: results.settings.hidden.flatMap((units, i) => [
      figure(`Hidden layer ${i + 1} (${units}): RMS`, ({ layers }) => layers[i]?.rms),
      figure(`Hidden layer ${i + 1} (${units}): mean`, ({ layers }) => layers[i]?.mean),
    ]),
  };
}

type Quantity = (epoch: Epoch) => number | undefined;

/** The epochs, from 0. */
const epochsOf = ({ settings }: Results): number[] =>
  Array.from({ length: settings.epochs + 1 }, (_, epoch) => epoch);

/** The curves of a quantity: for each variant, in the order of the ranking, the mean over the seeds that got so far. */
const curves = (results: Results, quantity: Quantity): readonly Line[] =>
  results.ranking.map(({ variant }) => {
    const runs = finalRuns(results).filter((run) => run.variant === variant);
    return meanLine(variant, epochsOf(results), (epoch) =>
      runs.map(({ epochs }) => epochs[epoch] && quantity(epochs[epoch])),
    );
  });
