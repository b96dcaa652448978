import { expect } from 'chai';
import { type NdArray, flat, fromSource, sliceView } from '../../src/array/index.js';
import { norms } from '../../src/index.js';
import { rule } from '../../src/norms/rule.js';
import type { Formula } from '../../src/norms/algebra.js';
import { exactly } from '../../src/verify/exact/exactly.js';

const norm = norms.bias_free_batch_norm;
const ones = (n: number, dtype: 'float32' | 'float64') => fromSource(new Array<number>(n).fill(1), { dtype });

function run(x: NdArray, gamma: NdArray, epsilon = 1e-6) {
  const state = { running_var: ones(x.shape[1]!, x.dtype) };
  const options = { axis: 1, epsilon, momentum: 0.9, useScale: true };
  const apply = rule(norm, ['gamma'], options, { training: true, state }, []);
  const { values, pullback } = apply([x, gamma]);
  return { y: values[0]!, dx: pullback([x])[0]!, options, state };
}

/** One feature of an array. */
const feature = (a: NdArray, k: number): number[] => [
  ...flat(
    sliceView(a, [
      [0, a.shape[0]!],
      [k, k + 1],
    ]),
  ),
];

describe('bias_free_batch_norm', () => {
  // Of these, the first has a mean beyond √n deviations; the last is so large that float32 holds no 1 / N.
  const columns = [
    [-0.5, -1, -0.5, -0.25],
    [1.25, -2.75, 0.25, 2.75],
    [-0.3, 0.7, -0.75, 1.3],
    [3e38, -3e38, 1e38, -2e38],
  ];

  for (const [k, replaced] of [
    [0, NaN],
    [0, 1],
    [3, NaN],
    [3, 1],
  ] as const)
    it(`computes the other features to the same bits with ${replaced} in feature ${k}`, () => {
      const matrix = (all: readonly (readonly number[])[]) =>
        fromSource(
          [0, 1, 2, 3].map((i) => all.map((column) => column[i]!)),
          { dtype: 'float32' },
        );
      const gamma = ones(4, 'float32');
      const clean = run(matrix(columns), gamma);
      const other = run(matrix(columns.map((c, i) => (i === k ? [replaced, 2, 5, -4] : c))), gamma);
      for (const i of [0, 1, 2, 3])
        if (i !== k) {
          expect(feature(other.y, i)).to.deep.equal(feature(clean.y, i));
          expect(feature(other.dx, i)).to.deep.equal(feature(clean.dx, i));
        }
    });

  for (const { what, x, gamma, epsilon } of [
    { what: 'γ / N underflows', x: [-1.5, 1.25, -2, 1.33e308], gamma: -1e-91, epsilon: 1e-6 },
    { what: 'γ underflows and x̂ overflows', x: [1.7e308, 1.7e308], gamma: 1e-310, epsilon: 0.25 },
  ])
    it(`keeps the digits of γ x̂ where ${what}`, () => {
      const column = fromSource(
        x.map((value) => [value]),
        { dtype: 'float64' },
      );
      const weights = { gamma: fromSource([gamma], { dtype: 'float64' }) };
      const { y, options, state } = run(column, weights.gamma, epsilon);
      const formula = norm.formula as unknown as Formula;
      const expected = exactly(formula, { x: column, weights, options, state, seeds: [column] })['output 0']!;
      flat(y).forEach((value, i) => {
        const exact = expected.values[i]!;
        expect(value).to.be.closeTo(exact, 1e-14 * Math.abs(exact));
      });
    });
});
