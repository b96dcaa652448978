import { type Estimate, differenceOf, significantSide } from '../estimate.js';
import { type Row, aurocBySeed } from './results.js';
import { OUTLIERS, type Outliers } from './samples.js';

/** A claim of a paper, measured on photographs: one method has a higher AUROC than another. */
interface Claim {
  /** In the words of the paper. */
  readonly name: string;
  readonly better: string;
  readonly worse: string;
  readonly source: string;
}

const CLAIMS: readonly Claim[] = [
  { name: 'MaxLogit over softmax', better: 'max_logit', worse: 'softmax', source: 'Hendrycks et al. 2022' },
  { name: 'LogitNorm over softmax', better: 'logit_norm_loss', worse: 'softmax', source: 'Wei et al. 2022' },
  {
    name: 'MaxCosine over MaxLogit',
    better: 'max_cosine of features',
    worse: 'max_logit',
    source: 'Zhang and Xiang 2023',
  },
  {
    name: 'MaxLogit over MaxNorm',
    better: 'max_logit',
    worse: 'max_norm of features',
    source: 'Zhang and Xiang 2023',
  },
  {
    name: 'DML+ over MaxLogit',
    better: 'dml_plus of features',
    worse: 'max_logit',
    source: 'Zhang and Xiang 2023',
  },
  {
    name: 'DML+ over MaxCosine',
    better: 'dml_plus of features',
    worse: 'max_cosine of features',
    source: 'Zhang and Xiang 2023',
  },
  {
    name: 'DML+ over LogitNorm',
    better: 'dml_plus of features',
    worse: 'logit_norm_loss',
    source: 'Zhang and Xiang 2023',
  },
];

/** The result of a claim on one set of outliers. */
export interface Finding extends Claim {
  readonly outliers: Outliers;
  /** The AUROC of `better` minus that of `worse`, seed by seed. */
  readonly difference: Estimate;
  /** On which side of 0 the difference lies significantly, as one of all claims. */
  readonly verdict: 'reproduced' | 'reversed' | 'undecided';
}

/** The results of the claims whose two methods were measured under the same seeds. */
export function findingsOn(rows: readonly Row[]): readonly Finding[] {
  const found = CLAIMS.flatMap((claim) =>
    OUTLIERS.flatMap((outliers) => {
      const difference = differenceOn(rows, claim, outliers);
      return difference ? [{ ...claim, outliers, difference }] : [];
    }),
  );
  return found.map((one) => ({ ...one, verdict: VERDICTS[significantSide(one.difference, found.length)] }));
}

function differenceOn(rows: readonly Row[], claim: Claim, outliers: Outliers): Estimate | undefined {
  const [better, worse] = [claim.better, claim.worse].map((name) =>
    rows.find(({ method }) => method === name),
  );
  return better && worse && differenceOf(aurocBySeed(better, outliers), aurocBySeed(worse, outliers));
}

const VERDICTS = { above: 'reproduced', below: 'reversed', undecided: 'undecided' } as const;
