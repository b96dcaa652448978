import { expect } from 'chai';
import fc from 'fast-check';
import { flat, toNested } from '../../src/array/index.js';
import { Gradients } from '../../src/autograd/gradients.js';
import { Tensor } from '../../src/autograd/tape.js';
import { tensor } from '../../src/autograd/create.js';
import { NormtapeError } from '../../src/error.js';
import { clipByGlobalNorm, clipByValue, globalNorm } from '../../src/optim/clipping.js';
import { arrays, shapes } from '../support/arbitraries.js';

const several = fc
  .array(
    shapes().chain((shape) => arrays(shape)),
    { minLength: 1, maxLength: 4 },
  )
  .map((values) => values.map((value) => new Tensor(value)));

const gradientsOf = (values: readonly Tensor[]): Gradients =>
  new Gradients(new Map(values.map((g) => [g, g])));
const all = (gradients: Gradients): number[] => [...gradients].flatMap(([, { value }]) => [...flat(value)]);

describe('clipping', () => {
  it('by the global norm shortens all gradients together, and only where they are too long', () => {
    fc.assert(
      fc.property(several, fc.double({ min: 0.1, max: 20, noNaN: true }), (values, limit) => {
        const gradients = gradientsOf(values);
        const before = values.map(({ value }) => toNested(value));
        const norm = globalNorm(gradients);
        expect(norm).to.be.closeTo(Math.hypot(...all(gradients)), 1e-13 * (1 + norm));
        const clipped = clipByGlobalNorm(gradients, limit);
        const factor = norm > limit ? limit / norm : 1;
        all(clipped).forEach((g, i) => expect(g).to.be.closeTo(factor * all(gradients)[i]!, 1e-14));
        expect([...clipped].map(([leaf]) => leaf)).to.deep.equal(values);
        expect(values.map(({ value }) => toNested(value))).to.deep.equal(before);
      }),
    );
  });

  it('measures what squares cannot hold', () => {
    const norm = (...data: number[]) => globalNorm(gradientsOf([tensor(Float64Array.from(data))]));
    expect(norm(3e200, 4e200) / 5e200).to.be.closeTo(1, 1e-15);
    expect(norm(3e-200, 4e-200) / 5e-200).to.be.closeTo(1, 1e-15);
    expect(norm(0, 0)).to.equal(0);
    expect(norm(1, -Infinity)).to.equal(Infinity);
    expect(norm(1, NaN)).to.be.NaN;
    expect(globalNorm(gradientsOf([]))).to.equal(0);
    expect(globalNorm(gradientsOf([tensor(-3)]))).to.equal(3);
  });

  it('by value bounds every number', () => {
    fc.assert(
      fc.property(several, fc.double({ min: 0.1, max: 4, noNaN: true }), (values, limit) => {
        const gradients = gradientsOf(values);
        const expected = all(gradients).map((g) => Math.max(-limit, Math.min(limit, g)));
        expect(all(clipByValue(gradients, limit))).to.deep.equal(expected);
      }),
    );
  });

  it('refuses what is no limit, or no gradients', () => {
    const gradients = gradientsOf([tensor(1)]);
    expect(() => clipByGlobalNorm(gradients, 0)).to.throw(
      NormtapeError,
      'clipByGlobalNorm.maxNorm: expected a finite number above 0, received 0.',
    );
    expect(() => clipByValue(gradients, -1)).to.throw('clipByValue.limit: expected a finite number above 0');
    expect(() => clipByValue([] as never, 1)).to.throw('clipByValue: expected gradients, received [].');
  });

  it('gives no direction to gradients that have none', () => {
    const of = (...data: number[]) => gradientsOf([tensor(Float64Array.from(data)), tensor([1])]);
    for (const [bad, received] of [
      [of(Infinity, 2), '∞'],
      [of(-Infinity, Infinity), '∞'],
      [of(NaN, 2), 'NaN'],
      [of(NaN, Infinity), 'NaN'],
    ] as const) {
      expect(Number.isFinite(globalNorm(bad))).to.equal(false);
      expect(() => clipByGlobalNorm(bad, 1)).to.throw(
        NormtapeError,
        `clipByGlobalNorm: expected finite gradients, received ${received === 'NaN' ? 'NaN' : 'Infinity'}. detectAnomaly`,
      );
    }
    expect(all(clipByValue(of(-Infinity, 2, Infinity), 3))).to.deep.equal([-3, 2, 3, 1]);
    expect(() => clipByValue(of(1, NaN), 3)).to.throw(
      'clipByValue: expected gradients without NaN, received NaN.',
    );
  });

  it('shortens finite gradients whose length is beyond the largest number', () => {
    const huge = gradientsOf([tensor(Float64Array.of(1.5e308, -1.5e308))]);
    const [a, b] = all(clipByGlobalNorm(huge, 2));
    expect(a).to.be.closeTo(Math.SQRT2, 1e-14);
    expect(b).to.be.closeTo(-Math.SQRT2, 1e-14);
  });
});
