import { expect } from 'chai';
import fc from 'fast-check';
import { tensor } from '../../src/autograd/create.js';
import type { Tensor } from '../../src/autograd/tape.js';
import { vjp } from '../../src/autograd/vjp.js';
import * as losses from '../../src/nn/losses/index.js';
import * as ops from '../../src/ops/catalog.js';
import { NormtapeError } from '../../src/error.js';
import { runs } from '../support/runs.js';

type Dtype = 'float32' | 'float64';
const DTYPES: readonly Dtype[] = ['float32', 'float64'];
const of = (numbers: readonly number[], dtype: Dtype = 'float64', shape = [numbers.length]): Tensor =>
  tensor(Float64Array.from(numbers), { shape, dtype });

/** Value and gradients of an op of some inputs, for a gradient of ones. */
function pulled(f: (...x: Tensor[]) => Tensor, ...x: Tensor[]): number[][] {
  const { value, pullback } = vjp(() => f(...x));
  const ones = tensor(new Float64Array(value.size).fill(1), { shape: value.shape, dtype: value.dtype });
  const gradients = pullback(ones);
  return [value, ...x.map((leaf) => gradients.of(leaf)!)].map((y) => [y.toArray()].flat(9) as number[]);
}

const CURVES: Readonly<Record<string, (x: Tensor) => Tensor>> = {
  ...{ exp: ops.exp, log: ops.log, sqrt: ops.sqrt, abs: ops.abs, sin: ops.sin, cos: ops.cos, erf: ops.erf },
  ...{ tanh: ops.tanh, sigmoid: ops.sigmoid, softplus: ops.softplus, silu: ops.silu, gelu: ops.gelu },
  ...{ square: ops.square, neg: ops.neg },
  geluTanh: (x) => ops.gelu(x, { approximate: true }),
};

describe('gradients at the edges of the numbers', () => {
  for (const dtype of DTYPES) {
    it(`a NaN in x or in the gradient goes on through every curve of ${dtype}`, () => {
      for (const [name, f] of Object.entries(CURVES)) {
        // Several lengths, so that no tail of a loop is left out.
        for (const n of [1, 5, 300]) {
          const x = of(Array<number>(n).fill(NaN), dtype);
          const [value, gradient] = pulled(f, x);
          expect(value!.every(Number.isNaN), `${name} of NaN`).to.equal(true);
          if (name !== 'neg')
            expect(gradient!.every(Number.isNaN), `gradient of ${name} at NaN`).to.equal(true);
          const at = of(Array<number>(n).fill(0.5), dtype);
          const back = vjp(() => f(at))
            .pullback(x)
            .of(at)!
            .toArray() as number[];
          expect(back.every(Number.isNaN), `${name} back from NaN`).to.equal(true);
        }
      }
    });

    it(`activations of ${dtype} have the slopes 0 and 1 however far out`, () => {
      const far = dtype === 'float64' ? [1e160, 1e300, 1.7e308, Infinity] : [1e20, 1e30, 3e38, Infinity];
      for (const f of [CURVES['gelu']!, CURVES['geluTanh']!, CURVES['silu']!, CURVES['softplus']!]) {
        expect(pulled(f, of(far, dtype))[1]).to.deep.equal([1, 1, 1, 1]);
        expect(
          pulled(
            f,
            of(
              far.map((x) => -x),
              dtype,
            ),
          )[1]!.map(Math.abs),
        ).to.deep.equal([0, 0, 0, 0]);
      }
    });
  }

  it('a quotient has a finite gradient, though parts of it are not finite', () => {
    expect(pulled(ops.div, of([0]), of([1e-309]))[2]).to.deep.equal([-0]);
    const [, , back] = pulled(ops.div, of([1e-320]), of([1e-309]));
    expect(back![0]! / -9.99998886718268e297).to.be.closeTo(1, 1e-4);
    // Powers of two are exact at any size: −g a / b² is one of them.
    fc.assert(
      fc.property(
        ...([-1000, -1000, -500].map((min) => fc.integer({ min, max: -min })) as [
          fc.Arbitrary<number>,
          fc.Arbitrary<number>,
          fc.Arbitrary<number>,
        ]),
        (g, a, b) => {
          fc.pre(Math.abs(g + a - 2 * b) < 1000);
          const [x, y] = [of([2 ** a]), of([2 ** b])];
          const found = vjp(() => ops.div(x, y))
            .pullback(of([2 ** g]))
            .of(y)!
            .item();
          // Where a factor vanishes on the way nothing is promised.
          fc.pre(g - b > -1000 && a - b > -1000);
          expect(found).to.equal(-(2 ** (g + a - 2 * b)));
        },
      ),
      { numRuns: runs(2) },
    );
  });

  it('powers are those of C, and propagate NaN to gradients', () => {
    const cases = [
      [1, NaN, 1, NaN, 0],
      [1, Infinity, 1, Infinity, 0],
      [-1, Infinity, 1, NaN, 0],
      [-1, -Infinity, 1, NaN, 0],
      [NaN, 0, 1, 0, NaN],
      [NaN, 2, NaN, NaN, NaN],
      [2, NaN, NaN, NaN, NaN],
      [0, 2, 0, 0, 0],
    ] as const;
    for (const [x, y, value] of cases)
      expect(pulled(ops.pow, of([x]), of([y]))[0], `${x} ** ${y}`).to.deep.equal([value]);
    for (const [x, y] of [
      [NaN, 2],
      [2, NaN],
    ] as const)
      expect(pulled(ops.pow, of([x]), of([y]))[2]).to.deep.equal([NaN]);
    expect(pulled(ops.pow, of([NaN]), of([2]))[1]).to.deep.equal([NaN]);
    expect(pulled(ops.pow, of([0]), of([-1]))[2]).to.deep.equal([-Infinity]);
    // x ** (y − 1) is past the largest number, and y x ** (y − 1) is not.
    expect(pulled(ops.pow, of([2 ** -1040]), of([2 ** -40]))[1]![0]! / 2 ** 1000).to.be.closeTo(1, 1e-9);
  });

  it('a NaN is the largest and the smallest, and takes all of the gradient', () => {
    for (const [name, f] of Object.entries({ maximum: ops.maximum, minimum: ops.minimum })) {
      expect(pulled(f, of([NaN, 2, NaN]), of([2, NaN, NaN])), name).to.deep.equal([
        [NaN, NaN, NaN],
        [1, 0, 0.5],
        [0, 1, 0.5],
      ]);
      // What the loser gets is 0, and not 0 · ∞.
      const [x, y] = [of([1]), of([2])];
      const gradients = vjp(() => f(x, y)).pullback(of([Infinity]));
      expect([gradients.of(x)!.item(), gradients.of(y)!.item()].sort()).to.deep.equal([0, Infinity]);
    }
    expect(pulled((x) => ops.clip(x, { min: -1, max: 1 }), of([NaN, 0.5, 2]))).to.deep.equal([
      [NaN, 0.5, 1],
      [0, 1, 0],
    ]);
  });

  it('where reads only selected elements, signs of zeros included', () => {
    const [value, a, b] = pulled((x, y) => ops.where([true, false], x, y), of([-0, NaN]), of([NaN, -0]));
    expect(value).to.deep.equal([-0, -0]);
    expect([a, b]).to.deep.equal([
      [1, 0],
      [0, 1],
    ]);
  });

  it('means and variances do not overflow in between', () => {
    const large = [1.7e308, 1.7e308];
    expect(pulled((x) => ops.mean(x), of(large))).to.deep.equal([[1.7e308], [0.5, 0.5]]);
    expect(pulled((x) => ops.variance(x), of(large))).to.deep.equal([[0], [0, 0]]);
    expect(pulled((x) => ops.sum(x), of([...large, -1.7e308]))[0]).to.deep.equal([1.7e308]);
    expect(pulled((x) => ops.mean(x, 0), of([...large, 1, 1], 'float64', [2, 2]))[0]).to.deep.equal([
      (1.7e308 + 1) / 2,
      (1.7e308 + 1) / 2,
    ]);
    // One square past the largest number, and a mean of many that is not.
    for (const [dtype, size] of [
      ['float32', 2 ** 64],
      ['float64', 2 ** 512],
    ] as const) {
      const x = of([size, ...Array<number>(1023).fill(0)], dtype);
      expect(pulled((y) => ops.variance(y), x)[0]![0]! / (size / 2 ** 10) / size).to.be.closeTo(1, 0.002);
    }
    const losses64 = pulled((x, t) => losses.meanSquaredError(x, t), of([1.7e308, 1]), of([-1.7e308, 0]));
    expect(losses64.slice(1)).to.deep.equal([
      [Infinity, 1],
      [-Infinity, -1],
    ]);
    const mean = pulled(
      (x, t) => losses.meanSquaredError(x, t, { sampleWeight: 1e-300 }),
      of([1.7e308]),
      of([-1.7e308]),
    );
    expect(mean[1]![0]! / (2e-300 * 1.7e308 * 2)).to.be.closeTo(1, 1e-12);
  });

  it('ln Σ eˣ has gradient 0 if all numbers are −∞, and for finite numbers next to ∞', () => {
    for (const dtype of DTYPES) {
      const x = of([-Infinity, -Infinity, 0, 0, Infinity, 3], dtype, [3, 2]);
      expect(pulled((y) => ops.logSumExp(y, 1), x)[1]).to.deep.equal([0, 0, 0.5, 0.5, NaN, 0]);
    }
  });

  it('klDivergence has gradient 0 for a target of 0, and propagates NaN elsewhere', () => {
    for (const dtype of DTYPES) {
      const teacher = of([0, -Infinity], dtype);
      const logs = of([-0.5, -1], dtype);
      const [, ofTeacher] = pulled(
        (t, l) => losses.klDivergence(l, ops.softmax(t), { fromLogProbabilities: true }),
        teacher,
        logs,
      );
      expect(ofTeacher!.map(Math.abs)).to.deep.equal([0, 0]);
      const wrong = pulled((p, t) => losses.klDivergence(p, t), of([NaN, 0.5], dtype), of([0.5, NaN], dtype));
      expect(wrong[1]![0]).to.be.NaN;
      expect(wrong[2]![1]).to.be.NaN;
    }
  });
});

describe('sums of float64', () => {
  it('do not depend on the order of their numbers', () => {
    const n = 1_000_000;
    const x = tensor(new Float64Array(n).fill(0.1));
    expect(ops.sum(x).item()).to.equal(100000);
    expect(ops.mean(x).item()).to.equal(0.1);
    for (const shape of [
      [n / 10, 10],
      [n / 2, 2],
      [2, n / 10, 5],
    ]) {
      const columns = ops.sum(ops.reshape(x, shape), shape.length - 2).toArray();
      const expected = (0.1 * shape.at(-2)!).toPrecision(15);
      for (const total of [columns].flat(9) as number[]) expect(total.toPrecision(15)).to.equal(expected);
    }
  });

  it('are within a unit in the last place, whatever cancels', () => {
    const numbers = fc.array(fc.double({ min: -1e10, max: 1e10, noNaN: true }), {
      minLength: 1,
      maxLength: 200,
    });
    fc.assert(
      fc.property(numbers, (x) => {
        // Next to its own negative everything cancels but one number.
        const all = [...x, 1, ...x.map((value) => -value)];
        const room =
          2 ** -53 + 4 * all.length ** 2 * 2 ** -106 * all.reduce((sum, value) => sum + Math.abs(value), 0);
        expect(Math.abs(ops.sum(of(all)).item() - 1)).to.be.at.most(room);
        const two = ops
          .sum(
            of(
              all.flatMap((value) => [value, -value]),
              'float64',
              [all.length, 2],
            ),
            0,
          )
          .toArray();
        for (const total of two as number[]) expect(Math.abs(Math.abs(total) - 1)).to.be.at.most(room);
      }),
    );
  });
});

describe('shapes that do not fit', () => {
  const zeros = (shape: readonly number[]): Tensor =>
    tensor(new Float32Array(shape.reduce((a, b) => a * b, 1)), { shape });

  it('are rejected by concat, whatever their ranks', () => {
    expect(() => ops.concat([zeros([2, 3]), zeros([2])], 1)).to.throw(
      NormtapeError,
      'concat: expected at least one array, all of one shape but for axis 1, received [[2,3],[2]].',
    );
    expect(() => ops.concat([zeros([2]), zeros([])])).to.throw(NormtapeError, 'concat');
    expect(() => ops.concat([zeros([2]), zeros([2])], [0] as never)).not.to.throw();
    expect(() => ops.concat([zeros([2, 2]), zeros([2, 2])], [0, 1] as never)).to.throw(
      NormtapeError,
      'concat',
    );
  });

  it('are rejected by every op with an error of its own', () => {
    const shapes = [[], [2], [3], [2, 3], [2, 2, 2], [0], [1, 1, 1, 1]];
    const odd = [null, undefined, 3, 'a', [NaN], [1.5], [null], {}, [-2], [[1]], [{}], true];
    const two = [
      ops.add,
      ops.div,
      ops.pow,
      ops.maximum,
      ops.matmul,
      ops.conv2d,
      ops.depthwiseConv2d,
    ] as const;
    const settings = [
      ops.reshape,
      ops.transpose,
      ops.broadcastTo,
      ops.slice,
      ops.gather,
      ops.sum,
      ops.softmax,
    ] as const;
    const attempt = (f: () => unknown): void => {
      try {
        f();
      } catch (error) {
        expect(error).to.be.instanceOf(NormtapeError);
      }
    };
    for (const a of shapes) {
      for (const b of shapes) {
        for (const f of two) attempt(() => f(zeros(a), zeros(b)));
        for (const axis of [0, 1, -1, 7, 0.5]) {
          attempt(() => ops.concat([zeros(a), zeros(b)], axis));
          attempt(() => ops.stack([zeros(a), zeros(b)], axis));
        }
        attempt(() => ops.where(zeros(b), zeros(a), 1));
        attempt(() => ops.scaledDotProductAttention(zeros(a), zeros(b), zeros(b)));
      }
      for (const given of odd) {
        for (const f of settings) attempt(() => f(zeros(a), given as never));
        attempt(() => ops.cast(given as never, 'float32'));
        attempt(() => ops.concat([zeros(a), given as never]));
      }
    }
  });
});
