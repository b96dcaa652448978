import { type NdArray, flat, fromFlat, sizeOf, store } from '../array/index.js';
import { Tensor, demandTensor } from '../autograd/tape.js';
import { NormtapeError } from '../error.js';
import { type Given, choice, plain, resolve } from '../option/index.js';
import { demandAgreement } from './agreement.js';
import { type AnyDataset, type Dataset, demandDataset, isRegression } from './dataset.js';
import type { Split } from './split.js';

const OPTIONS = {
  dtype: choice('float32', 'The dtype of the standardized numbers, which are computed in float64.', [
    'float32',
    'float64',
  ]),
};

/** The mean and standard deviation of each feature, with functions to standardize and back. */
export interface Scaling {
  /** One per feature, in row-major order. */
  readonly mean: Float64Array;
  /** 1 for a feature that is constant in the training samples. */
  readonly deviation: Float64Array;
  /** (x − mean) / deviation, for x of shape [samples, …]. */
  apply(x: Tensor): Tensor;
  /** y · deviation + mean in float64: back to the units of the data. */
  invert(y: Tensor): Tensor;
}

/** Standardized samples, with the scaling for further samples. */
export interface Standardized<D extends AnyDataset = Dataset> extends Split<D> {
  readonly features: Scaling;
  /** The scaling of the numbers to predict, if there are any. */
  readonly targets?: Scaling | undefined;
}

/**
 * Standardizes every feature to mean 0 and standard deviation 1 over the training samples, and the test samples by the
 * same numbers; targets of a regression too. A feature that is constant in the training samples becomes 0 there, and is
 * only shifted in the test samples. All is computed in float64, so that numbers of any size or offset keep their
 * differences.
 *
 * @throws if the two parts differ in classes, columns or shapes.
 */
export function standardize<D extends AnyDataset>(
  halves: Split<D>,
  given?: Given<typeof OPTIONS>,
): Standardized<D> {
  const { dtype } = resolve('standardize', OPTIONS, given);
  const { train, test } = plain('standardize', halves);
  demandDataset('standardize: train', train);
  demandDataset('standardize: test', test);
  demandAgreement('standardize: test', train, test);
  const features = scalingOf(train.features.value, dtype);
  const targets = isRegression(train) ? scalingOf(train.targets.value, dtype) : undefined;
  const apply = (data: D): D => ({
    ...data,
    features: features.apply(data.features),
    ...(targets && isRegression(data) && { targets: targets.apply(data.targets) }),
  });
  return { train: apply(train), test: apply(test), features, targets };
}

function scalingOf(array: NdArray, dtype: 'float32' | 'float64'): Scaling {
  const [count = 0, ...sample] = array.shape;
  const width = sizeOf(sample);
  const data = flat(array);
  const columns = Array.from({ length: width }, (_, column) => momentsOf(data, count, width, column));
  const along =
    (kept: 'float32' | 'float64', f: (value: number, moments: Moments) => number) =>
    (x: Tensor): Tensor => {
      demandTensor('standardize', x);
      if (sizeOf(x.shape.slice(1)) !== width || x.shape.length === 0) {
        const expected = `samples of ${width} numbers, [samples, …], as in the training data`;
        throw new NormtapeError({ where: 'standardize', expected, received: x.shape });
      }
      const numbers = flat(x.value);
      const results = store(kept, numbers.length);
      for (let i = 0; i < numbers.length; i++) results[i] = f(numbers[i]!, columns[i % width]!);
      return new Tensor(fromFlat(results, x.shape));
    };
  return {
    mean: Float64Array.from(columns, ({ unit, origin, offset }) => (origin + offset) * unit),
    deviation: Float64Array.from(columns, ({ unit, deviation }) => deviation * unit),
    apply: along(dtype, (x, { unit, origin, offset, deviation }) => (x / unit - origin - offset) / deviation),
    invert: along(
      'float64',
      (y, { unit, origin, offset, deviation }) => (y * deviation + offset + origin) * unit,
    ),
  };
}

/**
 * Mean and deviation in a unit, a power of two near the largest value, so that no square overflows or vanishes. The
 * mean is a value plus an offset from it, so that close values far from 0 keep their digits.
 */
interface Moments {
  readonly unit: number;
  readonly origin: number;
  readonly offset: number;
  readonly deviation: number;
}

function momentsOf(data: ArrayLike<number>, count: number, width: number, column: number): Moments {
  let largest = 0;
  for (let i = column; i < data.length; i += width) largest = Math.max(largest, Math.abs(data[i]!));
  const unit = largest > 0 ? 2 ** Math.min(Math.max(Math.floor(Math.log2(largest)), -1022), 1023) : 1;
  // Relative to the first value, so that a constant has no deviation, and a large offset costs no digits.
  const origin = count > 0 ? data[column]! / unit : 0;
  let sum = 0;
  for (let i = column; i < data.length; i += width) sum += data[i]! / unit - origin;
  const offset = sum / count;
  // In a second unit, because the spread may be tiny relative to the offset.
  let widest = 0;
  for (let i = column; i < data.length; i += width) {
    widest = Math.max(widest, Math.abs(data[i]! / unit - origin - offset));
  }
  if (!(widest > 0)) return { unit, origin, offset, deviation: 1 / unit };
  let squares = 0;
  for (let i = column; i < data.length; i += width) {
    squares += ((data[i]! / unit - origin - offset) / widest) ** 2;
  }
  return { unit, origin, offset, deviation: widest * Math.sqrt(squares / count) };
}
