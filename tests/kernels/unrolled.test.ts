import { expect } from 'chai';
import fc from 'fast-check';
import { execFileSync } from 'node:child_process';
import * as elementwise from '../../src/kernels/js/elementwise.js';
import { matmul } from '../../src/kernels/js/matmul.js';
import type { Numbers } from '../../src/kernels/numbers.js';
import { adam, sgd } from '../../src/kernels/js/optimizer.js';
import * as reductions from '../../src/kernels/js/reduce.js';
import * as softmaxes from '../../src/kernels/js/softmax.js';
import * as unrolled from '../../src/kernels/js/unrolled/index.js';
import { ranUnrolled } from './fallbacks.js';
import { isUnrolled, setUnrolled } from '../../src/kernels/js/unrolled/set.js';

// What is written out for a dtype is held to the loops that take everything: to the bit, since the order is the same.

const STORES = [Float32Array, Float64Array] as const;
const stores = fc.constantFrom(...STORES);
const lengths = fc.integer({ min: 8, max: 40 });
/** Sevenths of whole numbers; now and then the ends of the range, and NaN. */
const number = fc.oneof(
  { arbitrary: fc.integer({ min: -40, max: 40 }).map((x) => x / 7), weight: 20 },
  { arbitrary: fc.constantFrom(0, -0, 1e-40, 3e38, Infinity, -Infinity, NaN), weight: 1 },
);
const finite = fc.integer({ min: -40, max: 40 }).map((x) => x / 7);
const filled = (length: number, of: fc.Arbitrary<number> = number) =>
  fc.array(of, { minLength: length, maxLength: length });

/** The same bits; every NaN is the same, and 0 is not −0. */
const same = (actual: Numbers, expected: Numbers): void => {
  expect(actual.length).to.equal(expected.length);
  actual.forEach((value, i) => {
    if (!Object.is(value, expected[i])) expect.fail(`${value} instead of ${expected[i]} at ${i}`);
  });
};

describe('the unrolled loops', () => {
  const before = isUnrolled();
  beforeEach(() => setUnrolled(true));
  afterEach(() => setUnrolled(before));

  it('match their templates', function () {
    this.timeout(60000);
    execFileSync('node', ['scripts/generate-kernels.mjs', '--check'], { stdio: 'pipe' });
  });

  it('add, subtract, multiply and divide to the same bits, and write nothing else', () => {
    const steps = fc.constantFrom(1, 0);
    const cases = fc
      .tuple(stores, fc.integer({ min: 1, max: 3 }), lengths, steps, steps, fc.boolean(), fc.boolean())
      .filter(([, , , xColumn, yColumn]) => xColumn + yColumn > 0)
      .chain((shape) => fc.tuple(fc.constant(shape), filled(3 * 40 + 5), filled(3 * 40 + 5)));
    fc.assert(
      fc.property(
        cases,
        fc.constantFrom('add', 'sub', 'mul', 'div'),
        ([[Store, rows, columns, xColumn, yColumn, xRepeats, yRepeats], left, right], name) => {
          const steps = (at: number, column: number, repeats: boolean) => ({
            at,
            row: repeats ? 0 : columns,
            column,
          });
          const [x, y] = [Store.from(left), Store.from(right)];
          const [own, expected] = [0, 1].map(() => new Store(rows * columns + 5).fill(7));
          const [xs, ys] = [steps(2, xColumn, xRepeats), steps(3, yColumn, yRepeats)];
          const done = ranUnrolled(() => unrolled[name](rows, columns, x, xs, y, ys, own!, 1));
          elementwise[name](rows, columns, x, xs, y, ys, expected!, 1);
          expect(done).to.equal(true);
          same(own!, expected!);
        },
      ),
    );
  });

  it('scale and square to the same bits', () => {
    fc.assert(
      fc.property(stores, fc.array(number, { maxLength: 30 }), number, (Store, given, factor) => {
        const x = Store.from(given);
        const [own, expected] = [0, 1].map(() => new Store(x.length));
        expect(ranUnrolled(() => unrolled.scale(x, own!, factor))).to.equal(true);
        elementwise.scale(x, expected!, factor);
        same(own!, expected!);
        expect(ranUnrolled(() => unrolled.square(x, own!))).to.equal(true);
        elementwise.square(x, expected!);
        same(own!, expected!);
      }),
    );
  });

  const grouped = fc
    .tuple(stores, fc.integer({ min: 1, max: 3 }), lengths, fc.constantFrom(1, 8, 13))
    .chain(([Store, outer, n, inner]) =>
      filled(outer * n * inner).map((given) => ({ x: Store.from(given), groups: { outer, n, inner } })),
    );

  it('reduce rows and columns to the same bits, NaN included', () => {
    fc.assert(
      fc.property(grouped, ({ x, groups }) => {
        for (const name of ['sum', 'max'] as const) {
          expect(ranUnrolled(() => same(unrolled[name](x, groups), reductions[name](x, groups)))).to.equal(
            true,
          );
        }
        const y = x.slice().reverse();
        const products = () =>
          same(Float64Array.of(unrolled.dot(x, y)), Float64Array.of(reductions.dot(x, y)));
        expect(ranUnrolled(products)).to.equal(true);
      }),
    );
  });

  it('compute softmax and its logarithm of rows, forward and backward, to the same bits', () => {
    const cases = fc
      .tuple(stores, fc.integer({ min: 1, max: 3 }), fc.integer({ min: 1, max: 20 }))
      .chain(([Store, outer, n]) =>
        fc
          .tuple(filled(outer * n), filled(outer * n, finite))
          .map(([x, g]) => ({ x: Store.from(x), g: Store.from(g), groups: { outer, n, inner: 1 } })),
      );
    fc.assert(
      fc.property(cases, fc.constantFrom('softmax', 'logSoftmax'), ({ x, g, groups }, name) => {
        const [own, expected, back, expectedBack] = Array.from({ length: 4 }, () => x.slice());
        expect(ranUnrolled(() => unrolled[name](x, own!, groups))).to.equal(true);
        softmaxes[name](x, expected!, groups);
        same(own!, expected!);
        expect(ranUnrolled(() => unrolled[`${name}Back`](g, own!, back!, groups))).to.equal(true);
        softmaxes[`${name}Back`](g, own!, expectedBack!, groups);
        same(back!, expectedBack!);
      }),
    );
  });

  it('multiply matrices of any steps and depth to the same bits', () => {
    const size = fc.integer({ min: 1, max: 10 });
    const depth = fc.oneof(size, fc.constantFrom(255, 256, 257, 520));
    fc.assert(
      fc.property(
        fc.tuple(stores, size, depth, size, fc.boolean(), fc.boolean(), fc.integer()),
        ([Store, m, k, n, turnedA, turnedB, seed]) => {
          const numbers = (count: number) =>
            new Store(count).map((_, i) => Math.sin(seed + i * i) * (i % 11));
          const matrix = (rows: number, columns: number, turned: boolean) => ({
            data: numbers(rows * columns + 2),
            at: 2,
            row: turned ? 1 : columns,
            column: turned ? rows : 1,
          });
          const [a, b] = [matrix(m, k, turnedA), matrix(k, n, turnedB)];
          const [own, expected] = [0, 1].map(() => new Store(m * n + 4).fill(7));
          expect(ranUnrolled(() => unrolled.matmul(m, k, n, a, b, own!, 3))).to.equal(true);
          matmul(m, k, n, a, b, expected!, 3);
          same(own!, expected!);
        },
      ),
    );
  });

  it('take steps of Adam and of SGD to the same bits', () => {
    const settings = fc.record({
      decay: fc.constantFrom(0, 0.1),
      keep: fc.constantFrom(1, 0.9),
      momentum: fc.constantFrom(0.5, 0.9),
      inward: fc.constantFrom(1, 0.1),
      outward: fc.constantFrom(1, 0.01),
      nesterov: fc.boolean(),
      beta1: fc.constantFrom(0.9, 0.8),
      beta2: fc.constantFrom(0.99, 0.7),
      rate: fc.constantFrom(0.1, 1e-3),
      epsilon: fc.constantFrom(1e-7, 1),
    });
    const cases = fc
      .tuple(stores, fc.integer({ min: 1, max: 20 }))
      .chain(([Store, n]) =>
        fc
          .array(filled(n), { minLength: 4, maxLength: 4 })
          .map((all) => all.map((given) => Store.from(given))),
      );
    fc.assert(
      fc.property(cases, settings, fc.boolean(), ([w, g, first, second], given, rolls) => {
        const fresh = (): Numbers[] => Array.from({ length: 3 }, () => w!.slice());
        const [own, expected] = [fresh(), fresh()];
        const memory = [first!, second!.map(Math.abs)];
        adam(w!, g!, memory, expected[0]!, expected.slice(1), given);
        const done = ranUnrolled(() => unrolled.adam(w!, g!, memory, own[0]!, own.slice(1), given));
        // A mean of squares beyond the largest number is left to the loop that keeps its root.
        expect(done).to.equal(expected[2]!.every((v) => v >= 0 && v < Infinity));
        own.forEach((numbers, i) => same(numbers, expected[i]!));
        const velocity = rolls ? [first!] : [];
        own.forEach((numbers, i) => numbers.set(expected[i]!));
        const step = () => unrolled.sgd(w!, g!, velocity, own[0]!, own.slice(1, 1 + +rolls), given);
        expect(ranUnrolled(step)).to.equal(true);
        sgd(w!, g!, velocity, expected[0]!, expected.slice(1, 1 + +rolls), given);
        own.forEach((numbers, i) => same(numbers, expected[i]!));
      }),
    );
  });

  it('call the general loops for two dtypes, strided or short rows, AMSGrad, and if they are turned off', () => {
    const [single, double] = [new Float32Array(16), new Float64Array(16)];
    const dense = { at: 0, row: 8, column: 1 };
    const add = (y: Numbers, ys = dense, columns = 8) =>
      ranUnrolled(() => unrolled.add(2, columns, double, dense, y, ys, double.slice(), 0));
    expect(add(double)).to.equal(true);
    expect(add(single)).to.equal(false);
    expect(add(double, { ...dense, column: 2 })).to.equal(false);
    expect(add(double, dense, 7)).to.equal(false);
    const few = { outer: 2, n: 7, inner: 1 };
    expect(ranUnrolled(() => unrolled.sum(double, few))).to.equal(false);
    const columns = { ...few, n: 4, inner: 2 };
    expect(ranUnrolled(() => unrolled.softmax(double, double.slice(), columns))).to.equal(false);
    const largest = [double, double, double];
    const settings = { decay: 0, keep: 1, beta1: 0.9, beta2: 0.9, rate: 1, epsilon: 1 };
    const amsgrad = () => unrolled.adam(double, double, largest, double.slice(), largest, settings);
    expect(ranUnrolled(amsgrad)).to.equal(false);
    setUnrolled(false);
    expect(add(double)).to.equal(false);
  });
});
