import { type Row, type Table, headed, inLines } from '../report/table.js';
import { sparkline } from '../sparkline.js';
import { showEstimate } from '../statistics/estimate.js';
import type { Verdict } from '../statistics/verdict.js';
import { type Results, finalRuns } from './results.js';
import type { Rank } from './ranking.js';
import { WORDS } from './task.js';

type Shown = Pick<Results, 'data' | 'ranking' | 'baseline' | 'runs' | 'settings'>;

/** The width of a curve, in characters. */
const WIDTH = 8;

/** The most characters of a name in the terminal, so that tables fit into 80 columns. */
const NAME = 22;

/** The table of the ranking, in groups: better than the baseline, tied with it, worse. */
export function rankingTable(results: Shown): Table {
  const { data, ranking, baseline } = results;
  const { title, factor, digits } = WORDS[data.task];
  const curves = curvesOf(results);
  const [DIFFERENCE, VERDICT] = [2, 3];
  return {
    columns: [
      { title: 'normalization', align: 'left' },
      { title },
      { title: `− ${short(baseline, 10)}` },
      { title: 'verdict', align: 'left' },
      { title: 'loss', align: 'left' },
    ],
    rows: ranking.map(({ variant, accuracy, difference }): Row => {
      const marked = [DIFFERENCE, VERDICT];
      return {
        name: variant,
        cells: [
          variant,
          showEstimate(accuracy, digits, { factor }),
          variant === baseline ? '' : showEstimate(difference, digits, { factor, signed: true }),
          variant === baseline ? 'baseline' : VERDICTS[difference?.verdict ?? 'unknown'],
          curves.get(variant) ?? '',
        ],
        best: difference?.verdict === 'better' ? marked : [],
        bad: difference?.verdict === 'worse' ? marked : [],
      };
    }),
  };
}

const VERDICTS: Readonly<Record<Verdict, string>> = {
  better: 'better',
  worse: 'worse',
  tied: 'tied',
  unknown: '–',
};

/** The table of further figures: learning rate, loss, step time and runs. */
export function costTable({ data, ranking, baseline, settings }: Shown): Table {
  const RUNS = 4;
  return {
    columns: headed(
      'normalization',
      'rate',
      data.task === 'numbers' ? 'test MSE' : 'test loss',
      `step ÷ ${short(baseline, 10)}`,
      'runs',
    ),
    rows: ranking.map(({ variant, learningRate, loss, time, runs, diverged, didNotLearn }): Row => ({
      name: variant,
      cells: [
        variant,
        String(learningRate),
        showEstimate(loss, decimalsOf(loss)),
        time ? showTime(time) : '–',
        runs < settings.seeds ? `${runs}/${settings.seeds}` : String(runs),
      ],
      bad: diverged + didNotLearn > 0 ? [RUNS] : [],
    })),
  };
}

/** The table of accuracies on the validation samples at each learning rate, with the chosen one marked. */
export function tuningTable(
  { data, tunings, settings }: Pick<Results, 'data' | 'tunings' | 'settings'>,
  rates = sortedRates(settings),
): Table {
  const { factor, digits } = WORDS[data.task];
  return {
    columns: headed('normalization', ...rates.map(String)),
    rows: tunings.map(({ variant, trials, learningRate }) => ({
      name: variant,
      cells: [
        variant,
        ...rates.map((rate) => {
          const { accuracy } = trials.find((trial) => trial.learningRate === rate)!;
          const share = (factor * accuracy).toFixed(digits);
          return rate === learningRate ? `→ ${share}` : share;
        }),
      ],
      best: rates.includes(learningRate) ? [rates.indexOf(learningRate) + 1] : [],
    })),
  };
}

/** The same in several tables with few rates each, so that they fit into 80 columns. */
export const tuningTables = (results: Pick<Results, 'data' | 'tunings' | 'settings'>): readonly Table[] => {
  const rates = sortedRates(results.settings);
  const starts = rates.map((_, i) => i).filter((i) => i % RATES === 0);
  return starts.map((start) => narrow(tuningTable(results, rates.slice(start, start + RATES))));
};

/** The most learning rates in one table in the terminal. */
const RATES = 5;

const sortedRates = ({ learningRates }: Results['settings']): readonly number[] =>
  [...learningRates].sort((a, b) => a - b);

/** Three decimals, or more if the loss is too small for them. */
const decimalsOf = (loss: Rank['loss']): number =>
  loss && loss.mean > 0 ? Math.min(20, 3 + Math.max(0, -Math.floor(Math.log10(loss.mean)) - 2)) : 3;

/** The median and quartiles of a ratio: '1.17 (1.12–1.22)'. */
function showTime({ ratio: { median, low, high } }: NonNullable<Rank['time']>): string {
  const decimals = median < 10 ? 2 : 1;
  const [middle, from, to] = [median, low, high].map((value) => value.toFixed(decimals));
  return `${middle} (${from}–${to})`;
}

/** The table with long names cut, so that it fits into 80 columns of a terminal. */
export function narrow(table: Table): Table {
  const { columns, rows } = inLines(table);
  const cut = rows.map(({ cells: [name = '', ...cells], ...row }) => ({
    ...row,
    cells: [short(name, NAME), ...cells],
  }));
  return { columns, rows: cut };
}

/** A name of at most `most` characters: its beginning and its end. */
const short = (name: string, most: number): string =>
  name.length <= most
    ? name
    : `${name.slice(0, Math.ceil(most / 2) - 1)}…${name.slice(-Math.floor(most / 2))}`;

/** The loss of each variant over the epochs, on one logarithmic scale for all. */
function curvesOf({ ranking, runs }: Shown): ReadonlyMap<string, string> {
  const curves = ranking.map(({ variant }) => {
    const own = finalRuns({ runs }).filter((run) => run.variant === variant);
    const length = Math.max(...own.map(({ epochs }) => epochs.length));
    return Array.from({ length }, (_, epoch) => {
      const losses = own.flatMap(({ epochs }) => (epochs[epoch] ? [Math.log(epochs[epoch].loss)] : []));
      return losses.reduce((sum, loss) => sum + loss, 0) / losses.length;
    });
  });
  const known = curves.flat().filter(Number.isFinite);
  const limits = [Math.min(...known), Math.max(...known)] as const;
  return new Map(ranking.map(({ variant }, i) => [variant, sparkline(curves[i]!, WIDTH, limits)]));
}
