import { expect } from 'chai';
import fc from 'fast-check';
import { assertGradients } from '../../src/autograd/gradcheck/gradcheck.js';
import { tensor } from '../../src/autograd/create.js';
import { Tensor } from '../../src/autograd/tape.js';
import { NormtapeError } from '../../src/error.js';
import { regularizer, regularizers } from '../../src/nn/regularizers.js';
import { arrays, shapes } from '../support/arbitraries.js';

const types = Object.keys(regularizers) as (keyof typeof regularizers)[];

describe('the regularizers', () => {
  for (const type of types) {
    const cost = regularizer(type);
    if (!cost) continue;

    it(`${type} pulls gradients back as the slope demands`, () => {
      const weights = shapes().chain((shape) => arrays(shape));
      fc.assert(
        fc.property(weights, fc.nat(), (w, seed) => {
          // |w| has a corner at 0.
          w.data.forEach((value, i) => (w.data[i] = value === 0 ? 0.5 : value));
          assertGradients(cost, [new Tensor(w)], { seed });
        }),
      );
    });
  }

  it('weigh magnitudes and squares', () => {
    const w = tensor(Float64Array.of(1, -2, 0.5));
    const cost = (stated: Parameters<typeof regularizer>[0]) => regularizer(stated)!(w).item();
    expect(cost('l1')).to.be.closeTo(0.035, 1e-15);
    expect(cost('l2')).to.be.closeTo(0.0525, 1e-15);
    expect(cost('l1_l2')).to.be.closeTo(0.0875, 1e-15);
    expect(cost({ type: 'l1_l2', l1: 1, l2: 2 })).to.equal(3.5 + 10.5);
    expect(cost({ type: 'l2', l2: 1e-5 })).to.be.closeTo(5.25e-5, 1e-18);
    expect(regularizer('none')).to.equal(undefined);
  });

  it('refuse what they do not know', () => {
    expect(() => regularizer('l1l2' as 'l2')).to.throw(NormtapeError, 'Did you mean l1_l2?');
    expect(() => regularizer({ type: 'l2', l2: -1 }, 'Dense.kernelRegularizer')).to.throw(
      'Dense.kernelRegularizer.l2: expected a finite number from 0, received -1.',
    );
  });
});
