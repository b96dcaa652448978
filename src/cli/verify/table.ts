import Table from 'cli-table3';
import { type Verification, failures, nearest } from '../../verify/report.js';

/**
 * A table of reports, one row per norm: how many trials, and how near the claims with a tolerance came to their bounds.
 */
export function table(reports: readonly Verification[]): string {
  const made = new Table({
    head: ['normalization', 'claims', 'trials', 'worst / bound', 'verdict'],
    colAligns: ['left', 'right', 'right', 'right', 'left'],
    style: { head: [], border: [], compact: true },
  });
  made.push(
    ...reports.map((report) => {
      const broken = failures(report).length;
      return [
        report.subject,
        String(report.claims.length),
        String(report.claims.reduce((sum, { trials }) => sum + trials, 0)),
        percent(nearest(report)),
        broken === 0 ? 'held' : `${broken} broken`,
      ];
    }),
  );
  return made.toString();
}

const percent = (ratio: number | null): string =>
  ratio === null ? 'exact' : ratio > 100 ? 'far past it' : `${(100 * ratio).toFixed(0)} %`;
