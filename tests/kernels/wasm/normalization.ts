import { expect } from 'chai';
import fc from 'fast-check';

/** Normalization of rows as it is defined, in loops of float64. */
export interface Setting {
  readonly rows: number;
  readonly n: number;
  readonly centered: boolean;
  readonly sum: boolean;
  readonly bound: 0 | 1 | 2 | 3 | 4;
  readonly epsilon: number;
}

export type Numbers = Float32Array | Float64Array;
export type Store = typeof Float32Array | typeof Float64Array;

export const mean = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0) / values.length;

export function row(x: readonly number[], { centered, sum, bound, epsilon, n }: Setting) {
  const rough = centered ? mean(x) : 0;
  const rest = centered ? mean(x.map((value) => value - rough)) : 0;
  const apart = x.map((value) => value - rough - rest);
  const size = apart.reduce((total, d) => total + d * d, 0) / (sum ? 1 : n);
  let root = Math.sqrt(bound === 1 ? Math.max(size, epsilon) : size + epsilon);
  let live = bound === 1 ? +(size >= epsilon) : 1;
  if (bound === 2 && root < epsilon) [root, live] = [epsilon, 0];
  const length = Math.sqrt(size);
  if (bound === 3) [root, live] = [length + epsilon, length > 0 ? (length + epsilon) / length : 0];
  if (bound === 4) [root, live] = [Math.max(length, epsilon), +(length >= epsilon)];
  return { unit: apart.map((d) => d / root), center: rough + rest, size, root, live };
}

export const rowsOf = (values: Numbers, n: number): number[][] =>
  Array.from({ length: values.length / n }, (_, i) => [...values.subarray(i * n, (i + 1) * n)]);

export const settings = fc.record({
  // More than are added in float32 before they are added in float64.
  rows: fc.integer({ min: 1, max: 10 }),
  n: fc.integer({ min: 1, max: 70 }),
  centered: fc.boolean(),
  sum: fc.boolean(),
  bound: fc.constantFrom(0, 1, 2, 3, 4),
  epsilon: fc.constantFrom(1e-5, 1e-12, 0.3, 3),
});

export const seeds = fc.integer();
export const sizes = fc.constantFrom(1, 1e4, 1e-20, 1e30, 3e37, 1e-37, 1e-44);

/** Uneven numbers of about one size, around a center some sizes away. */
export function numbers(Store: Store, length: number, next: () => number, size = 1, center = 0): Numbers {
  return new Store(length).map(() => size * (2 * next() - 1 + center));
}

/** Beyond the largest float32 an infinity of the same sign is as near as can be. */
export const within = (actual: number, expected: number, bound: number): void => {
  const overflown = Math.abs(actual) === Infinity && Math.fround(expected * (1 + 2 ** -20)) === actual;
  if (!overflown && !(Math.abs(actual - expected) <= bound))
    expect.fail(`${actual} is not within ${bound} of ${expected}, but ${Math.abs(actual - expected)} off`);
};
