import { type NdArray, type Source, flat, sameShape } from '../../array/index.js';
import { readArray } from '../../autograd/state.js';
import { Tensor, arrayOf } from '../../autograd/tape.js';
import { NormtapeError } from '../../error.js';
import { type Given, number, resolve } from '../../option/index.js';

/** One sample: its numbers along the last axis, and the class that it is of. */
export interface Row {
  readonly scores: NdArray['data'];
  readonly label: number;
}

/**
 * The share of the samples whose label has the largest score. Scores have the shape [..., classes], labels are integers
 * of the shape [...] or in one list; of equal scores the first counts as the largest. A row with a NaN is wrong.
 * Throws where labels do not fit.
 */
export const accuracy = (scores: Tensor, labels: Source): number => share('accuracy', scores, labels, 1);

const K = { k: number(5, 'How many classes may be named.', { min: 1, whole: true, explore: [1, 5] }) };

/** The share of the samples whose label is among the k largest scores; see `accuracy`. */
export function topKAccuracy(scores: Tensor, labels: Source, given: Given<typeof K> = {}): number {
  const { k } = resolve('topKAccuracy', K, given);
  return share('topKAccuracy', scores, labels, k);
}

function share(where: string, scores: Tensor, labels: Source, k: number): number {
  const rows = rowsOf(where, scores, labels);
  return rows.filter((row) => rankOf(row) < k).length / rows.length;
}

/** How many classes come before the label; beside a NaN, none comes after. */
function rankOf({ scores, label }: Row): number {
  const own = scores[label]!;
  let ahead = 0;
  for (let other = 0; other < scores.length; other++) {
    if (!(scores[other]! <= own) || (scores[other] === own && other < label)) ahead++;
  }
  return ahead;
}

/** The samples one by one; throws, in the name of `where`, where there are none or labels do not fit. */
export function rowsOf(where: string, scores: Tensor, labels: Source): readonly Row[] {
  if (!(scores instanceof Tensor) || scores.shape.length === 0 || scores.size === 0) {
    const received = scores instanceof Tensor ? scores.shape : scores;
    throw new NormtapeError({ where, expected: 'a tensor of the shape [samples, classes]', received });
  }
  const classes = scores.shape.at(-1)!;
  const samples = scores.shape.slice(0, -1);
  const given = readArray(`${where}.labels`, labels, 'float64');
  const count = scores.size / classes;
  if (!sameShape(given.shape, samples) && !sameShape(given.shape, [count])) {
    const expected = `integers of the shape ${JSON.stringify(samples)}`;
    throw new NormtapeError({ where: `${where}.labels`, expected, received: given.shape });
  }
  const data = flat(arrayOf(scores));
  return Array.from(flat(given), (label, row) => {
    if (!Number.isInteger(label) || label < 0 || label >= classes) {
      const expected = `integers from 0 to ${classes - 1}`;
      throw new NormtapeError({ where: `${where}.labels`, expected, received: label });
    }
    return { scores: data.subarray(row * classes, (row + 1) * classes), label };
  });
}
