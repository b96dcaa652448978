import { expect } from 'chai';
import fc from 'fast-check';
import { type NdArray, fromFlat } from '../../src/array/index.js';
import { assertGradients } from '../../src/autograd/gradcheck/gradcheck.js';
import type { Domain } from '../../src/autograd/primitive.js';
import { Tensor } from '../../src/autograd/tape.js';
import * as ops from '../../src/ops/catalog.js';
import { arrays, shapes } from '../support/arbitraries.js';
import { runs } from '../support/runs.js';
import { trials } from './trials.js';

/** Half of what other properties have: a case computes the op twice for every number of its inputs. */
const RUNS = runs(0.5);

describe('the ops', () => {
  for (const name of Object.keys(trials) as (keyof typeof ops)[]) {
    const { domain } = ops[name];
    trials[name].forEach(({ inputs, f }, i) => {
      it(`${name} pulls gradients back as the slope demands${i ? ` (${i + 1})` : ''}`, () => {
        const drawn = shapes().chain((shape) =>
          fc.tuple(...inputs(shape).map((s) => arrays(s, domain.from, domain.to))),
        );
        fc.assert(
          fc.property(drawn, fc.nat(), (values, seed) => {
            const safe = values.map((value, k) => new Tensor(apart(value, domain, k)));
            assertGradients(f, safe, { seed });
          }),
          { numRuns: RUNS },
        );
      });
    });
  }

  it('are all tested', () => {
    expect(Object.keys(trials)).to.have.members(Object.keys(ops));
  });
});

/** The values, moved off the corners of the domain, and off each other where ties are corners. */
const apart = (x: NdArray, { corners = [], ties = false }: Domain, input: number): NdArray =>
  fromFlat(
    Float64Array.from(
      x.data,
      (value, i) => value + (corners.includes(value) ? 1 / 8 : 0) + (ties ? (i + 1 + input * 300) / 2048 : 0),
    ),
    x.shape,
  );
