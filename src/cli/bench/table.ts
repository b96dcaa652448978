import Table from 'cli-table3';
import type { Ranked } from './ranking.js';

/** The ranking as a table, one row per norm: forward / forward and backward, in copies of x, at each width. */
export function table(ranking: readonly Ranked[], widths: readonly number[]): string {
  const made = new Table({
    head: ['', 'normalization', ...widths.map((width) => `width ${width}`), 'in all'],
    colAligns: ['right', 'left', ...widths.map(() => 'right' as const), 'right'],
    style: { head: [], border: [], compact: true },
  });
  made.push(
    ...ranking.map(({ rank, type, forward, both, score }) => [
      String(rank),
      type,
      ...widths.map((_, k) => `${show(forward[k]!.ratio)} / ${show(both[k]!.ratio)}`),
      show(score),
    ]),
  );
  return made.toString();
}

const show = (ratio: number): string => (ratio < 9.95 ? ratio.toFixed(1) : ratio.toFixed(0));
