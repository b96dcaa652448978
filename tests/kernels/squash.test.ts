import { expect } from 'chai';
import fc from 'fast-check';
import type { Numbers } from '../../src/kernels/numbers.js';
import { kernelInfo, setKernels } from '../../src/kernels/index.js';
import { squash, squashBack } from '../../src/kernels/js/squash.js';
import { wide as exact } from '../../src/verify/exact/wide.js';
import type { Squash } from '../../src/kernels/operands.js';
import { squash as compiledSquash, squashBack as compiledSquashBack } from '../../src/kernels/wasm/squash.js';
import { ranCompiled, withoutRoom } from './fallbacks.js';
import { random } from './wasm/laboratory.js';
import { numbers, within } from './wasm/normalization.js';

type Store = typeof Float32Array | typeof Float64Array;

interface Question {
  readonly task: Squash;
  readonly gradient: Numbers;
  readonly Store: Store;
}

const questions: fc.Arbitrary<Question> = fc
  .record({
    Store: fc.constantFrom(Float32Array, Float64Array),
    outer: fc.nat(12),
    n: fc.integer({ min: 1, max: 12 }),
    inner: fc.integer({ min: 1, max: 4 }),
    curve: fc.constantFrom('tanh', 'erf', 'isru'),
    alpha: fc.constantFrom(0.5, -2, 0),
    gained: fc.boolean(),
    shifted: fc.boolean(),
    seed: fc.integer(),
  })
  .map(({ Store, outer, n, inner, curve, alpha, gained, shifted, seed }) => {
    const next = random(seed);
    const length = outer * n * inner;
    const task: Squash = {
      x: numbers(Store, length, next, 3),
      groups: { outer, n, inner },
      curve,
      alpha,
      offset: curve === 'erf' ? numbers(Store, 1, next, 1)[0]! : -0,
      gain: gained ? numbers(Store, n, next, 2) : undefined,
      shift: shifted ? numbers(Store, n, next, 2) : undefined,
    };
    return { task, gradient: numbers(Store, length, next, 1, 0.25), Store };
  });

/** Room for all results, which holds something else. */
function room({ task: { x, groups }, Store }: Question) {
  const [t, y, ofX] = [0, 1, 2].map(() => new Store(x.length).fill(7)) as [Numbers, Numbers, Numbers];
  const [ofOffset, ofGain, ofShift] = [1, groups.n, groups.n].map((n) => new Float64Array(n).fill(7)) as [
    Float64Array,
    Float64Array,
    Float64Array,
  ];
  return { t, y, ofX, ofOffset, ofGain, ofShift };
}

const UNITS = { Float32Array: 2 ** -24, Float64Array: 2 ** -53 } as const;
const unitOf = (Store: Store): number => UNITS[Store.name as keyof typeof UNITS];

const root = (z: number): number => Math.sqrt(1 + z * z);

/** The curves, their slopes at z from t = f(z), and how many roundings of float64 the kernel may be off. */
const CURVES = {
  tanh: { value: Math.tanh, slope: (_: number, t: number) => 1 - t ** 2, roundings: 0 },
  erf: {
    value: (z: number) => exact.number(exact.erf(exact.of(z))),
    slope: (z: number) => exact.number(exact.bell(exact.of(z))),
    roundings: 4,
  },
  isru: { value: (z: number) => z / root(z), slope: (z: number) => root(z) ** -3, roundings: 2 },
} as const;

describe('the kernel of w f(α x + s) + b', () => {
  const before = kernelInfo().kernels;
  afterEach(() => setKernels(before));

  it('matches its definition and the derivatives of that, in any layout', () => {
    fc.assert(
      fc.property(questions, (question) => {
        const { task, gradient, Store } = question;
        const { x, groups, curve, alpha, offset, gain, shift } = task;
        const { t, y, ofX, ofOffset, ofGain, ofShift } = room(question);
        squash(task, t, y);
        const ofAlpha = squashBack(task, t, gradient, { ofX, ofOffset, ofGain, ofShift });

        const unit = unitOf(Store);
        const wide = 2 ** -53 * (x.length + 8);
        const { value, slope, roundings } = CURVES[curve];
        const [gains, shifts] = [new Float64Array(groups.n), new Float64Array(groups.n)];
        let [ofSlope, all, sum, most] = [0, 0, 0, 0];
        x.forEach((number, p) => {
          const i = Math.floor(p / groups.inner) % groups.n;
          const [w, b, g] = [gain?.[i] ?? 1, shift?.[i] ?? 0, gradient[p]!];
          const z = alpha * number + offset;
          const known = value(z);
          within(t[p]!, known, (unit + roundings * 2 ** -53) * Math.abs(known));
          within(
            y[p]!,
            w * known + b,
            (3 * unit + roundings * 2 ** -53) * (Math.abs(w * known) + Math.abs(b)),
          );
          const q = g * w * slope(z, t[p]!);
          within(ofX[p]!, alpha * q, 8 * unit * Math.abs(alpha * g * w));
          // For isru it is α dα.
          ofSlope += q * number * (curve === 'isru' ? alpha : 1);
          all += Math.abs(g * w * number);
          sum += q;
          most += Math.abs(g * w);
          gains[i]! += g * t[p]!;
          shifts[i]! += g;
        });
        within(ofAlpha, ofSlope, 2 * wide * all);
        within(ofOffset[0]!, sum, 2 * wide * most);
        ofGain.forEach((value, i) => within(value, gains[i]!, wide * x.length));
        ofShift.forEach((value, i) => within(value, shifts[i]!, wide * x.length));
      }),
    );
  });

  it('computes only the gradients that are asked for', () => {
    const task: Squash = {
      x: Float64Array.of(1, 2),
      groups: { outer: 1, n: 2, inner: 1 },
      curve: 'tanh',
      alpha: 0.5,
      offset: -0,
      gain: Float64Array.of(3, 4),
    };
    const [t, y, g] = [new Float64Array(2), new Float64Array(2), Float64Array.of(5, 6)];
    squash(task, t, y);
    const ofX = new Float64Array(2);
    const ofAlpha = squashBack(task, t, g, { ofX });
    expect(squashBack(task, t, g, {})).to.equal(ofAlpha);
    expect(0.5 * ofAlpha).to.be.closeTo(ofX[0]! + 2 * ofX[1]!, 1e-14);
  });

  it('is compiled for float32 but for erf, and agrees within rounding for arrays anywhere', function () {
    if (!kernelInfo().available.includes('wasm')) return this.skip();
    setKernels('wasm');
    fc.assert(
      fc.property(questions, (question) => {
        const { task, gradient, Store } = question;
        const [one, other] = [room(question), room(question)];
        const narrow = Store === Float32Array && task.curve !== 'erf';
        expect(ranCompiled(() => compiledSquash(task, one.t, one.y))).to.equal(narrow);
        let ofAlpha = NaN;
        const back = () => (ofAlpha = compiledSquashBack(task, one.t, gradient, one));
        expect(ranCompiled(back)).to.equal(narrow);
        squash(task, other.t, other.y);
        const expected = squashBack(task, other.t, gradient, other);
        if (!narrow) {
          expect(ofAlpha).to.equal(expected);
          expect(one).to.deep.equal(other);
          return;
        }
        within(ofAlpha, expected, 2 ** -20 * (1 + task.x.length));
        for (const name of ['t', 'y', 'ofX'] as const)
          one[name].forEach((value, p) => within(value, other[name][p]!, 2 ** -18));
        for (const name of ['ofGain', 'ofShift'] as const)
          one[name].forEach((value, i) => within(value, other[name][i]!, 2 ** -20 * (1 + task.x.length)));
      }),
    );
  });

  it('runs in JavaScript if the gradient is float64, or if there is no room for copies', function () {
    if (!kernelInfo().available.includes('wasm')) return this.skip();
    setKernels('wasm');
    const task: Squash = {
      x: new Float32Array(4096).fill(1),
      groups: { outer: 4, n: 1024, inner: 1 },
      curve: 'tanh',
      alpha: 1,
      offset: -0,
    };
    const question = { task, gradient: new Float32Array(4096).fill(2), Store: Float32Array };
    const [results, expected] = [room(question), room(question)];
    const wide = new Float64Array(4096).fill(2);
    expect(ranCompiled(() => compiledSquashBack(task, results.t, wide, results))).to.equal(false);
    withoutRoom(() => {
      compiledSquash(task, results.t, results.y);
      compiledSquashBack(task, results.t, question.gradient, results);
    });
    squash(task, expected.t, expected.y);
    squashBack(task, expected.t, question.gradient, expected);
    expect(results).to.deep.equal(expected);
  });

  it('gives the gradient of α for isru where z² overflows and 1 / z² does not vanish', () => {
    fc.assert(
      fc.property(
        fc.constantFrom<Store>(Float32Array, Float64Array),
        fc.constantFrom({ squash, squashBack }, { squash: compiledSquash, squashBack: compiledSquashBack }),
        fc.double({ min: 0.47, max: 0.56, noNaN: true }),
        fc.boolean(),
        (Store, { squash, squashBack }, share, isNegative) => {
          const bits = Store === Float32Array ? 128 : 1024;
          // Powers of two, so that α x is exact.
          const size = 2 ** Math.floor(bits * share) * (isNegative ? -1 : 1);
          const x = new Store([1, 2, 3, 4, 5].map((i) => size * i));
          const task: Squash = {
            x,
            groups: { outer: 1, n: 5, inner: 1 },
            curve: 'isru',
            alpha: 2,
            offset: -0,
            gain: undefined,
            shift: undefined,
          };
          const [t, y] = [new Store(5), new Store(5)];
          squash(task, t, y);
          const unit = 2 ** (bits === 128 ? 13 : 42);
          const known = [...x].reduce((sum, number) => {
            const inverted = 1 / (2 * number);
            return sum + Math.sign(number) * unit * inverted * inverted;
          }, 0);
          const left = squashBack(task, t, new Store(5).fill(unit), {});
          // Numbers below the smallest normal one are rounded to whole multiples of the smallest.
          const smallest = bits === 128 ? 2 ** -149 : 2 ** -1074;
          within(left, known, 8 * unitOf(Store) * Math.abs(known) + 8 * unit * smallest);
        },
      ),
    );
  });
});
