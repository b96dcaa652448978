import type { Results } from '../sweep/results.js';
import type { Epoch } from '../sweep/training.js';

/** One variant in one chart. */
export interface Line {
  readonly variant: string;
  readonly color: string;
  readonly dashed: boolean;
  /** By epoch; null where there is nothing to draw. */
  readonly values: readonly (number | null)[];
}

/** The epochs there are to draw, from 0. */
export const epochsOf = ({ settings }: Results): number[] =>
  Array.from({ length: settings.epochs + 1 }, (_, epoch) => epoch);

/**
 * A quantity of each variant over the epochs: the mean over the seeds that got so far, in the order of the
 * ranking.
 */
export const curves = (
  results: Results,
  quantity: (epoch: Epoch) => number | null | undefined,
): readonly Line[] =>
  results.ranking.map(({ variant }, place) => {
    const runs = results.runs.filter((run) => run.variant === variant);
    const values = epochsOf(results).map((epoch) => {
      const known = runs
        .flatMap(({ epochs }) => (epochs[epoch] ? (quantity(epochs[epoch]) ?? []) : []))
        .filter(Number.isFinite);
      return known.length === 0 ? null : known.reduce((sum, x) => sum + x, 0) / known.length;
    });
    return { variant, ...inkOf(results, place), values };
  });

/** How a variant is drawn, wherever it is: by its place in the ranking; the baseline is grey and dashed. */
export function inkOf({ ranking }: Pick<Results, 'ranking'>, place: number) {
  const dashed = ranking[place]!.variant === 'none';
  return { dashed, color: dashed ? '#6b7280' : COLORS[place % COLORS.length]! };
}

/** Far apart from each other in hue or lightness, and dark enough on white. */
const COLORS = [
  '#2563eb',
  '#d97706',
  '#059669',
  '#dc2626',
  '#7c3aed',
  '#0891b2',
  '#be185d',
  '#65a30d',
  '#92400e',
  '#4338ca',
  '#f472b6',
  '#0f766e',
  '#a16207',
  '#1e3a8a',
];
