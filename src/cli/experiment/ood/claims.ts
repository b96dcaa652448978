import { type Estimate, type Row, estimateOf } from './results.js';
import { OUTLIERS, type Outliers } from './samples.js';

/** That one method has the higher AUROC than another, as a paper found it on photographs. */
interface Claim {
  readonly better: string;
  readonly worse: string;
  readonly source: string;
}

const CLAIMS: readonly Claim[] = [
  { better: 'max_logit', worse: 'softmax', source: 'Hendrycks et al. 2022' },
  { better: 'logit_norm_loss', worse: 'softmax', source: 'Wei et al. 2022' },
  { better: 'max_cosine of features', worse: 'max_logit', source: 'Zhang and Xiang 2023' },
  { better: 'max_logit', worse: 'max_norm of features', source: 'Zhang and Xiang 2023' },
  { better: 'dml_plus of features', worse: 'max_logit', source: 'Zhang and Xiang 2023' },
  { better: 'dml_plus of features', worse: 'max_cosine of features', source: 'Zhang and Xiang 2023' },
  { better: 'dml_plus of features', worse: 'logit_norm_loss', source: 'Zhang and Xiang 2023' },
];

/** What became of a claim on one set of outliers. */
export interface Finding extends Claim {
  readonly outliers: Outliers;
  /** Of the AUROC, better less worse, seed by seed. */
  readonly difference: Estimate;
  /** Whether the 95 % confidence interval of the difference lies above 0, below it, or around it. */
  readonly verdict: 'reproduced' | 'reversed' | 'undecided';
}

/** The claims about methods that were both measured under the same seeds. */
export const findingsOn = (rows: readonly Row[]): readonly Finding[] =>
  CLAIMS.flatMap((claim) => OUTLIERS.flatMap((outliers) => findingOn(rows, claim, outliers) ?? []));

function findingOn(rows: readonly Row[], claim: Claim, outliers: Outliers): Finding | undefined {
  const under = (name: string): ReadonlyMap<number, number> => {
    const row = rows.find(({ method }) => method === name);
    const values = row?.outliers[outliers].auroc?.values ?? [];
    return new Map(values.map((value, i) => [row!.seeds[i]!, value]));
  };
  const [better, worse] = [under(claim.better), under(claim.worse)];
  const both = [...better.keys()].filter((seed) => worse.has(seed));
  const difference = estimateOf(both.map((seed) => better.get(seed)! - worse.get(seed)!));
  if (!difference) return undefined;
  const { low = -Infinity, high = Infinity } = difference;
  const verdict = low > 0 ? 'reproduced' : high < 0 ? 'reversed' : 'undecided';
  return { ...claim, outliers, difference, verdict };
}
