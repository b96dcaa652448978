import { bitsPerCharacter } from '../../../train/index.js';
import { type Table, headed } from '../../report/table.js';
import { type BySeed, type Estimate, differenceOf, estimateOf, significantSide } from '../estimate.js';
import { showEstimate } from '../../statistics/estimate.js';
import type { Run } from './run.js';

/** The results of one norm, over the seeds whose training finished. */
export interface Rank {
  readonly variant: string;
  readonly runs: number;
  readonly diverged: number;
  /** On the held-out text; undefined if every run diverged. */
  readonly bitsPerCharacter: Estimate | undefined;
  /** The difference from the baseline in bits, seed by seed; undefined for the baseline. */
  readonly difference: Estimate | undefined;
  /** The gradient norm before clipping, over all steps. */
  readonly gradients: Estimate | undefined;
  /** The root mean square of the output of the last block, at the end. */
  readonly activations: Estimate | undefined;
  /** The time of the fastest run. */
  readonly stepMilliseconds: number;
}

/** The ranking by bits per character, the fewest first; norms whose runs all diverged come last. */
export function rankingOf(
  variants: readonly string[],
  baseline: string,
  runs: readonly Run[],
): readonly Rank[] {
  const reference = bitsBySeed(baseline, runs);
  return variants
    .map((variant): Rank => {
      const own = runs.filter((run) => run.variant === variant);
      const whole = own.filter(({ stopped }) => stopped === undefined);
      const over = (quantity: (run: Run) => number) => estimateOf(whole.map(quantity));
      return {
        variant,
        runs: own.length,
        diverged: own.length - whole.length,
        bitsPerCharacter: over(({ loss }) => bitsPerCharacter(loss!)),
        difference: variant === baseline ? undefined : differenceOf(bitsBySeed(variant, runs), reference),
        gradients: over(({ points }) => estimateOf(points.flatMap(({ gradients }) => gradients ?? []))!.mean),
        activations: over(({ points }) => points.at(-1)!.activations.at(-1)!),
        stepMilliseconds: Math.min(...own.map(({ stepMilliseconds }) => stepMilliseconds)),
      };
    })
    .filter(({ runs }) => runs > 0)
    .sort((a, b) => (a.bitsPerCharacter?.mean ?? Infinity) - (b.bitsPerCharacter?.mean ?? Infinity));
}

/** The bits per character of the finished runs, by seed. */
export const bitsBySeed = (variant: string, runs: readonly Run[]): BySeed =>
  new Map(
    runs.flatMap((run) =>
      run.variant === variant && run.loss !== undefined ? [[run.seed, bitsPerCharacter(run.loss)]] : [],
    ),
  );

const DIFFERENCE = 2;

/** The table of bits and their differences from the baseline; a difference is marked if it is significant. */
export const bitsTable = (ranking: readonly Rank[], baseline: string): Table => ({
  columns: headed('normalization', 'bits per character', `to ${baseline}`, 'seeds'),
  rows: ranking.map(({ variant, bitsPerCharacter, difference, runs, diverged }) => {
    const side = difference && significantSide(difference, ranking.length - 1);
    return {
      name: variant,
      cells: [
        variant,
        showEstimate(bitsPerCharacter, 3),
        variant === baseline ? 'baseline' : showEstimate(difference, 3, { signed: true }),
        diverged ? `${runs - diverged} of ${runs}` : String(runs),
      ],
      best: side === 'below' ? [DIFFERENCE] : [],
      bad: [...(side === 'above' ? [DIFFERENCE] : []), ...(diverged > 0 ? [DIFFERENCE + 1] : [])],
    };
  }),
});

/** The table of gradients, activations and times. */
export const trainingTable = (ranking: readonly Rank[]): Table => ({
  columns: [
    { title: 'normalization', align: 'left' },
    ...['gradients', 'RMS at the end', 'time per step'].map((title) => ({ title })),
  ],
  rows: ranking.map(({ variant, gradients, activations, stepMilliseconds }) => ({
    name: variant,
    cells: [
      variant,
      showEstimate(gradients, 2),
      showEstimate(activations, 2),
      Number.isFinite(stepMilliseconds) ? `${stepMilliseconds.toFixed(0)} ms` : '–',
    ],
  })),
});
