import { bitsPerCharacter } from '../../../train/index.js';
import type { Table } from '../../report/table.js';
import { count } from '../../words.js';
import { differenceOf, estimateOf, significantSide } from '../estimate.js';
import { showEstimate } from '../../statistics/estimate.js';
import type { Corpus } from './corpus.js';
import type { Run } from './run.js';
import { bitsBySeed } from './table.js';

/**
 * The verdict on a training. 'not finite': its numbers overflowed; 'blew up': at some point the model needed over twice
 * the bits of guessing; 'worse than guessing': it ends with more bits than guessing; 'frequencies': it is no better
 * than knowing the character frequencies; 'learned': it is better.
 */
export type Verdict = 'not finite' | 'blew up' | 'worse than guessing' | 'frequencies' | 'learned';

const VERDICTS: readonly Verdict[] = [
  'not finite',
  'blew up',
  'worse than guessing',
  'frequencies',
  'learned',
];

const DIVERGED: readonly Verdict[] = ['not finite', 'blew up', 'worse than guessing'];

/** The bits per character by which a model must beat the frequencies to count as 'learned'. */
const MARGIN = 0.05;

export function verdictOf(
  run: Pick<Run, 'loss' | 'points'>,
  { uniformBits, frequencyBits }: Pick<Corpus, 'uniformBits' | 'frequencyBits'>,
): Verdict {
  if (run.loss === undefined) return 'not finite';
  const bits = bitsPerCharacter(run.loss);
  if (peakOf(run) > 2 * uniformBits) return 'blew up';
  if (bits > uniformBits) return 'worse than guessing';
  return bits > frequencyBits - MARGIN ? 'frequencies' : 'learned';
}

/** The most bits per character that a model needed at any probe. */
const peakOf = ({ points }: Pick<Run, 'points'>): number =>
  Math.max(...points.map(({ loss }) => bitsPerCharacter(loss)));

/** The results of one norm at one depth. */
interface Cell {
  readonly variant: string;
  readonly layers: number;
  readonly verdicts: readonly Verdict[];
  /** The mean over the finished runs. */
  readonly bitsPerCharacter: number | null;
  /** The most bits that a run needed at any probe. */
  readonly peakBits: number;
  /** The step at which each run was stopped; null for finished runs. */
  readonly stoppedAt: readonly (number | null)[];
}

export const cellsOf = (
  variants: readonly string[],
  depths: readonly number[],
  runs: readonly Run[],
  corpus: Corpus,
): readonly Cell[] =>
  variants.flatMap((variant) =>
    depths.flatMap((layers) => {
      const own = runs.filter((run) => run.variant === variant && run.layers === layers);
      if (own.length === 0) return [];
      return {
        variant,
        layers,
        verdicts: own.map((run) => verdictOf(run, corpus)),
        bitsPerCharacter: estimateOf([...bitsBySeed(variant, own).values()])?.mean ?? null,
        peakBits: Math.max(...own.map(peakOf)),
        stoppedAt: own.map(({ stopped, steps }) => (stopped === undefined ? null : steps + 1)),
      };
    }),
  );

/** The table of one depth: bits, differences from the baseline, and verdicts. */
export function depthTable(
  variants: readonly string[],
  layers: number,
  baseline: string,
  runs: readonly Run[],
  corpus: Pick<Corpus, 'uniformBits' | 'frequencyBits'>,
): Table {
  const here = runs.filter((run) => run.layers === layers);
  const reference = bitsBySeed(baseline, here);
  return {
    columns: [
      { title: count(layers, 'block'), align: 'left' },
      { title: 'bits per character' },
      { title: `to ${baseline}` },
      { title: 'outcome', align: 'left' },
    ],
    rows: variants.map((variant) => {
      const own = here.filter((run) => run.variant === variant);
      const bits = bitsBySeed(variant, here);
      const difference = variant === baseline ? undefined : differenceOf(bits, reference);
      const side = difference && significantSide(difference, variants.length - 1);
      const { text, bad } = outcomeOf(own, corpus);
      return {
        name: variant,
        cells: [
          variant,
          showEstimate(estimateOf([...bits.values()]), 2),
          variant === baseline ? 'baseline' : showEstimate(difference, 2, { signed: true }),
          text,
        ],
        best: side === 'below' ? [2] : [],
        bad: [...(side === 'above' ? [2] : []), ...(bad ? [3] : [])],
      };
    }),
  };
}

function outcomeOf(
  own: readonly Run[],
  corpus: Pick<Corpus, 'uniformBits' | 'frequencyBits'>,
): { readonly text: string; readonly bad: boolean } {
  if (own.length === 0) return { text: '–', bad: false };
  const verdicts = own.map((run) => verdictOf(run, corpus));
  const of = (verdict: Verdict): readonly Run[] => own.filter((_, i) => verdicts[i] === verdict);
  const parts = VERDICTS.flatMap((verdict) => {
    const those = of(verdict);
    if (those.length === 0) return [];
    const times = those.length === own.length ? '' : ` (${those.length} of ${own.length})`;
    return `${inWords(verdict, those)}${times}`;
  });
  return { text: parts.join(', '), bad: verdicts.some((verdict) => DIVERGED.includes(verdict)) };
}

function inWords(verdict: Verdict, runs: readonly Run[]): string {
  if (verdict === 'not finite') return `not finite at step ${runs.map(({ steps }) => steps + 1).join(', ')}`;
  if (verdict === 'blew up') return `up to ${Math.max(...runs.map(peakOf)).toFixed(0)} bits`;
  return verdict;
}
