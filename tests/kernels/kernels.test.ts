import { expect } from 'chai';

import * as elementwise from '../../src/kernels/js/elementwise.js';
import * as reductions from '../../src/kernels/js/reduce.js';
import { adam, rmsprop, sgd } from '../../src/kernels/js/optimizer.js';
import { logSoftmax, logSumExp, softmax, softmaxBack } from '../../src/kernels/js/softmax.js';
import { softmax as softmaxInLoops } from '../../src/kernels/js/index.js';
import { normalDensity } from '../../src/kernels/special.js';

// Kernels by themselves, on numbers that can be followed by hand.

const groups = { outer: 2, n: 2, inner: 3 };
const x = Float64Array.of(0, 1, 2, 3, -1, 0.5, 2, -2, 4, 1, 1, 0);

/** The elements of every group, in the order of the groups. */
const grouped = (data: ArrayLike<number>): number[][] =>
  [0, 1].flatMap((o) => [0, 1, 2].map((j) => [0, 1].map((i) => data[(o * 2 + i) * 3 + j]!)));

const close = (actual: Iterable<number>, expected: readonly number[]): void => {
  const values = [...actual];
  expect(values).to.have.length(expected.length);
  values.forEach((value, i) =>
    expect(value).to.be.closeTo(expected[i]!, 1e-15 * (1 + Math.abs(expected[i]!))),
  );
};

describe('the kernels over groups', () => {
  it('multiply by a steepness in softmax after the largest x is subtracted', () => {
    const twice = x.map((value) => 2 * value);
    for (const kernel of [softmax, softmaxInLoops])
      for (const own of [groups, { outer: 3, n: 4, inner: 1 }]) {
        const [steep, plain, far] = [x.slice(), x.slice(), x.slice()];
        kernel(x, steep, own, 2);
        kernel(twice, plain, own);
        expect(steep).to.deep.equal(plain);
        kernel(x.slice().fill(2 ** 1023), far, own, 4);
        expect([...far]).to.deep.equal([...far].map(() => 1 / own.n));
      }
  });

  const largest = reductions.max(x, groups);
  const powers = grouped(x).map((group) => group.map(Math.exp));
  const totals = powers.map(([a, b]) => a! + b!);

  it('reduce every group; a NaN at any place gives NaN', () => {
    expect([...largest]).to.deep.equal(grouped(x).map((group) => Math.max(...group)));
    expect([...reductions.min(x, groups)]).to.deep.equal(grouped(x).map((group) => Math.min(...group)));
    expect([...reductions.sum(x, groups)]).to.deep.equal(grouped(x).map(([a, b]) => a! + b!));
    for (const at of [0, 1, 2]) {
      const spoilt = Float64Array.of(1, 2, 3).with(at, NaN);
      const one = { outer: 1, n: 3, inner: 1 };
      for (const reduce of [reductions.max, reductions.min, reductions.sum])
        expect([...reduce(spoilt, one)]).to.deep.equal([NaN]);
    }
  });

  it('compute softmax, its logarithm and logSumExp of every group', () => {
    close(
      logSumExp(x, groups),
      totals.map((total) => Math.log(total)),
    );
    const [out, logs, back] = [new Float64Array(12), new Float64Array(12), new Float64Array(12)];
    softmax(x, out, groups);
    logSoftmax(x, logs, groups);
    const shares = powers.map((group, g) => group.map((power) => power / totals[g]!));
    close(grouped(out).flat(), shares.flat());
    close(
      grouped(logs).flat(),
      shares.flat().map((share) => Math.log(share)),
    );
    softmaxBack(x, out, back, groups);
    const pulled = shares.map((share, g) => {
      const seed = grouped(x)[g]!;
      const inward = share[0]! * seed[0]! + share[1]! * seed[1]!;
      return share.map((s, i) => s * (seed[i]! - inward));
    });
    close(grouped(back).flat(), pulled.flat());
    const nothing = Float64Array.of(-Infinity, -Infinity);
    expect([...logSumExp(nothing, { outer: 1, n: 2, inner: 1 })]).to.deep.equal([-Infinity]);
  });

  it('write nothing outside of the results', () => {
    const out = new Float64Array(4).fill(7);
    elementwise.add(
      1,
      2,
      Float64Array.of(1, 2, 3, 4),
      { at: 0, row: 2, column: 1 },
      Float64Array.of(1, 1, 1, 1),
      { at: 0, row: 2, column: 1 },
      out,
      1,
    );
    expect([...out]).to.deep.equal([7, 2, 3, 7]);
    const copied = new Float64Array(5).fill(7);
    const steps = { at: 1, row: 2, column: 1 };
    elementwise.copy(1, 2, [9, 1, 2, 3, 4], steps, copied, steps);
    expect([...copied]).to.deep.equal([7, 1, 2, 7, 7]);
  });
});

describe('the density of the normal distribution', () => {
  it('is exp(−x²/2) / √(2π)', () => {
    close([0, 1, -2].map(normalDensity), [0.3989422804014327, 0.24197072451914337, 0.05399096651318806]);
  });
});

describe('one step of an optimizer', () => {
  const weight = Float64Array.of(2);
  const gradient = Float64Array.of(3);
  const run = <S>(
    step: (...given: [Float64Array, Float64Array, Float64Array[], Float64Array, Float64Array[], S]) => void,
    memory: readonly number[],
    settings: S,
  ): number[] => {
    const [next, later] = [new Float64Array(1), memory.map(() => new Float64Array(1))];
    step(
      weight,
      gradient,
      memory.map((value) => Float64Array.of(value)),
      next,
      later,
      settings,
    );
    return [next[0]!, ...later.map(([value]) => value!)];
  };
  // The gradient with what decays is 3 + 0.5 · 2 = 4; of the weight 0.75 is kept, 1.5.
  const decay = { decay: 0.5, keep: 0.75 };

  it('of sgd', () => {
    const settings = { ...decay, momentum: 0.5, inward: 0.5, outward: 0.25, nesterov: false };
    expect(run(sgd, [], settings)).to.deep.equal([1.5 - 0.25 * 2]);
    expect(run(sgd, [8], settings)).to.deep.equal([1.5 - 0.25 * 6, 6]);
    expect(run(sgd, [8], { ...settings, nesterov: true })).to.deep.equal([1.5 - 0.25 * 5, 6]);
  });

  it('of adam', () => {
    const settings = { ...decay, beta1: 0.5, beta2: 0.75, rate: 0.5, epsilon: 1 };
    // m = 0.5 · 2 + 0.5 · 4 = 3; v = 0.75 · 16 + 0.25 · 16 = 16.
    expect(run(adam, [2, 16], settings)).to.deep.equal([1.5 - (0.5 * 3) / 5, 3, 16]);
    expect(run(adam, [2, 16, 64], settings)).to.deep.equal([1.5 - (0.5 * 3) / 9, 3, 16, 64]);
    expect(run(adam, [2, 16, 4], settings)).to.deep.equal([1.5 - (0.5 * 3) / 5, 3, 16, 16]);
  });

  it('of rmsprop', () => {
    const settings = {
      ...decay,
      ...{ momentum: 0.5, inward: 0.5, outward: 0.25, rho: 0.75 },
      ...{ epsilon: 9, inside: false, centered: false },
    };
    // s = 0.75 · 16 + 0.25 · 16 = 16; the push is 0.5 · 4 / (4 + 9), or / √(16 + 9).
    expect(run(rmsprop, [16], settings)).to.deep.equal([1.5 - (0.25 * 2) / 13, 16]);
    expect(run(rmsprop, [16], { ...settings, inside: true })).to.deep.equal([1.5 - (0.25 * 2) / 5, 16]);
    expect(run(rmsprop, [16, 8], { ...settings, inside: true })).to.deep.equal([
      1.5 - 0.25 * (2 / 5 + 4),
      16,
      2 / 5 + 4,
    ]);
    // The mean is 0.75 · 4 / 3 + 0.25 · 4 = 2, and the variance 16 − 4 = 12.
    const centered = { ...settings, inside: true, centered: true, epsilon: 13 };
    const [next, square, mean] = run(rmsprop, [16, 4 / 3], centered);
    close([next!, square!, mean!], [1.5 - (0.25 * 2) / 5, 16, 2]);
    expect(run(rmsprop, [16, 4 / 3, 8], centered)).to.have.length(4);
    expect(run(rmsprop, [16, 4 / 3, 8], centered)[3]).to.be.closeTo(2 / 5 + 4, 1e-15);
  });
});
