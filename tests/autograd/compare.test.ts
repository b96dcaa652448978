import { expect } from 'chai';
import { type NdArray, fromFlat, map, mul, scale, zip } from '../../src/array/index.js';
import { assertGradients, gradcheck } from '../../src/autograd/gradcheck/gradcheck.js';
import { primitive } from '../../src/autograd/primitive.js';
import { tensor } from '../../src/autograd/create.js';
import type { Tensor } from '../../src/autograd/tape.js';
import { div, log, mul as times, relu, sqrt, square, sum } from '../../src/ops/catalog.js';
import { randomNormal } from '../../src/ops/create.js';
import { failure } from '../support/failure.js';

const wide = (numbers: readonly number[], shape: readonly number[] = [numbers.length]): Tensor =>
  tensor(Float64Array.from(numbers), { shape });

/** slope · (x − 1) + offset for each number, with a gradient that is `off` times as large as it should be. */
const linear = (slopes: readonly number[], off: readonly number[], offset = 0) =>
  primitive('linear', (x: NdArray) => {
    const rates = fromFlat(Float64Array.from(slopes), x.shape);
    const spoilt = fromFlat(
      Float64Array.from(slopes, (slope, i) => slope * off[i]!),
      x.shape,
    );
    return {
      value: zip(x, rates, (v, slope) => slope * (v - 1) + offset),
      pullback: (g) => [mul(g, spoilt)],
    };
  });

const ones = (n: number): number[] => Array<number>(n).fill(1);

describe('what gradcheck compares', () => {
  it('compares every output by every input if there are few, else each input or some directions', () => {
    const checked = (inputs: number, outputs: number) => {
      const x = randomNormal([inputs], { seed: 1, dtype: 'float64' });
      const y = Array.from({ length: outputs }, () => 1);
      return gradcheck((a) => times(sum(square(a!)), wide(y)), [x]);
    };
    for (const [inputs, outputs, count] of [
      [32, 1, 32],
      [32, 24, 32 * 24],
      [32, 25, 32],
      [33, 1, 3],
      [33, 2, 3],
    ] as const) {
      const report = checked(inputs, outputs);
      expect([report.ok, report.checked], `${inputs} by ${outputs}`).to.deep.equal([true, count]);
    }
  });

  it('moves one input at a time', () => {
    const [a, b] = [1, 2].map((seed) => randomNormal([20], { seed, dtype: 'float64' }));
    const report = gradcheck((x, y) => times(x!, y!), [a!, b!]);
    expect([report.ok, report.checked]).to.deep.equal([true, 6]);
    const [small, other] = [1, 2].map((seed) => randomNormal([2, 2], { seed, dtype: 'float64' }));
    expect(gradcheck((x, y) => div(x!, y!), [small!, other!]).ok).to.equal(true);
  });

  it('leaves the inputs unchanged', () => {
    const x = randomNormal([2, 3], { seed: 1, dtype: 'float64' });
    const [value, before] = [x.value, x.toArray()];
    gradcheck((a) => square(a!), [x]);
    expect(x.value).to.equal(value);
    expect(x.toArray()).to.deep.equal(before);
  });

  it('is relative to the largest gradient in the row', () => {
    // 26 numbers: the gradient of ⟨g, f⟩, not the whole Jacobian, so that the numbers of a row stand side by side.
    const [slopes, off] = [ones(26), ones(26)];
    slopes[2] = 1e3;
    off[2] = 1.01;
    const x = wide(ones(26), [13, 1, 2]);
    const one = gradcheck(linear(slopes, off), [x], { seed: 1 });
    expect(one.deviation).to.be.closeTo(0.01, 1e-12);
    expect(one.worst!.index).to.deep.equal([1, 0, 0]);
    slopes[3] = 1e5;
    const beside = gradcheck(linear(slopes, off), [x], { seed: 1 });
    expect(beside.deviation / one.deviation).to.be.within(1e-3, 0.1);
    // What is large in other rows does not matter.
    [slopes[3], slopes[4]] = [1, 1e9];
    const elsewhere = gradcheck(linear(slopes, off), [x], { seed: 1 });
    expect(elsewhere.deviation).to.be.closeTo(0.01, 1e-12);
  });

  it('allows for the rounding of the function, and for no more', () => {
    const x = wide([0.3, -0.7, 1.9]);
    expect(gradcheck(linear([1 / 3, 0.7, 1.1], ones(3), 1e9), [x]).ok).to.equal(true);
    expect(gradcheck(linear(ones(3), [1, 3, 1], 1e6), [x]).ok).to.equal(false);
  });

  it('finds nothing wrong with zeros, empty inputs and unused inputs', () => {
    const x = wide([1, 2, 4]);
    const exact = { ok: true, deviation: 0, worst: undefined, findings: [] };
    expect(gradcheck((a) => times(a!, 0), [x])).to.deep.include(exact);
    expect(gradcheck((a) => times(a!, 2), [x])).to.deep.include(exact);
    expect(gradcheck((a) => square(a!), [wide([], [0])])).to.deep.include(exact);
    expect(gradcheck((a) => times(a!, 2), [x, wide([1])])).to.deep.include(exact);
  });

  it('measures slopes near the end of the domain of a function', () => {
    expect(gradcheck((a) => log(a!), [wide([1e-3, 1, 2])])).to.deep.include({ ok: true, skipped: [] });
    expect(gradcheck((a) => sqrt(a!), [wide([1e-5, 1, 2])])).to.deep.include({ ok: true, skipped: [] });
    // At the end itself the slope is infinite, which is no fault of the other numbers.
    const { ok, worst } = gradcheck((a) => sqrt(a!), [wide([0, 1, 4])]);
    expect([ok, worst!.index]).to.deep.equal([false, [0]]);
  });

  it('sees errors of two outputs that cancel in their sum', () => {
    const x = wide([1, 2]);
    const [more, less] = [linear([1, 1], [1.5, 1.5]), linear([1, 1], [0.5, 0.5])];
    expect(gradcheck((a) => [more(a!), less(a!)], [x]).ok).to.equal(false);
  });

  it('finds a pullback that is linear for larger seeds, but not for negated ones', () => {
    const rectified = primitive('rectified', (x: NdArray) => ({
      value: map(x, (v) => v),
      pullback: (g) => [map(g, Math.abs)],
    }));
    expect(gradcheck(rectified, [wide([1, 2, 3])]).findings[0]).to.equal(
      'A seed -1 times as large did not give -1 times the gradient: it is not linear.',
    );
    const squared = primitive('squared', (x: NdArray) => ({
      value: map(x, (v) => v),
      pullback: (g) => [zip(g, x, (a) => a * Math.abs(a))],
    }));
    expect(gradcheck(squared, [wide([1, 2, 3])]).findings[0]).to.equal(
      'A seed 2 times as large did not give 2 times the gradient: it is not linear.',
    );
  });

  it('names the corners it skips by their positions', () => {
    const x = wide([1, 2, 3, 4, 0, 6, 7, 8, 9, 10, 11, 0], [2, 3, 2]);
    expect(gradcheck((a) => sum(relu(a!)), [x]).skipped).to.deep.equal([
      { input: 0, index: [0, 2, 0] },
      { input: 0, index: [1, 2, 1] },
    ]);
  });

  it('rejects inputs of which one is not float64', () => {
    expect(failure(() => gradcheck((a) => a!, [wide([1]), tensor([1])]))).to.equal(
      'gradcheck: expected inputs of float64, received ["float64","float32"].',
    );
  });
});

describe('assertGradients', () => {
  it('does not throw if nothing is wrong', () => {
    assertGradients((a) => square(a!), [wide([1, 2])]);
  });

  it('names the measured gradient, its position and the claimed one', () => {
    expect(
      failure(() => assertGradients(linear([1, 1, 1, 2], [1, 1, 1, 2]), [wide([1, -1, 1, -1], [2, 2])])),
    ).to.match(/^assertGradients: expected the gradient 2 of input 0 at \[1,1\], received 4\. /);
    const many = linear(ones(40), [2, ...ones(39)]);
    expect(
      failure(() => assertGradients(many, [randomNormal([40], { seed: 1, dtype: 'float64' })])),
    ).to.match(/^assertGradients: expected the gradient -?[\d.]+ of input 0, received -?[\d.]+\. /);
    let calls = 0;
    const moody = primitive('moody', (x: NdArray) => ({
      value: x,
      pullback: (g) => [scale(g, calls++ === 1 ? 2 : 1)],
    }));
    expect(failure(() => assertGradients(moody, [wide([1, 2])]))).to.match(
      /^assertGradients: expected a pullback that is linear and repeatable, received 0\. Pulling back again/,
    );
  });
});
