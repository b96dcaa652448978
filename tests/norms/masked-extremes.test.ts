import { expect } from 'chai';
import { flat, fromSource } from '../../src/array/index.js';
import { norms } from '../../src/index.js';
import type { Formula } from '../../src/norms/algebra.js';
import type { Norm, OptionsOf } from '../../src/norms/norm.js';
import { rule } from '../../src/norms/rule.js';
import { exactly } from '../../src/verify/exact/exactly.js';

const column = (values: readonly number[]) =>
  fromSource(
    values.map((value) => [value]),
    { dtype: 'float64' },
  );

describe('a number that does not count, beyond every number that does', () => {
  for (const { what, x, seeds } of [
    {
      what: 'whose product with its gradient overflows, beside an x̂ that underflows',
      x: [-1.5, 1e-323, -1e308],
      seeds: [-1e89, 0, 3e90],
    },
    {
      what: 'whose product with its gradient overflows, but not over N',
      x: [-2e56, 1.5, -1.7e308],
      seeds: [8e89, -5e89, 3e90],
    },
  ])
    for (const type of ['power_norm', 'batch_norm'] as const)
      it(`has the exact gradient in ${type}, ${what}`, () => {
        const norm: Norm = norms[type];
        const isWarm = type === 'power_norm';
        const one = (value: number) => fromSource([value], { dtype: 'float64' });
        const state = isWarm
          ? { moving_square: one(1), gradient_mean: one(0), steps: fromSource(0, { dtype: 'float64' }) }
          : { moving_mean: one(0), moving_variance: one(1) };
        const options = {
          ...Object.fromEntries(Object.entries(norm.options).map(([name, o]) => [name, o.default])),
          epsilon: 1e-6,
          ...(isWarm && { warmup: 3 }),
        } as OptionsOf<Norm>;
        const weights = { gamma: one(0.75), beta: one(0) };
        const mask = fromSource([1, 1, 0], { dtype: 'float64' });
        const given = { x: column(x), weights, state, options, mask, seeds: [column(seeds)] };
        const apply = rule(norm, ['gamma', 'beta'], options, { training: true, state, mask }, []);
        const { pullback } = apply([given.x, weights.gamma, weights.beta]);
        const dx = flat(pullback(given.seeds)[0]!);
        const { values } = exactly(norm.formula as unknown as Formula, given)['dx']!;
        expect(values.some((value) => value !== 0 && Number.isFinite(value))).to.equal(true);
        values.forEach((value, i) => {
          if (Number.isFinite(value)) expect(dx[i]).to.be.closeTo(value, 1e-13 * Math.abs(value));
          else expect(dx[i]).to.equal(value);
        });
      });
});
