import { expect } from 'chai';
import fc from 'fast-check';
import { fromSource } from '../../src/array/index.js';
import { assertGradients } from '../../src/autograd/gradcheck/gradcheck.js';
import { Tensor, record } from '../../src/autograd/tape.js';
import type { Norm } from '../../src/norms/norm.js';
import { rule } from '../../src/norms/rule.js';
import { allocate } from '../../src/norms/owned.js';
import { norms } from '../../src/norms/normalizations.js';
import { read } from '../../src/norms/option.js';
import { boundGap, tieGap } from '../../src/norms/parts/index.js';
import { arrays } from '../support/arbitraries.js';
import { runs } from '../support/runs.js';

const float64 = (numbers: readonly number[], shape: readonly number[] = [numbers.length]) =>
  fromSource(Float64Array.from(numbers), { shape });

// The settings that are tried elsewhere keep ε up to 1, where the clamp of the band family never holds.
describe('above ε = 1', () => {
  for (const type of [
    'band_rms',
    'adaptive_band_rms',
    'zero_centered_band_rms_norm',
    'zero_centered_adaptive_band_rms_norm',
  ] as const) {
    it(`${type} pulls gradients back as the slope demands, on both sides of its clamp`, () => {
      const norm: Norm = norms[type];
      const sides = { held: 0, free: 0 };
      fc.assert(
        fc.property(
          arrays([2, 3, 2], -4, 4),
          fc.double({ min: 1.2, max: 4, noNaN: true }),
          fc.constantFrom([1], [1, 2], [2]),
          fc.nat(),
          (x, epsilon, axis, seed) => {
            const { values: options } = read(type, norm.options, { epsilon, axis, maxBandWidth: 0.4 });
            const situation = { training: true, state: {}, inputs: {}, weights: {} };
            fc.pre(norm.kinks!(x, options, situation) > 0.01);
            const gap = Math.sqrt(epsilon * (epsilon - 1));
            sides[Math.abs(x.data[0]!) < gap ? 'held' : 'free']++;
            const fresh = allocate(norm.parameters, x.shape, options, { dtype: 'float64' });
            const names = Object.keys(fresh);
            const weights = Object.values(fresh).map(({ shape, size }) =>
              float64(
                Array.from({ length: size }, (_, i) => 0.3 - 0.2 * i),
                shape,
              ),
            );
            const f = (...tensors: Tensor[]) => {
              const apply = rule(norm, names, options, situation);
              return record(type, tensors, (...arrays) => apply(arrays));
            };
            assertGradients(
              f,
              [x, ...weights].map((value) => new Tensor(value)),
              { seed, step: 2 ** -12 },
            );
          },
        ),
        { numRuns: Math.max(40, runs(0.4)) }, // With fewer a side may never be drawn.
      );
      expect(Math.min(sides.held, sides.free)).to.be.above(0);
    });
  }
});

describe('the distance to a corner', () => {
  it('is that of the nearest length from its floor or clamp', () => {
    const x = float64([3, 4, 0, 1], [2, 2]);
    expect(boundGap(x, 1, 4, 'floor')).to.equal(1); // Lengths 5 and 1, floor 2.
    expect(boundGap(x, 0, 4, 'floor')).to.be.closeTo(1, 1e-15); // Lengths 3 and √17.
    const clamp = Math.sqrt(4 * 3);
    expect(boundGap(x, 1, 4, 'clamp')).to.be.closeTo(Math.sqrt(12.5) - clamp, 1e-15);
    expect(boundGap(float64([7, 7, 2, 2], [2, 2]), 1, 4, 'clamp')).to.be.closeTo(clamp - 2, 1e-15);
    expect(boundGap(x, 1, 1, 'clamp')).to.be.closeTo(Math.sqrt(0.5), 1e-15);
    expect(boundGap(x, 1, 0.5, 'clamp')).to.equal(Infinity);
  });

  it('is that of the two largest, and 0 where these tie', () => {
    expect(tieGap(float64([3, 1, 2, 5, 9, 0], [2, 3]), 1)).to.equal(1);
    expect(tieGap(float64([3, 1, 2, 5, 9, 0], [2, 3]), 0)).to.equal(2);
    expect(tieGap(float64([3, 1, 3, 5, 9, 0], [2, 3]), 1)).to.equal(0);
    expect(tieGap(float64([1, 1, 3, 5, 9, 0], [2, 3]), 1)).to.equal(2);
  });
});
