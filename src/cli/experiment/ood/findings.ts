import type { Column, Row as TableRow, Table } from '../../report/table.js';
import { count } from '../../words.js';
import type { Findings } from '../experiment.js';
import { type Finding, findingsOn } from './claims.js';
import { INLIERS, histogram } from './histogram.js';
import { type Method, scoresOf } from './methods.js';
import type { Plan } from './plan.js';
import { MEASURES, type Row, rowsOf, showEstimate } from './results.js';
import { OUTLIERS, type Outliers } from './samples.js';
import type { Run } from './training.js';

const TITLES = { auroc: 'AUROC', auprIn: 'AUPR in', auprOut: 'AUPR out', fpr95: 'FPR95' } as const;

const WHAT = 'In percent, the mean over seeds and half its 95 % confidence interval.';

/** What the runs say: how well each method tells each sort of outliers, and what that makes of the papers' claims. */
export function findingsOf(plan: Plan, runs: readonly Run[]): Findings {
  const { methods, folds, source } = plan;
  const rows = rowsOf(methods, folds, runs);
  const claims = findingsOn(rows);
  const overview = overviewOf(
    rows.filter(({ sees }) => sees === 'logits'),
    true,
  );
  const features = overviewOf(
    rows.filter(({ sees }) => sees === 'features'),
    false,
  );
  const verdicts = verdictsOf(claims);
  return {
    data: {
      data: {
        source,
        folds: folds.map(({ seed, heldOut, inliers: { train, test } }) => ({
          seed,
          heldOut,
          trainSamples: train.labels.length,
          testSamples: test.labels.length,
        })),
      },
      methods: rows,
      claims,
      runs: runs.map(({ objective, seed, accuracy, diverged }) => ({ objective, seed, accuracy, diverged })),
    },
    tables: [overview, features, detailsOf(rows, 'held-out classes'), verdicts].filter(
      ({ rows }) => rows.length > 0,
    ),
    remarks: divergences(runs),
    names: [INLIERS, ...OUTLIERS],
    sections: [
      {
        id: 'methods',
        title: 'AUROC',
        note: `${WHAT} Accuracy and ECE are those of the network on inliers.`,
        table: overview,
      },
      { id: 'features', title: 'AUROC of what sees features', note: WHAT, table: features },
      {
        id: 'claims',
        title: 'What the papers found',
        note: 'The difference of the AUROC, seed by seed: reproduced where its 95 % confidence interval lies above 0, reversed where below.',
        table: verdicts,
      },
      ...OUTLIERS.map((set, i) => ({
        id: `set${i}`,
        title: `Against ${set}`,
        note: WHAT,
        table: detailsOf(rows, set),
      })),
      {
        id: 'scores',
        title: 'Scores',
        note: 'The share of the samples in each fortieth of the range, under the first seed.',
        figures: figuresOf(plan, runs),
      },
    ],
  };
}

const headed = (first: string, ...others: readonly string[]): readonly Column[] => [
  { title: first, align: 'left' },
  ...others.map((title) => ({ title })),
];

function overviewOf(rows: readonly Row[], calibrated: boolean): Table {
  const columns = headed('method', ...(calibrated ? ['accuracy', 'ECE'] : []), ...OUTLIERS, 'diverged');
  const from = calibrated ? 3 : 1;
  const best = OUTLIERS.map((set) =>
    Math.max(...rows.map(({ outliers }) => outliers[set].auroc?.mean ?? -1)),
  );
  return {
    columns,
    rows: rows.map(({ method, accuracy, calibrationError, outliers, diverged, seeds }): TableRow => ({
      cells: [
        method,
        ...(calibrated ? [showEstimate(accuracy), showEstimate(calibrationError)] : []),
        ...OUTLIERS.map((set) => showEstimate(outliers[set].auroc)),
        diverged ? `${diverged} of ${diverged + seeds.length}` : '–',
      ],
      best: OUTLIERS.flatMap((set, i) => (outliers[set].auroc?.mean === best[i] ? [from + i] : [])),
      ...(diverged && { bad: [columns.length - 1] }),
    })),
  };
}

const detailsOf = (rows: readonly Row[], set: Outliers): Table => ({
  columns: headed(set, ...MEASURES.map((measure) => TITLES[measure])),
  rows: rows.map(({ method, outliers }) => ({
    cells: [method, ...MEASURES.map((measure) => showEstimate(outliers[set][measure]))],
  })),
});

/** One row a claim, one column a set of outliers. */
function verdictsOf(claims: readonly Finding[]): Table {
  const named = new Map(claims.map((claim) => [`${claim.better} over ${claim.worse}`, claim]));
  return {
    columns: [...headed('claim'), ...headed('source', ...OUTLIERS)],
    rows: [...named].map(([name, { better, worse, source }]) => ({
      cells: [
        name,
        source,
        ...OUTLIERS.map((set) => {
          const own = claims.find(
            (one) => one.better === better && one.worse === worse && one.outliers === set,
          );
          return own ? `${own.verdict} (${signed(own)})` : '–';
        }),
      ],
    })),
  };
}

const signed = ({ difference }: Finding): string =>
  `${difference.mean < 0 ? '−' : '+'}${showEstimate({ ...difference, mean: Math.abs(difference.mean), high: reach(difference) })}`;

/** Half the interval, on top of the size of the mean. */
const reach = ({ mean, high }: Finding['difference']): number | undefined =>
  high === undefined ? undefined : Math.abs(mean) + (high - mean);

function figuresOf({ methods, folds }: Plan, runs: readonly Run[]) {
  const [first] = folds;
  return methods.flatMap((method: Method) => {
    const scores = scoresOf(method, first!.seed, runs);
    return scores ? [histogram(method.name, scores)] : [];
  });
}

function divergences(runs: readonly Run[]): readonly string[] {
  const diverged = runs.filter((run) => run.diverged !== undefined);
  if (diverged.length === 0) return [];
  const { objective, seed, diverged: reason } = diverged[0]!;
  return [
    `${count(diverged.length, 'training')} diverged and ${diverged.length === 1 ? 'is' : 'are'} left out of the means; ` +
      `the first was ${objective}, seed ${seed}: ${reason}`,
  ];
}
