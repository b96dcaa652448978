import { expect } from 'chai';
import { readFileSync } from 'node:fs';
import { type Dtype, type NdArray, flat, fromSource } from '../../src/array/index.js';

/** An array in the vectors; NaN and infinities are words, because JSON cannot hold them. */
export interface Encoded {
  readonly shape: readonly number[];
  readonly data: readonly (number | 'NaN' | 'Infinity' | '-Infinity')[];
}

/** The cases of one file of vectors, such as `norms/rms_norm`. */
export const casesOf = <C>(file: string): readonly C[] =>
  JSON.parse(readFileSync(new URL(`./vectors/${file}.json`, import.meta.url), 'utf8')).cases;

export const numbers = (data: Encoded['data']): number[] => data.map(Number);

export const decode = ({ shape, data }: Encoded, dtype: Dtype = 'float64'): NdArray =>
  fromSource(Float64Array.from(numbers(data)), { shape, dtype });

export interface Tolerance {
  /** Relative to the largest expected number. */
  readonly relative: number;
  /** Added to that, for instance a share of the largest incoming gradient. */
  readonly absolute?: number;
}

export const largest = (values: Iterable<number>): number => {
  let most = 0;
  for (const value of values) if (Number.isFinite(value)) most = Math.max(most, Math.abs(value));
  return most;
};

/** Expects the array to have these numbers, in row-major order. */
export function expectClose(
  what: string,
  actual: NdArray,
  expected: readonly number[],
  { relative, absolute = 0 }: Tolerance,
): void {
  const values = flat(actual);
  expect(values.length, `${what}: count`).to.equal(expected.length);
  const allowed = relative * largest(expected) + absolute;
  values.forEach((value, i) => {
    const wanted = expected[i]!;
    const right = Number.isFinite(wanted) ? Math.abs(value - wanted) <= allowed : Object.is(value, wanted);
    if (!right) {
      expect.fail(`${what}[${i}]: expected ${wanted} within ${allowed}, received ${value}`);
    }
  });
}
