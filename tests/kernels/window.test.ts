import { expect } from 'chai';
import fc from 'fast-check';
import { kernelInfo, setKernels } from '../../src/kernels/index.js';
import { windowSum } from '../../src/kernels/js/window.js';
import type { Groups, Numbers } from '../../src/kernels/numbers.js';
import { windowSum as compiledWindowSum } from '../../src/kernels/wasm/window.js';
import { ranCompiled, withoutRoom } from './fallbacks.js';
import { random } from './wasm/laboratory.js';
import { numbers } from './wasm/normalization.js';

type Store = typeof Float32Array | typeof Float64Array;

interface Question {
  readonly Store: Store;
  readonly x: Numbers;
  readonly groups: Groups;
  readonly before: number;
  readonly after: number;
}

const questions: fc.Arbitrary<Question> = fc
  .record({
    Store: fc.constantFrom(Float32Array, Float64Array),
    outer: fc.nat(4),
    n: fc.integer({ min: 1, max: 40 }),
    inner: fc.constantFrom(1, 1, 2, 3, 7, 8),
    before: fc.oneof(fc.nat(4), fc.nat(39)),
    after: fc.oneof(fc.nat(4), fc.nat(39)),
    seed: fc.integer(),
  })
  .map(({ Store, outer, n, inner, before, after, seed }) => ({
    Store,
    x: numbers(Store, outer * n * inner, random(seed), 3),
    groups: { outer, n, inner },
    before,
    after,
  }));

/** The elements that each window holds. */
function windows({ x, groups: { n, inner }, before, after }: Question): number[][] {
  return Array.from(x, (_, p) => {
    const i = Math.floor(p / inner) % n;
    const others = Array.from({ length: n }, (_, k) => k).filter((k) => k >= i - before && k <= i + after);
    return others.map((k) => x[p + (k - i) * inner]!);
  });
}

/** Checks sums with so many roundings for every element of a window. */
function check(question: Question, out: Numbers, unit: number): void {
  windows(question).forEach((window, p) => {
    const [sum, size] = [window, window.map(Math.abs)].map((all) => all.reduce((a, b) => a + b, 0));
    expect(Math.abs(out[p]! - sum!)).to.be.at.most(window.length * unit * size!);
  });
}

const UNITS = { Float32Array: 2 ** -24, Float64Array: 2 ** -53 } as const;
const unitOf = (Store: Store): number => UNITS[Store.name as keyof typeof UNITS];

describe('the kernel of sums over windows', () => {
  const before = kernelInfo().kernels;
  afterEach(() => setKernels(before));

  it('adds the elements around each, as far as its group goes', () => {
    fc.assert(
      fc.property(questions, (question) => {
        const { Store, x, groups } = question;
        const out = new Store(x.length).fill(7);
        windowSum(x, out, groups, question.before, question.after);
        check(question, out, unitOf(Store));
      }),
    );
  });

  it('is compiled for windows of up to 32 elements', function () {
    if (!kernelInfo().available.includes('wasm')) return this.skip();
    setKernels('wasm');
    fc.assert(
      fc.property(questions, (question) => {
        const { Store, x, groups } = question;
        const out = new Store(x.length).fill(7);
        const short = question.before + question.after < 32;
        const run = () => compiledWindowSum(x, out, groups, question.before, question.after);
        expect(ranCompiled(run)).to.equal(short);
        check(question, out, unitOf(Store));
      }),
    );
  });

  it('runs in JavaScript if there is no room for copies', function () {
    if (!kernelInfo().available.includes('wasm')) return this.skip();
    setKernels('wasm');
    const x = new Float32Array(4096).fill(0.5);
    const [out, expected] = [new Float32Array(4096), new Float32Array(4096)];
    const groups = { outer: 4, n: 1024, inner: 1 };
    withoutRoom(() => compiledWindowSum(x, out, groups, 2, 1));
    windowSum(x, expected, groups, 2, 1);
    expect(out).to.deep.equal(expected);
  });

  it('keeps a NaN or an infinity in the windows that hold it', () => {
    for (const sum of [windowSum, compiledWindowSum]) {
      for (const inner of [1, 3]) {
        const x = new Float64Array(11 * inner).fill(1);
        x[5 * inner] = NaN;
        const out = new Float64Array(x.length);
        sum(x, out, { outer: 1, n: 11, inner }, 2, 1);
        out.forEach((value, p) => {
          const holds = p % inner === 0 && p / inner >= 4 && p / inner <= 7;
          expect(Number.isNaN(value), `${p}`).to.equal(holds);
        });
      }
    }
  });
});
