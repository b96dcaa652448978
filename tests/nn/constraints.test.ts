import { expect } from 'chai';
import fc from 'fast-check';
import { copy, flat, fromSource, square, sum, toNested } from '../../src/array/index.js';
import { NormtapeError } from '../../src/error.js';
import { constraint, constraints } from '../../src/nn/constraints.js';
import { arrays, shapes } from '../support/arbitraries.js';

const types = Object.keys(constraints) as (keyof typeof constraints)[];
const weights = () => shapes().chain((shape) => arrays(shape));

describe('the constraints', () => {
  for (const type of types) {
    const nearest = constraint(type);
    if (!nearest) continue;

    it(`${type} keeps the shape, writes into nothing, and has nothing left to do`, () => {
      fc.assert(
        fc.property(weights(), (w) => {
          const before = copy(w);
          const once = nearest(w);
          expect(toNested(w)).to.deep.equal(toNested(before));
          expect(once.shape).to.deep.equal(w.shape);
          flat(nearest(once)).forEach((value, i) => expect(value).to.be.closeTo(flat(once)[i]!, 1e-6));
        }),
      );
    });
  }

  it('bound lengths along an axis', () => {
    const w = fromSource(Float64Array.of(3, 0.3, 4, 0.4), { shape: [2, 2] });
    const lengths = (stated: Parameters<typeof constraint>[0]) =>
      [...flat(sum(square(constraint(stated)!(w)), 0))].map(Math.sqrt);
    const [long, short] = lengths('max_norm');
    expect(long).to.be.closeTo(2, 1e-6);
    expect(short).to.be.closeTo(0.5, 1e-6);
    for (const length of lengths('unit_norm')) expect(length).to.be.closeTo(1, 1e-6);
    const rows = constraint({ type: 'max_norm', maxValue: 1, axis: 1 })!(w);
    for (const total of flat(sum(square(rows), 1))) expect(total).to.be.closeTo(1, 1e-6);
    const whole = constraint({ type: 'unit_norm', axis: [0, 1] })!(w);
    expect(flat(sum(square(whole), [0, 1]))[0]).to.be.closeTo(1, 1e-6);
  });

  it('leave vectors of length 0 unchanged', () => {
    const zeros = fromSource([0, 0]);
    expect(toNested(constraint('unit_norm')!(zeros))).to.deep.equal([0, 0]);
    expect(toNested(constraint('max_norm')!(zeros))).to.deep.equal([0, 0]);
  });

  it('bound values', () => {
    const w = fromSource([-2, 0.25, 3, NaN]);
    expect(toNested(constraint('non_neg')!(w))).to.deep.equal([0, 0.25, 3, NaN]);
    expect(toNested(constraint('min_value')!(w))).to.deep.equal([0, 0.25, 3, NaN]);
    expect(toNested(constraint({ type: 'min_value', minValue: 0.5, maxValue: 1 })!(w))).to.deep.equal([
      0.5,
      0.5,
      1,
      NaN,
    ]);
    expect(constraint('none')).to.equal(undefined);
  });

  it('reject unknown types and options', () => {
    expect(() => constraint({ type: 'min_value', minValue: 2, max_value: 1 })).to.throw(
      NormtapeError,
      'constraint.minValue: expected at most maxValue, 1, received 2.',
    );
    expect(() => constraint('maxnorm' as 'none')).to.throw('Did you mean max_norm?');
    expect(() => constraint('max_norm')!(fromSource(3))).to.throw('expected no axis for an array of rank 0');
  });
});
