import { type NdArray, type Shape, flat, fromFlat, sizeOf, store } from '../array/index.js';
import { Tensor } from '../autograd/tape.js';
import { NormtapeError } from '../error.js';

/** Samples to classify: the common form of all data here. */
export interface Dataset {
  readonly name: string;
  /** [samples, …], float32. */
  readonly features: Tensor;
  /** The class of each sample, from 0. */
  readonly labels: Int32Array;
  /** The name of each class. */
  readonly classes: readonly string[];
}

/** A data set, checked: as many labels as samples, and every label a class. */
export function dataset(
  name: string,
  features: NdArray,
  labels: Int32Array,
  classes: readonly string[],
): Dataset {
  const count = features.shape[0];
  if (count !== labels.length) {
    throw new NormtapeError({
      where: name,
      expected: `a label for each of ${count ?? 0} samples`,
      received: `${labels.length} labels`,
    });
  }
  const stray = labels.find((label) => label < 0 || label >= classes.length);
  if (stray !== undefined) {
    const expected = `labels from 0 to ${classes.length - 1}`;
    throw new NormtapeError({ where: name, expected, received: stray });
  }
  return { name, features: new Tensor(features), labels: labels.slice(), classes: [...classes] };
}

/** The samples at these positions, in this order; throws where there is none. */
export function pick({ name, features, labels, classes }: Dataset, rows: ArrayLike<number>): Dataset {
  const stray = Array.from(rows).find((row) => labels[row] === undefined);
  if (stray !== undefined) {
    const expected = `positions from 0 to ${labels.length - 1}`;
    throw new NormtapeError({ where: `${name}: pick`, expected, received: stray });
  }
  return {
    name,
    features: new Tensor(rowsOf(features.value, rows)),
    labels: Int32Array.from(rows, (row) => labels[row]!),
    classes,
  };
}

/** The features as a matrix, [samples, features of one], whatever shape a sample had. */
export function flatten({ features, ...rest }: Dataset): Dataset {
  const [count = 0, ...sample] = features.shape;
  return { ...rest, features: new Tensor(fromFlat(flat(features.value), [count, sizeOf(sample)])) };
}

function rowsOf(array: NdArray, rows: ArrayLike<number>): NdArray {
  const [, ...sample] = array.shape;
  const size = sizeOf(sample);
  const source = flat(array);
  const data = store(array.dtype, rows.length * size);
  Array.from(rows).forEach((row, i) => data.set(source.subarray(row * size, (row + 1) * size), i * size));
  const shape: Shape = [rows.length, ...sample];
  return fromFlat(data, shape);
}
