import { bitsPerCharacter } from '../../../train/index.js';
import type { Table } from '../../report/table.js';
import { showSpread, spreadOf } from '../../spread.js';
import type { Corpus } from './corpus.js';
import type { Run } from './run.js';

/**
 * What came of a training: numbers that were not finite; a model that was once so wrong that it needed twice the bits of
 * guessing, or in the end needs more than that; one that is no better than one that knows how frequent each character is;
 * or one that learned more.
 */
export type Verdict = 'not finite' | 'blew up' | 'worse than guessing' | 'frequencies' | 'learned';

const DIVERGED: readonly Verdict[] = ['not finite', 'blew up', 'worse than guessing'];

/** By how many bits a character a model must be better than the frequencies, to have learned more than them. */
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

/** The most bits for a character that a model needed whenever it was looked at. */
const peakOf = ({ points }: Pick<Run, 'points'>): number =>
  Math.max(...points.map(({ loss }) => bitsPerCharacter(loss)));

/** What came of one norm at one depth. */
export interface Cell {
  readonly variant: string;
  readonly layers: number;
  readonly verdicts: readonly Verdict[];
  /** Of the runs that came to their end. */
  readonly bitsPerCharacter: number | null;
  /** The most that a run needed whenever it was looked at. */
  readonly peakBits: number;
  /** At which step each run was given up; null where it was not. */
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
        bitsPerCharacter: bitsOf(own)?.mean ?? null,
        peakBits: Math.max(...own.map(peakOf)),
        stoppedAt: own.map(({ stopped, steps }) => (stopped === undefined ? null : steps + 1)),
      };
    }),
  );

/** One row a norm, one column a depth. */
export const depthTable = (
  variants: readonly string[],
  depths: readonly number[],
  runs: readonly Run[],
  corpus: Corpus,
): Table => ({
  columns: [
    { title: 'normalization', align: 'left' },
    ...depths.map((layers) => ({ title: layers === 1 ? '1 block' : `${layers} blocks` })),
  ],
  rows: variants.map((variant) => {
    const cells = depths.map((layers) =>
      cellOf(
        runs.filter((run) => run.variant === variant && run.layers === layers),
        corpus,
      ),
    );
    return {
      name: variant,
      cells: [variant, ...cells.map(({ text }) => text)],
      bad: cells.flatMap(({ bad }, i) => (bad ? [i + 1] : [])),
    };
  }),
});

function cellOf(own: readonly Run[], corpus: Corpus): { readonly text: string; readonly bad: boolean } {
  if (own.length === 0) return { text: '–', bad: false };
  const verdicts = own.map((run) => verdictOf(run, corpus));
  const broken = own.filter(({ loss }) => loss === undefined);
  const bits = showSpread(bitsOf(own), 2);
  const some = (verdict: Verdict): string => {
    const times = verdicts.filter((own) => own === verdict).length;
    return times === own.length ? '' : ` (${times} of ${own.length})`;
  };
  const parts = [
    broken.length < own.length ? bits : undefined,
    broken.length > 0 ? `not finite at step ${broken.map(({ steps }) => steps + 1).join(', ')}` : undefined,
    verdicts.includes('blew up')
      ? `up to ${Math.max(...own.map(peakOf)).toFixed(0)}${some('blew up')}`
      : undefined,
    ...(['worse than guessing', 'frequencies'] as const).map((verdict) =>
      verdicts.includes(verdict) ? `${verdict}${some(verdict)}` : undefined,
    ),
  ];
  const bad = verdicts.some((verdict) => DIVERGED.includes(verdict));
  return { text: parts.filter(Boolean).join(', '), bad };
}

const bitsOf = (runs: readonly Run[]) =>
  spreadOf(runs.flatMap(({ loss }) => (loss === undefined ? [] : bitsPerCharacter(loss))));
