import { type Row as TableRow, type Table, headed } from '../../report/table.js';
import { divergences } from '../divergences.js';
import { PLUS_MINUS, differenceOf, fewSeeds, significance, significantSide } from '../estimate.js';
import { showEstimate } from '../../statistics/estimate.js';
import type { Findings } from '../experiment.js';
import { type Finding, findingsOn } from './claims.js';
import { INLIERS, histogram } from './histogram.js';
import { type Method, scoresOf } from './methods.js';
import { OBJECTIVES } from './objectives.js';
import type { Plan } from './plan.js';
import { type Row, aurocBySeed, rowsOf } from './results.js';
import { OUTLIERS, type Outliers } from './samples.js';
import type { Run } from './training.js';
import { choiceInWords } from './tuning.js';

const TITLES = { auprIn: 'AUPR in', auprOut: 'AUPR out', fpr95: 'FPR95' } as const;

const WHAT = `In percent. ${PLUS_MINUS}`;

/** The findings: how well each method detects each set of outliers, and which claims of papers hold. */
export function findingsOf(plan: Plan, runs: readonly Run[]): Findings {
  const { methods, folds, source, choices, settings } = plan;
  const rows = rowsOf(methods, folds, runs);
  const claims = findingsOn(rows);
  const [logits, features] = (['logits', 'features'] as const).map((sees) =>
    rows.filter((row) => row.sees === sees),
  ) as [Row[], Row[]];
  const baseline = rows[0]!;
  const differences = `Differences from the AUROC of ${baseline.method}, seed by seed. ${significance(OUTLIERS.length * (rows.length - 1))}`;
  const networks = networksOf(plan, rows);
  const verdicts = verdictsOf(claims);
  const sections = [
    {
      id: 'methods',
      title: 'AUROC of methods on logits',
      note: WHAT,
      table: aurocOf('method', logits),
    },
    {
      id: 'features',
      title: 'AUROC of methods on features',
      note: WHAT,
      table: aurocOf('of features', features),
    },
    {
      id: 'differences',
      title: `Compared with ${baseline.method}`,
      note: `${WHAT} ${differences}`,
      table: differencesOf(
        rows.filter((row) => row !== baseline),
        baseline,
      ),
    },
    {
      id: 'networks',
      title: 'Networks',
      note: `${WHAT} Accuracy and ECE are measured on inliers. Each network has the settings that did best on validation data: by the mean of accuracy and AUROC against Gaussian noise. ${sourcesOf(plan).join(' ')}`,
      table: networks,
    },
    {
      id: 'claims',
      title: 'Claims of the papers',
      note: `The difference of the AUROC, seed by seed: reproduced if it is significantly above 0, reversed if below. ${WHAT} ${significance(claims.length)}`,
      table: verdicts,
    },
    ...OUTLIERS.map((set, i) => ({
      id: `set${i}`,
      title: `Against ${set}`,
      note: WHAT,
      table: detailsOf(rows, set),
    })),
  ].filter(({ table }) => table.rows.length > 0);
  const shown = sections.filter(({ id }) => !['set1', 'set2'].includes(id));
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
      tuning: choices.tried,
      runs: runs.map(({ objective, seed, choice, accuracy, diverged }) => ({
        objective,
        seed,
        choice,
        accuracy,
        diverged,
      })),
    },
    tables: shown.map(({ table }) => table),
    reading: [
      `Tables: ${shown.map(({ title }) => title).join('; ')}. ${WHAT}`,
      differences,
      'Each network has the settings that did best on validation data: accuracy, and AUROC against Gaussian noise.',
      ...sourcesOf(plan),
    ].join('\n'),
    remarks: [...fewSeeds(settings.seeds), ...divergences(runs, ({ objective }) => objective)],
    names: [INLIERS, ...OUTLIERS],
    sections: [
      ...sections,
      {
        id: 'scores',
        title: 'Scores',
        note: 'The share of the samples in each fortieth of the range, under the first seed.',
        figures: figuresOf(plan, runs),
      },
    ],
  };
}

/** The set as a column title, without the word 'classes'. */
const short = (set: Outliers): string => set.replace(' classes', '');

/** The name of a method without the word in the title of the table. */
const named = (first: string, method: string): string => method.replace(` ${first}`, '');

const aurocOf = (first: string, rows: readonly Row[]): Table => ({
  columns: headed(first, ...OUTLIERS.map(short)),
  rows: rows.map(({ method, outliers }) => ({
    cells: [
      named(first, method),
      ...OUTLIERS.map((set) => showEstimate(outliers[set].auroc, 1, { factor: 100 })),
    ],
  })),
});

/** The table of AUROC differences from the baseline; significant ones are marked. */
const differencesOf = (rows: readonly Row[], baseline: Row): Table => ({
  columns: headed(`to ${baseline.method}`, ...OUTLIERS.map(short)),
  rows: rows.map((row): TableRow => {
    const found = OUTLIERS.map((set) => differenceOf(aurocBySeed(row, set), aurocBySeed(baseline, set)));
    const marked = (side: string) =>
      found.flatMap((difference, i) =>
        difference && significantSide(difference, OUTLIERS.length * rows.length) === side ? [i + 1] : [],
      );
    return {
      cells: [
        row.method,
        ...found.map((difference) => showEstimate(difference, 1, { factor: 100, signed: true })),
      ],
      best: marked('above'),
      bad: marked('below'),
    };
  }),
});

/** The table of networks, one row per training: its accuracy, calibration and settings. */
function networksOf({ objectives, choices, methods }: Plan, rows: readonly Row[]): Table {
  return {
    columns: [
      ...headed('network', 'accuracy', 'ECE'),
      { title: 'trained with', align: 'left' },
      { title: 'diverged' },
    ],
    rows: objectives.flatMap((objective): readonly TableRow[] => {
      const own = methods.filter(({ readings }) => readings[0]!.objective === objective);
      const found = rows.filter(({ method }) => own.some(({ name }) => name === method));
      const [first] = found;
      if (!first) return [];
      const { accuracy, diverged, seeds } = first;
      const calibrated = found.find(({ calibrationError }) => calibrationError !== undefined);
      return [
        {
          cells: [
            objective,
            showEstimate(accuracy, 1, { factor: 100 }),
            showEstimate(calibrated?.calibrationError, 1, { factor: 100 }),
            choiceInWords(objective, choices.chosen(objective)),
            diverged ? `${diverged} of ${diverged + seeds.length}` : '–',
          ],
          ...(diverged && { bad: [4] }),
        },
      ];
    }),
  };
}

/** The sources of the values that are tried in each training. */
const sourcesOf = ({ objectives }: Plan): readonly string[] =>
  objectives.flatMap((objective) => {
    const source = OBJECTIVES[objective].recipe?.source;
    return source === undefined ? [] : `${objective}: ${source}.`;
  });

const MEASURES = Object.keys(TITLES) as (keyof typeof TITLES)[];

const detailsOf = (rows: readonly Row[], set: Outliers): Table => ({
  columns: headed(set, ...MEASURES.map((measure) => TITLES[measure])),
  rows: rows.map(({ method, outliers }) => ({
    cells: [method, ...MEASURES.map((measure) => showEstimate(outliers[set][measure], 1, { factor: 100 }))],
  })),
});

/** The table of claims, one row per claim and set of outliers. */
const verdictsOf = (claims: readonly Finding[]): Table => ({
  columns: [...headed('claim'), ...headed('against', 'difference', 'verdict')],
  rows: claims.map(({ name, outliers, difference, verdict }): TableRow => ({
    cells: [name, outliers, showEstimate(difference, 1, { factor: 100, signed: true }), verdict],
    ...(verdict === 'reproduced' && { best: [3] }),
    ...(verdict === 'reversed' && { bad: [3] }),
  })),
});

function figuresOf({ methods, folds }: Plan, runs: readonly Run[]) {
  const [first] = folds;
  return methods.flatMap((method: Method) => {
    const scores = scoresOf(method, first!.seed, runs);
    return scores ? [histogram(method.name, scores)] : [];
  });
}
