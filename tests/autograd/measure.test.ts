import { expect } from 'chai';
import { type NdArray, flat, fromFlat } from '../../src/array/index.js';
import { type Slope, scales, slopeAlong } from '../../src/autograd/gradcheck/measure.js';

const wide = (numbers: readonly number[], shape: readonly number[] = [numbers.length]): NdArray =>
  fromFlat(Float64Array.from(numbers), shape);

/** The slope of f at x, and how often f was asked for it. */
function measured(f: (x: number) => number, x: number, step = 2 ** -8, tolerance = 1e-9) {
  let calls = 0;
  const slope: Slope = slopeAlong(
    ([at]) => {
      calls += 1;
      return Float64Array.of(f(flat(at!)[0]!));
    },
    [wide([x])],
    [wide([1])],
    step,
    tolerance,
  );
  return { value: slope.value[0]!, error: slope.error[0]!, kink: slope.kink, calls };
}

/** At the point itself, and on both sides of it at three widths. */
const ATTEMPT = 6;
const NOISE = 32 * 2 ** -53;

describe('the slope along a direction', () => {
  it('takes one step if that is enough, and no more than six', () => {
    expect(measured((x) => 3 * x + 1, 0).calls).to.equal(1 + ATTEMPT);
    // The rounding of a large output is small relative to a large slope.
    expect(measured((x) => 1e6 * (x + 1), 0).calls).to.equal(1 + ATTEMPT);
    expect(measured((x) => 3 * x + 1, 0, 2 ** -8, 0).calls).to.equal(1 + 6 * ATTEMPT);
    expect(measured(() => 0, 0).calls).to.equal(1 + ATTEMPT);
  });

  it('has an error bound: from the rounding of the outputs, and from the steps', () => {
    const straight = measured((x) => x + 1000, 0);
    expect(straight.error / ((4 * NOISE * 1000) / 2 ** -8)).to.be.within(1, 1.1);
    const bent = measured((x) => x ** 7, 1, 2 ** -3, 1);
    expect(bent.calls).to.equal(1 + ATTEMPT);
    const off = Math.abs(bent.value - 7);
    expect(bent.error).to.be.within(off, 1e4 * off);
  });

  it('keeps the best of its steps', () => {
    // Whoever wants the impossible gets the first step here, which rounds least, and one in the middle there.
    const near = measured((x) => x + 1000, 0, 2 ** -8, 0);
    expect(near.error / ((4 * NOISE * 1000) / 2 ** -8)).to.be.within(1, 1.1);
    const fast = measured((x) => Math.sin(1000 * x), 0.1, 1, 0);
    expect(fast.value).to.be.closeTo(1000 * Math.cos(100), 1e-6);
    expect(Math.abs(fast.value - 1000 * Math.cos(100))).to.be.below(fast.error);
  });

  it('shortens the step until the function is defined on both sides', () => {
    const { value, kink } = measured(Math.log, 2 ** -10);
    expect(value).to.be.closeTo(1024, 1e-5);
    expect(kink).to.equal(false);
  });

  it('tells corners from rounding', () => {
    expect(measured(Math.abs, 0).kink).to.equal(true);
    expect(measured((x) => Math.max(x, 0), 0).kink).to.equal(true);
    for (const bend of [1e-2, 1e-4, 1e-6])
      expect(measured((x) => Math.hypot(x, bend), 0).kink, String(bend)).to.equal(false);
    for (let i = 0; i < 40; i++) {
      const slope = 1 + i / 7;
      const { value, error, kink } = measured((x) => 1e12 + x * slope, i / 3);
      expect(kink).to.equal(false);
      expect(Math.abs(value - slope)).to.be.below(error);
    }
  });
});

describe('a corner that is as small as the rounding of another output', () => {
  it('is none', () => {
    const isKink = (other: number): boolean => {
      const f = ([at]: readonly NdArray[]): Float64Array => {
        const x = flat(at!)[0]!;
        return Float64Array.of(other, x + 0.02 * Math.abs(x));
      };
      return slopeAlong(f, [wide([0])], [wide([1])], 2 ** -8, 1e-9).kink;
    };
    expect([1, 1e12].map(isKink)).to.deep.equal([true, false]);
  });
});

describe('the scale of a row', () => {
  it('is the power of two nearest to its deviation, its size if it is constant, or 1 if it is 0', () => {
    const rows: readonly (readonly [readonly number[], number])[] = [
      [[-1, 1], 1],
      [[10, 12], 1],
      [[100, 116], 8],
      [[5, 5], 4],
      [[-6, -6], 8],
      [[0, 0], 1],
      [[0.25, 0.25], 0.25],
      [[1e12, 1e12 + 2], 2 ** 40],
      [[2 ** 29, 2 ** 29 + 2], 1],
      [[3 * 2 ** -40, 5 * 2 ** -40], 2 ** -40],
      [[2 ** 700, -(2 ** 700)], 2 ** 700],
      [[2 ** -700, -(2 ** -700)], 2 ** -700],
    ];
    const x = wide(
      rows.flatMap(([row]) => row),
      [4, 3, 2],
    );
    expect([...scales(x)]).to.deep.equal(rows.flatMap(([, scale]) => [scale, scale]));
    expect([...scales(wide([5], []))]).to.deep.equal([4]);
    expect([...scales(wide([4, 0, 0, 0]))]).to.deep.equal([2, 2, 2, 2]);
    expect([...scales(wide([1, -1, 0, 4, -4, 0], [2, 3]))]).to.deep.equal([1, 1, 1, 4, 4, 4]);
  });
});
