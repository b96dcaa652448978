import { expect } from 'chai';
import fc from 'fast-check';
import { type NdArray, ROUNDOFF, Random, cast, draw, flat } from '../../src/array/index.js';
import { norms } from '../../src/index.js';
import { newState } from '../../src/norms/new-state.js';
import { read } from '../../src/norms/option.js';
import { allocate } from '../../src/norms/owned.js';
import { rule } from '../../src/norms/rule.js';
import type { Norm } from '../../src/norms/norm.js';

const norm: Norm = norms.switchable_norm;

/** Normal numbers of a size around a mean, so that the means of all statistics lie near each other. */
const cases = fc.record({
  shape: fc.constantFrom([16, 12], [6, 16, 12], [3, 4, 5, 8]),
  offset: fc.constantFrom(0, 100, -1e4),
  size: fc.constantFrom(2 ** -70, 0.01, 1, 300, 2 ** 60),
  seed: fc.nat(),
});

describe('switchable_norm in float32', () => {
  it('has the outputs and gradients of float64 if all means lie near each other', () => {
    fc.assert(
      fc.property(cases, ({ shape, offset, size, seed }) => {
        const { values: options } = read('switchable_norm', norm.options, { epsilon: (size / 8) ** 2 });
        const random = new Random(seed);
        const normal = (like: readonly number[]) => draw(like, () => random.normal(), 'float32');
        const x = draw(shape, () => (offset + random.normal()) * size, 'float32');
        const own = allocate(norm.parameters, shape, options, { dtype: 'float32' });
        const names = Object.keys(own);
        const weights = names.map((name) => normal(own[name]!.shape));
        const g = normal(shape);
        const [near, exact] = (['float32', 'float64'] as const).map((dtype) => {
          const wide = (a: NdArray) => cast(a, dtype);
          const state = newState(norm, wide(x), options);
          const { values, pullback } = rule(
            norm,
            names,
            options,
            { training: true, state },
            [],
          )([x, ...weights].map(wide));
          return [...values, ...pullback([wide(g)])].map((a) => a!);
        });
        near!.forEach((a, k) => {
          const expected = [...flat(exact![k]!)];
          // The gradients of weights may be near 0 beside what they sum.
          const most = expected.reduce((size, value) => Math.max(size, Math.abs(value)), k < 2 ? 0 : 1);
          const apart = [...flat(a)].map((value, i) => Math.abs(value - expected[i]!));
          expect(Math.max(...apart), `array ${k}`).to.be.at.most(64 * ROUNDOFF.float32 * most);
        });
      }),
    );
  });
});
