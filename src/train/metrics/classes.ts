import { type NdArray, type Source, expecting, flat } from '../../array/index.js';
import { readArray } from '../../autograd/state.js';
import { Tensor, arrayOf } from '../../autograd/tape.js';
import { NormtapeError } from '../../error.js';
import { isWeighing, noteReduction } from '../../nn/losses/weight.js';
import { type Given, number, resolve } from '../../option/index.js';

/** One sample: its scores along the last axis, and its class. */
export interface Row {
  readonly scores: NdArray['data'];
  readonly label: number;
}

/** The options of metrics over classes. */
export const LABELS = {
  ignoreIndex: number(-1, 'An integer label of samples that do not count.', {
    whole: true,
    explore: [-1, 0],
  }),
};

/** The options of `accuracy`; each has a default. */
export type AccuracyOptions = Given<typeof LABELS>;

/**
 * The share of the samples whose label has the largest score. Scores have the shape [..., classes], labels are integers
 * of the shape [...] or in one list; of equal scores the first counts as the largest. A row with a NaN is wrong. A label
 * of `ignoreIndex`, −1 by default, does not count.
 *
 * @throws NormtapeError if labels do not fit, or none counts; `fit` and `evaluate` pass over a batch where none does.
 */
export function accuracy(scores: Tensor, labels: Source, given: AccuracyOptions = {}): number {
  const { ignoreIndex } = resolve('accuracy', LABELS, given);
  return share(rowsOf('accuracy', scores, labels, ignoreIndex), 1);
}

const K = {
  k: number(5, 'How many classes may be named.', { min: 1, whole: true, explore: [1, 5] }),
  ...LABELS,
};

/** The share of the samples whose label is among the k largest scores; see `accuracy`. */
export function topKAccuracy(scores: Tensor, labels: Source, given: Given<typeof K> = {}): number {
  const { k, ignoreIndex } = resolve('topKAccuracy', K, given);
  return share(rowsOf('topKAccuracy', scores, labels, ignoreIndex), k);
}

function share(rows: Rows, k: number): number {
  noteReduction({ weight: rows.counted.length, partial: rows.counted.length < rows.count });
  return rows.counted.filter((row) => rankOf(row) < k).length / rows.counted.length;
}

/** The number of classes ranked before the label; a NaN ranks before it. */
function rankOf({ scores, label }: Row): number {
  const own = scores[label]!;
  let ahead = 0;
  for (let other = 0; other < scores.length; other++) {
    if (!(scores[other]! <= own) || (scores[other] === own && other < label)) ahead++;
  }
  return ahead;
}

/** The samples that count, and the number of all. */
interface Rows {
  readonly counted: readonly Row[];
  readonly count: number;
}

/**
 * The samples one by one, except those labelled `ignoreIndex`; throws, in the name of `where`, if there are
 * none or labels do not fit.
 */
export function rowsOf(where: string, scores: Tensor, labels: Source, ignoreIndex: number): Rows {
  if (!(scores instanceof Tensor) || scores.shape.length === 0 || scores.size === 0) {
    const received = scores instanceof Tensor ? scores.shape : scores;
    throw new NormtapeError({ where, expected: 'a tensor of the shape [samples, classes]', received });
  }
  const classes = scores.shape.at(-1)!;
  const samples = scores.shape.slice(0, -1);
  const count = scores.size / classes;
  const wanted = `integers of the shape ${JSON.stringify(samples)}`;
  const demand = expecting(`${where}.labels`, [samples, [count]], wanted);
  const given = readArray(`${where}.labels`, labels, 'float64', { demand });
  const data = flat(arrayOf(scores));
  const counted: Row[] = [];
  flat(given).forEach((label, row) => {
    if (label === ignoreIndex) return;
    if (!Number.isInteger(label) || label < 0 || label >= classes) {
      const expected = `integers from 0 to ${classes - 1}`;
      const hint = `A sample that does not count has the label ignoreIndex, ${ignoreIndex}.`;
      throw new NormtapeError({ where: `${where}.labels`, expected, received: label, hint });
    }
    counted.push({ scores: data.subarray(row * classes, (row + 1) * classes), label });
  });
  if (counted.length === 0 && !isWeighing()) {
    const expected = `integers from 0 to ${classes - 1}`;
    const hint = 'No sample counts: ignoreIndex says which label does not.';
    throw new NormtapeError({ where: `${where}.labels`, expected, received: ignoreIndex, hint });
  }
  return { counted, count };
}
