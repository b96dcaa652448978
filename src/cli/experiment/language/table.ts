import { bitsPerCharacter } from '../../../train/index.js';
import type { Table } from '../../report/table.js';
import { type Spread, showSpread, spreadOf } from '../../spread.js';
import type { Run } from './run.js';

/** How the models of one norm did, over the seeds whose training came to its end. */
export interface Rank {
  readonly variant: string;
  readonly runs: number;
  readonly diverged: number;
  /** On the held-out text; undefined where every run diverged. */
  readonly bitsPerCharacter: Spread | undefined;
  /** Over all steps, before clipping. */
  readonly gradients: Spread | undefined;
  /** The root mean square of what the last block passes on, in the end. */
  readonly activations: Spread | undefined;
  /** Of the fastest run. */
  readonly stepMilliseconds: number;
}

/** By bits for each character, the fewest first; norms of which nothing is left come last. */
export function rankingOf(variants: readonly string[], runs: readonly Run[]): readonly Rank[] {
  return variants
    .map((variant): Rank => {
      const own = runs.filter((run) => run.variant === variant);
      const whole = own.filter(({ stopped }) => stopped === undefined);
      const over = (quantity: (run: Run) => number) => spreadOf(whole.map(quantity));
      return {
        variant,
        runs: own.length,
        diverged: own.length - whole.length,
        bitsPerCharacter: over(({ loss }) => bitsPerCharacter(loss!)),
        gradients: over(({ points }) => spreadOf(points.flatMap(({ gradients }) => gradients ?? []))!.mean),
        activations: over(({ points }) => points.at(-1)!.activations.at(-1)!),
        stepMilliseconds: Math.min(...own.map(({ stepMilliseconds }) => stepMilliseconds)),
      };
    })
    .filter(({ runs }) => runs > 0)
    .sort((a, b) => (a.bitsPerCharacter?.mean ?? Infinity) - (b.bitsPerCharacter?.mean ?? Infinity));
}

const [BITS, DIVERGED] = [2, 6];

export const rankingTable = (ranking: readonly Rank[]): Table => ({
  columns: [
    { title: '' },
    { title: 'normalization', align: 'left' },
    ...['bits a character', 'gradients', 'RMS at the end', 'time a step', 'diverged'].map((title) => ({
      title,
    })),
  ],
  rows: ranking.map(
    ({ variant, bitsPerCharacter, gradients, activations, stepMilliseconds, diverged, runs }, i) => ({
      name: variant,
      cells: [
        String(i + 1),
        variant,
        showSpread(bitsPerCharacter, 3),
        showSpread(gradients, 2),
        showSpread(activations, 2),
        Number.isFinite(stepMilliseconds) ? `${stepMilliseconds.toFixed(0)} ms` : '–',
        diverged ? `${diverged} of ${runs}` : '–',
      ],
      best: i === 0 && bitsPerCharacter ? [BITS] : [],
      bad: diverged > 0 ? [DIVERGED] : [],
    }),
  ),
});
