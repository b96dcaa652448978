import { flat } from '../../array/index.js';
import { Tensor, arrayOf } from '../../autograd/tape.js';
import { demand, isListOf, isNumbers } from '../../demand.js';
import { NormtapeError } from '../../error.js';
import { type Given, number, resolve } from '../../option/index.js';

/** Scores of samples, in a list or a tensor; higher ones mean the positive class. */
export type Scores = ArrayLike<number> | Tensor;

/** For each sample, whether it is positive: true or false, or 1 or 0. */
export type Positives = ArrayLike<boolean | number>;

/**
 * The probability that a positive sample scores above a negative one, if a tie counts half: the area under the curve
 * of receiver operating characteristics. It is computed from midranks (Mann and Whitney 1947), exactly up to one
 * rounding. Throws if a score is NaN, or a class is empty; so do the metrics below.
 */
export function auroc(scores: Scores, positives: Positives): number {
  const { groups, positive, negative } = descending('auroc', scores, positives);
  let [above, wins] = [0, 0];
  for (const { hits, misses } of groups) {
    wins += misses * (above + hits / 2);
    above += hits;
  }
  return wins / (positive * negative);
}

/**
 * Σ (Rᵢ − Rᵢ₋₁) Pᵢ over the thresholds from the highest, with recall R and precision P: the area under the
 * precision-recall curve without interpolation. Samples with equal scores are added together.
 */
export function averagePrecision(scores: Scores, positives: Positives): number {
  const { groups, positive } = descending('averagePrecision', scores, positives);
  let [above, seen, area] = [0, 0, 0];
  for (const { hits, misses } of groups) {
    above += hits;
    seen += hits + misses;
    area += hits * (above / seen);
  }
  return area / positive;
}

const OPTIONS = {
  truePositiveRate: number(0.95, 'The share of the positive samples that must be found.', {
    above: 0,
    max: 1,
    explore: [0.5, 1],
  }),
};

/** The false positive rate at the highest threshold that enough positive samples pass. */
export function falsePositiveRate(
  scores: Scores,
  positives: Positives,
  given: Given<typeof OPTIONS> = {},
): number {
  const where = 'falsePositiveRate';
  const { truePositiveRate } = resolve(where, OPTIONS, given);
  const { groups, positive, negative } = descending(where, scores, positives);
  let [found, wrong] = [0, 0];
  for (const { hits, misses } of groups) {
    found += hits;
    wrong += misses;
    if (found / positive >= truePositiveRate) break;
  }
  return wrong / negative;
}

/** How well scores separate in-distribution samples, which should score higher, from outliers. */
export interface Detection {
  readonly auroc: number;
  /** The average precision with inliers as the positive class; and with outliers, by negated scores. */
  readonly auprIn: number;
  readonly auprOut: number;
  /** The share of outliers that pass the threshold which 95 % of the inliers pass. */
  readonly fpr95: number;
}

/** The measures of out-of-distribution detection (Hendrycks and Gimpel 2017) from the scores of both sides. */
export function detection(inliers: Scores, outliers: Scores): Detection {
  const [inside, outside] = [numbersOf('detection', inliers), numbersOf('detection', outliers)];
  const scores = [...inside, ...outside];
  const isIn = scores.map((_, i) => i < inside.length);
  const isOut = isIn.map((is) => !is);
  const turned = scores.map((score) => -score);
  return {
    auroc: auroc(scores, isIn),
    auprIn: averagePrecision(scores, isIn),
    auprOut: averagePrecision(turned, isOut),
    fpr95: falsePositiveRate(scores, isIn),
  };
}

/** Samples of equal score: the number of positive and of negative ones. */
interface Group {
  hits: number;
  misses: number;
}

/** The samples grouped by score, from the highest. */
function descending(where: string, given: Scores, positives: Positives) {
  const scores = numbersOf(where, given);
  demand(where, 'a list of classes', isListed, positives);
  if (scores.length !== positives.length) {
    const expected = `a class for each of ${scores.length} scores`;
    throw new NormtapeError({ where, expected, received: `${positives.length} classes` });
  }
  const stray = scores.find(Number.isNaN);
  if (stray !== undefined)
    throw new NormtapeError({ where, expected: 'scores without NaN, which has no rank', received: stray });
  const groups: Group[] = [];
  const total: Group = { hits: 0, misses: 0 };
  let last: number | undefined;
  for (const i of scores.map((_, i) => i).sort((a, b) => compare(scores[b]!, scores[a]!))) {
    if (scores[i] !== last) groups.push({ hits: 0, misses: 0 });
    last = scores[i];
    const side = isPositive(where, positives[i]) ? 'hits' : 'misses';
    groups.at(-1)![side]++;
    total[side]++;
  }
  if (total.hits && total.misses) return { groups, positive: total.hits, negative: total.misses };
  const received = `${total.hits} positive and ${total.misses} negative ones`;
  throw new NormtapeError({ where, expected: 'both positive and negative samples', received });
}

/** Compares scores without subtraction, which gives NaN for equal infinities. */
const compare = (a: number, b: number): number => (a < b ? -1 : a > b ? 1 : 0);

function numbersOf(where: string, scores: Scores): readonly number[] {
  if (scores instanceof Tensor) return Array.from(flat(arrayOf(scores)));
  demand(where, 'scores in a list or a tensor', isNumbers, scores);
  return Array.from(scores);
}

const isListed = isListOf((item): item is unknown => item !== undefined);

function isPositive(where: string, given: unknown): boolean {
  if (given === true || given === 1) return true;
  if (given === false || given === 0) return false;
  throw new NormtapeError({ where, expected: 'true or false, or 1 or 0, for each sample', received: given });
}
